//! Boards that reach their relay over TLS. Its certificate is made on the spot, and vouches for itself.

use std::net::UdpSocket;
use std::path::Path;
use std::thread::{sleep, spawn};
use std::time::Duration;

use anyhow::{Result, ensure};
use rcgen::{CertificateParams, IsCa, KeyPair, date_time_ymd};

use crate::process::Process;
use crate::stories::{Story, called};
use crate::transcript::Transcript;
use crate::world::{Programs, World};

/// Seconds from 1970 to 2060, and from 1900, where NTP begins to count, to 1970.
const IN_2060: u64 = 2_840_140_800;
const SINCE_1900: u64 = 2_208_988_800;

/// All of them, by name.
pub(crate) const STORIES: &[(&str, Story)] = &[
    ("tls-accepted", accepted),
    ("tls-wrong-authority", wrong_authority),
    ("tls-wrong-name", wrong_name),
    ("tls-plain-relay", plain_relay),
    ("tls-time", time),
];

/// Writes a certificate for the relay, as this machine and boards find it, and its key.
pub(crate) fn certify(certificate: &Path, key: &Path) -> Result<()> {
    let mut params = CertificateParams::new(["127.0.0.1", "10.0.2.2"].map(str::to_owned))?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.not_after = date_time_ymd(2050, 1, 1);
    let pair = KeyPair::generate()?;
    std::fs::write(certificate, params.self_signed(&pair)?.pem())?;
    Ok(std::fs::write(key, pair.serialize_pem())?)
}

/// A doorbell that trusts the certificate in that file.
fn door(world: &World, ca: &Path, settings: &[&str]) -> Result<Process> {
    let ca = format!("ca={}", ca.display());
    world.board_on_net("doorbell-tls", "monitor", &[&[ca.as_str()], settings].concat())
}

/// The board rings a desktop, which accepts.
fn accepted(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let world = World::with_tls(programs)?;
    let bob = world.bob("kitchen", "ask")?;
    let mut door = door(&world, &world.certificate(), &[])?;
    door.says("ready")?;
    called(door, bob, "y\n", transcript)
}

/// The relay shows a certificate that nobody vouches for: the board says so, and nobody rings.
fn wrong_authority(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::with_tls(programs)?;
    let other = world.path("other.pem");
    certify(&other, &world.path("other.key"))?;
    refuses(&world, &other, &[], "signed by no authority that is trusted here")
}

/// The relay's certificate is another host's.
fn wrong_name(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::with_tls(programs)?;
    refuses(&world, &world.certificate(), &["host=relay.example"], "is for another host")
}

/// The relay speaks no TLS.
fn plain_relay(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let ca = world.certificate();
    certify(&ca, &world.path("key.pem"))?;
    refuses(&world, &ca, &[], "does not speak TLS")
}

/// A server says that it is 2060, when the relay's certificate has run out.
fn time(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let (world, server) = (World::with_tls(programs)?, UdpSocket::bind("127.0.0.1:0")?);
    let sntp = format!("sntp=10.0.2.2:{}", server.local_addr()?.port());
    // It ends with the program.
    spawn(move || tell(&server, IN_2060));
    refuses(&world, &world.certificate(), &[&sntp], "has expired")
}

/// Answers whoever asks for the time (RFC 5905, section 7.3), as seconds after 1970.
fn tell(server: &UdpSocket, seconds: u64) -> Result<()> {
    let (mut question, time) = ([0; 48], ((seconds + SINCE_1900) << 32).to_be_bytes());
    loop {
        let (_, from) = server.recv_from(&mut question)?;
        // By a server next to a clock; which question; when it came, and was answered.
        let answer = [&[0x24, 2], &[0; 22][..], &question[40..], &time, &time].concat();
        server.send_to(&answer, from)?;
    }
}

/// The board says that on its panel, and rings nobody through such a relay.
fn refuses(world: &World, ca: &Path, settings: &[&str], why: &str) -> Result<()> {
    let mut bob = world.bob("kitchen", "none")?;
    let mut door = door(world, ca, settings)?;
    door.says(why)?;
    door.types("p")?;
    door.says("not called")?;
    sleep(Duration::from_secs(1));
    ensure!(bob.count("door rings") == 0, "it rings all the same: {:?}", bob.said);
    Ok(())
}
