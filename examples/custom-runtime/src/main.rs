//! Two hundred calls between two processes over UDP: the core alone, one blocking socket each, no runtime, no
//! relay. As many datagrams as you like are thrown away; in the end both must have seen the same.
//!
//! `cargo run --release -p custom-runtime -- demo --loss 30` starts both and compares. By hand, in three shells:
//!
//! ```text
//! cargo run --release -p custom-runtime -- answer 127.0.0.1:7502 127.0.0.1:7501 --loss 30 > bob.txt
//! cargo run --release -p custom-runtime -- invite 127.0.0.1:7501 127.0.0.1:7502 --loss 30 > alice.txt
//! cargo run --release -p custom-runtime -- compare alice.txt bob.txt
//! ```

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::{File, read_to_string};
use std::io::ErrorKind::{ConnectionRefused, TimedOut, WouldBlock};
use std::net::UdpSocket;
use std::time::{Duration, Instant, SystemTime};

use signaling_core::direct::{Config as Link, Direct};
use signaling_core::{Config, Device, Event, FixedEngine, Invite, What};

const CALLS: usize = 200;
type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// One device, its link to the other, and the socket under it.
struct Phone {
    engine: FixedEngine<32, 1, 1, 0>,
    link: Direct<1>,
    socket: UdpSocket,
    start: Instant,
    loss: u64,
    dice: u64,
}

impl Phone {
    fn new(user: &str, id: u64, peer: &str, own: &str, other: &str, loss: &str) -> Result<Self> {
        let (socket, loss, start) = (UdpSocket::bind(own)?, loss.parse()?, Instant::now());
        socket.connect(other)?;
        let seed = u64::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_millis())?;
        // No two runs of a device may have one epoch: seconds will do, if the clock is never set back.
        let device = Device { id, epoch: u32::try_from(seed / 1_000)? };
        // Repeats for a link of less than 1 ms. An end is told for a minute to who does not confirm it.
        let defaults = Config::new(user.parse()?, device);
        let config = Config { resend_first: 20, resend_most: 160, keep: 60_000, ..defaults };
        let mut link = Direct::new(Link { seed, silence: 3_000, hello_most: 400, ..Link::default() });
        link.add_peer(peer.parse()?, None)?;
        let engine = FixedEngine::new(config, Default::default());
        Ok(Self { engine, link, socket, start, loss, dice: seed ^ id })
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// All that a runtime does: it sends what there is, waits for a datagram or the next timer, and handles it.
    fn turn(&mut self) -> Result<()> {
        let (mut buf, mut reply) = ([0; 1_500], [0; 1_500]);
        while let Some(sent) = self.link.poll_transmit(self.now(), &mut self.engine, &mut buf) {
            self.send(&buf[..sent.len]);
        }
        let timer = self.link.poll_timeout(&self.engine).unwrap_or(u64::MAX);
        let wait = timer.saturating_sub(self.now()).clamp(1, 1_000);
        self.socket.set_read_timeout(Some(Duration::from_millis(wait)))?;
        match self.socket.recv(&mut buf) {
            Ok(len) => {
                let (now, datagram) = (self.now(), &buf[..len]);
                let answer = self.link.handle_datagram(now, &mut self.engine, 0, datagram, &mut reply);
                self.send(&reply[..answer.unwrap_or(0)]);
            }
            // Nothing came, or nobody is there yet.
            Err(error) if matches!(error.kind(), WouldBlock | TimedOut | ConnectionRefused) => {}
            Err(error) => return Err(error.into()),
        }
        self.link.handle_timeout(self.now(), &mut self.engine);
        Ok(())
    }

    /// Throws away what is to be lost; what the system does not take is lost as well.
    fn send(&mut self, datagram: &[u8]) {
        self.dice = self.dice.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        if !datagram.is_empty() && (self.dice >> 33) % 100 >= self.loss {
            let _ = self.socket.send(datagram);
        }
    }
}

/// Of four calls the first is accepted, the second rejected, the third taken back, and the fourth runs out.
fn run(user: &str, id: u64, peer: &str, own: &str, other: &str, loss: &str) -> Result<()> {
    let (mut phone, inviter) = (Phone::new(user, id, peer, own, other, loss)?, user == "alice");
    let mut ended = BTreeSet::new();
    // In the end the inviter waits until the other knows all, and the other until the inviter is gone.
    while ended.len() < CALLS || if inviter { !phone.engine.is_empty() } else { phone.link.is_up() } {
        if inviter && phone.link.is_up() && ended.len() < CALLS && phone.engine.views().all(|it| it.over()) {
            let timeout = Some(if ended.len() % 4 == 3 { 150 } else { 10_000 });
            phone.engine.invite(phone.now(), &Invite { invitees: &[peer], timeout, ..Invite::default() })?;
        }
        phone.turn()?;
        while let Some(Event { what, invitation }) = phone.engine.poll_event() {
            let (id, slot) = (invitation.id(), invitation.invitee(0).map(|bob| bob.slot).unwrap_or_default());
            match (what, id.sequence % 4) {
                // Each of these may be too late.
                (What::New, 1) => drop(phone.engine.accept(phone.now(), id, b"")),
                (What::New, 2) => drop(phone.engine.reject(phone.now(), id, false, b"")),
                (What::Ringing { .. }, 3) => drop(phone.engine.cancel(phone.now(), id, b"")),
                _ => {}
            }
            if slot.decided() && ended.insert(id) {
                println!("{id} {slot:?}");
            }
        }
    }
    Ok(())
}

fn compare(a: &str, b: &str) -> Result<()> {
    let texts = [read_to_string(a)?, read_to_string(b)?];
    let [a, b] = texts.each_ref().map(|text| text.lines().collect::<BTreeSet<_>>());
    a.symmetric_difference(&b).for_each(|line| println!("only one of them says: {line}"));
    let count = |end| a.iter().filter(|line| line.contains(end)).count();
    let ends = ["Accepted", "Rejected", "Cancelled", "TimedOut"].map(|end| format!("{} {end}", count(end)));
    println!("{} of {CALLS} agreed: {}", a.intersection(&b).count(), ends.join(", "));
    if a == b && a.len() == CALLS { Ok(()) } else { Err("they disagree".into()) }
}

/// Both at once, on free ports of this machine.
fn demo(loss: &str) -> Result<()> {
    let [a, b] = [UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?].map(|s| s.local_addr());
    let [a, b] = [a?, b?].map(|address| address.to_string());
    let [alice, bob] = [&a, &b].map(|name| format!("{}/calls-{name}.txt", std::env::temp_dir().display()));
    let start = |args: [&str; 3], out| {
        let mut program = std::process::Command::new(std::env::current_exe()?);
        program.args(args).args(["--loss", loss]).stdout(File::create(out)?).spawn()
    };
    let mut both = [start(["answer", &b, &a], &bob)?, start(["invite", &a, &b], &alice)?];
    both.iter_mut().try_for_each(|child| child.wait().map(drop))?;
    compare(&alice, &bob)
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [.., "--loss", loss] if !loss.parse().is_ok_and(|n: u8| n < 100) => Err("lose 0 to 99 %".into()),
        ["demo", "--loss", loss] => demo(loss),
        ["invite", own, other, "--loss", loss] => run("alice", 1, "bob", own, other, loss),
        ["answer", own, other, "--loss", loss] => run("bob", 2, "alice", own, other, loss),
        ["compare", a, b] => compare(a, b),
        _ => Err("demo --loss PERCENT | invite|answer OWN PEER --loss PERCENT | compare FILE FILE".into()),
    }
}
