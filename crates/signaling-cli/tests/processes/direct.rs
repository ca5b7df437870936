//! Two people without a relay.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use crate::world::{World, text};

/// The arguments of alice and of bob, on ports that were free a moment ago.
fn sides() -> [Vec<String>; 2] {
    let sockets = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
    let [a, b] = sockets.map(|socket| socket.local_addr().unwrap());
    let side = |own, peer: &str, at| {
        ["--bind", &format!("{own}"), "--peer", &format!("udp://{peer}@{at}")].map(String::from)
    };
    [side(a, "bob", b).into(), side(b, "alice", a).into()]
}

/// Where alice looks for bob.
fn bob_at(alice: &[String]) -> &str {
    alice.last().unwrap()
}

fn args<'a>(first: &[&'a str], side: &'a [String]) -> Vec<&'a str> {
    first.iter().copied().chain(side.iter().map(String::as_str)).collect()
}

#[test]
fn a_sealed_call() {
    let (world, [alice, bob]) = (World::empty(), sides());
    let key = world.write("key", "a secret of more than thirty-two bytes\n");
    let sealed = ["--psk-file", text(&key)];
    let bobs =
        [&["listen", "--json", "--as", "bob", "--answer", "accept", "--data", "sure"], &sealed[..]].concat();
    let mut bob = world.start(&args(&bobs, &bob));
    let listening = bob.hears("listening");
    let [bind, peer] = [&listening["address"], &listening["peers"][0]].map(|place| place.as_str().unwrap());
    assert!(bob_at(&alice).ends_with(bind) && peer.starts_with("udp://alice@127.0.0.1:"), "{listening}");
    assert!(listening.get("relay").is_none() && listening.get("device").is_none(), "{listening}");
    let alices = [&["--as", "alice", "bob", "--data", "video?"], &sealed[..]].concat();
    let ended = world.invite(&args(&alices, &alice)).ends();
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert_eq!(ended.event("invitee_accepted")["data"], "sure");
    assert!(ended.knows("established"));
    assert_eq!(bob.hears("receive_new_invitation")["data"], "video?");
    bob.hears("confirmed");

    // Without the key there is no link, and it is soon told why.
    let start = Instant::now();
    let open = world.invite(&args(&["--as", "alice", "bob"], &alice)).ends();
    open.failed(
        7,
        &[
            "udp://bob@127.0.0.1",
            "does not have our key",
            "signaling listen --as bob --peer udp://alice@",
            "--psk-file",
        ],
    );
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn nobody_but_a_peer() {
    let (world, [alice, bob]) = (World::empty(), sides());
    let _bob = world.start(&args(&["listen", "--as", "bob"], &bob));
    let dave = world.invite(&args(&["--as", "alice", "dave"], &alice)).ends();
    dave.failed(7, &["nobody who is invited is a peer"]);
    let group = world.run(&args(&["group", "create", "team", "--as", "alice"], &alice));
    group.failed(2, &["only a relay keeps groups"]);
    let large = "x".repeat(500);
    let large = world.invite(&args(&["--as", "alice", "bob", "--data", &large], &alice)).ends();
    large.failed(2, &["more than 432 bytes of data"]);
    world.run(&["invite", "--as", "alice", "bob", "--peer", "bob"]).failed(2, &["udp://USER@HOST:PORT"]);
}
