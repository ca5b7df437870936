//! Links that are encrypted, and relays that are not to be trusted.

use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, IsCa, KeyPair};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::operator::{Unread, full};
use crate::world::{World, text};

/// A relay over TLS. Its certificate vouches for itself.
struct Tls {
    world: World,
    folder: TempDir,
}

impl Tls {
    fn relay(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        certify(&folder, name);
        let [certificate, key] = ["relay.pem", "key.pem"].map(|file| folder.path().join(file));
        let files = ["--insecure", "--tls-cert", text(&certificate), "--tls-key", text(&key)];
        Self { world: World::with_relay(&files), folder }
    }

    /// The file that devices trust.
    fn ca(&self) -> PathBuf {
        self.folder.path().join("relay.pem")
    }

    fn at(&self, scheme: &str) -> String {
        self.world.relay.replace("tls://", scheme)
    }
}

/// Writes a certificate for that name and its key.
fn certify(folder: &TempDir, name: &str) {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.is_ca = IsCa::ExplicitNoCa;
    let key = KeyPair::generate().unwrap();
    std::fs::write(folder.path().join("relay.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
}

#[test]
fn a_call_rings_over_tls() {
    let tls = Tls::relay("127.0.0.1");
    assert!(tls.world.relay.starts_with("tls://127.0.0.1:"), "{}", tls.world.relay);
    let ca = tls.ca();
    let mut bob = tls.world.listen(&["--as", "bob", "--answer", "accept", "--ca", text(&ca)]);
    let alice = tls.world.start(&["invite", "--as", "alice", "bob", "--ca", text(&ca)]).ends();
    assert_eq!(alice.code, Some(0), "{alice:#?}");
    bob.hears("confirmed");
}

#[test]
fn a_relay_that_nobody_vouches_for_is_refused() {
    let (tls, other) = (Tls::relay("127.0.0.1"), Tls::relay("127.0.0.1"));
    let unknown = ["no authority that is trusted here", "--ca FILE"];
    tls.world.run(&["listen", "--as", "bob", "--ca", text(&other.ca())]).failed(1, &unknown);
    tls.world.run(&["invite", "--as", "alice", "bob", "--ca", text(&other.ca())]).failed(1, &unknown);
}

#[test]
fn a_relay_of_another_name_is_refused() {
    let tls = Tls::relay("relay.example");
    let ended = tls.world.run(&["listen", "--as", "bob", "--ca", text(&tls.ca())]);
    ended.failed(1, &["certificate is for relay.example, not for 127.0.0.1"]);
}

#[test]
fn the_wrong_scheme_is_told() {
    let tls = Tls::relay("127.0.0.1");
    let ended = tls.world.run(&["listen", "--as", "bob", "--relay", &tls.at("tcp://")]);
    ended.failed(1, &["speaks TLS only", &tls.at("tls://")]);

    let plain = World::new();
    let address = plain.relay.replace("tcp://", "tls://");
    let ended = plain.run(&["listen", "--as", "bob", "--relay", &address, "--ca", text(&tls.ca())]);
    ended.failed(1, &["does not speak TLS", &plain.relay]);
}

#[test]
fn files_that_do_not_fit_are_told() {
    let tls = Tls::relay("127.0.0.1");
    let (ca, empty) = (tls.ca(), tls.world.write("empty.pem", ""));
    let listen = |ca: &str| tls.world.run(&["listen", "--as", "bob", "--ca", ca]);
    listen(text(&empty)).failed(2, &["empty.pem holds no certificate"]);
    listen("/nonexistent/ca.pem").failed(2, &["/nonexistent/ca.pem"]);
    let plain = ["listen", "--as", "bob", "--relay", "tcp://a:1", "--ca", text(&ca)];
    tls.world.run(&plain).failed(2, &["tcp://a:1 is not encrypted"]);

    let relay = |certificate, key| {
        tls.world.run(&["relay", "--insecure", "--tls-cert", certificate, "--tls-key", key])
    };
    relay(text(&ca), text(&ca)).failed(2, &["relay.pem holds no private key", "the right way round"]);
    relay(text(&empty), text(&ca)).failed(2, &["empty.pem holds no certificate"]);
    tls.world.run(&["relay", "--insecure", "--tls-cert", text(&ca)]).failed(2, &["--tls-key"]);
}

#[test]
fn a_renewed_certificate_is_read_on_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    certify(&folder, "127.0.0.1");
    let [certificate, key] = ["relay.pem", "key.pem"].map(|file| folder.path().join(file));
    let world = World::empty();
    let listen = world.relay.trim_start_matches("tcp://");
    let files = ["--tls-cert", text(&certificate), "--tls-key", text(&key)];
    let mut relay =
        world.start(&[&["relay", "--insecure", "--json", "--listen", listen], &files[..]].concat());
    let address = relay.hears("listening")["address"].as_str().unwrap().to_owned();
    certify(&folder, "127.0.0.1");
    relay.signal(Signal::HUP);
    relay.hears("certificate_loaded");
    world.listen(&["--as", "bob", "--relay", &address, "--ca", text(&certificate)]);
    std::fs::write(&key, "").unwrap();
    relay.signal(Signal::HUP);
    assert!(relay.hears("certificate_kept")["reason"].as_str().unwrap().contains("key.pem"));
}

#[test]
fn a_certificate_is_read_again_though_nobody_reads_of_it() {
    let folder = tempfile::tempdir().unwrap();
    certify(&folder, "127.0.0.1");
    let [certificate, key] = ["relay.pem", "key.pem"].map(|file| folder.path().join(file));
    let world = World::empty();
    let listen = world.relay.trim_start_matches("tcp://");
    let args =
        ["relay", "--insecure", "--stats", "1ms", "--listen", listen, "--tls-cert", text(&certificate)];
    let mut relay = world.command(&[&args, &["--tls-key", text(&key)][..]].concat());
    let relay = Unread(relay.stdout(Stdio::piped()).spawn().unwrap());
    full(relay.0.stdout.as_ref().unwrap());
    let address = world.relay.replace("tcp://", "tls://");
    let invite = ["invite", "--as", "alice", "bob", "--timeout", "1s"];
    let known = || world.run(&[&invite[..], &["--relay", &address, "--ca", text(&certificate)]].concat());
    for _ in 0..2 {
        certify(&folder, "127.0.0.1");
        kill_process(Pid::from_child(&relay.0), Signal::HUP).unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        // Nobody is there to answer.
        while known().code != Some(4) {
            assert!(Instant::now() < until, "the new certificate is not used");
        }
    }
}

#[test]
fn a_bridge_carries_frames_over_tls() {
    let tls = Tls::relay("127.0.0.1");
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    let line = format!("tcp:{}", port.local_addr().unwrap());
    let ca = tls.ca();
    let mut bridge = tls.world.start(&["bridge", "--json", "--serial", &line, "--ca", text(&ca)]);
    let (mut board, _) = port.accept().unwrap();
    // A whole frame, whatever the relay makes of it.
    board.write_all(b"\x00\x0e123456789\x26\x39\xf4\xcb\x00").unwrap();
    bridge.hears("joined");
}
