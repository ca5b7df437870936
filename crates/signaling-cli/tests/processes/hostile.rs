//! What a stranger says to the relay harms nobody else.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::world::World;

/// Connects, says this, and is hung up on.
fn says(world: &World, bytes: &[u8]) {
    let mut stream = TcpStream::connect(world.relay.trim_start_matches("tcp://")).unwrap();
    // The relay may hang up before everything is said.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.len() < 64, "a stranger hears next to nothing: {answer:?}");
}

#[test]
fn garbage_and_oversize_frames_leave_others_alone() {
    let world = World::new();
    let mut bob = world.listen(&["--as", "bob", "--answer", "ask"]);
    let mut alice = world.invite(&["--as", "alice", "bob"]);
    bob.hears("receive_new_invitation");
    alice.hears("ringing");

    says(&world, b"GET / HTTP/1.1\r\nHost: relay\r\n\r\n");
    says(&world, &[0xff; 100_000]);
    says(&world, &[&[0, 0, 0, 8][..], &[0xa5; 8]].concat());
    says(&world, &[0, 0, 0, 0]);
    says(&world, &[0, 0]);
    says(&world, &[]);

    bob.types("y");
    assert_eq!(alice.ends().code, Some(0));
    assert!(!bob.heard.concat().contains("connection_lost"));
}

#[test]
fn an_empty_connection_does_not_keep_the_relay_from_stopping() {
    let world = World::empty();
    let mut relay = world.start(&["relay", "--insecure", "--listen", "127.0.0.1:0", "--json"]);
    let address = relay.hears("listening")["address"].as_str().unwrap().to_owned();
    let _silent = TcpStream::connect(address.trim_start_matches("tcp://")).unwrap();
    relay.ctrl_c();
    assert_eq!(relay.ends().code, Some(0));
}
