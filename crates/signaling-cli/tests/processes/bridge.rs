//! Bridges without a board; with one they are tried together with the firmware.

use std::io::Write;
use std::net::TcpListener;

use crate::world::{World, text};

#[test]
fn lines_that_are_none_are_told_apart() {
    let world = World::empty();
    world.run(&["bridge"]).failed(2, &["--serial"]);
    world.run(&["bridge", "--serial", "tcp:here"]).failed(2, &["tcp:here", "write tcp:host:port"]);
    world.run(&["bridge", "--serial", ""]).failed(2, &["names no line"]);
}

#[test]
fn a_bridge_waits_for_its_lines_and_tells_what_happens() {
    let world = World::empty();
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    let line = format!("tcp:{}", port.local_addr().unwrap());
    let missing = format!("unix:{}", text(&world.path("no-board")));
    let mut bridge = world.start(&["bridge", "--json", "--serial", &missing, "--serial", &line]);
    let (mut board, _) = port.accept().unwrap();
    board.write_all(b"\x00noise\x00").unwrap();
    for (event, of) in [("line_closed", &missing), ("line_opened", &line), ("noise", &line)] {
        let heard =
            bridge.heard.iter().find(|heard| heard.contains(&format!("\"event\":\"{event}\""))).cloned();
        let heard = heard.unwrap_or_else(|| bridge.hears(event).to_string());
        assert!(heard.contains(of.as_str()), "{heard}");
    }
    // A whole frame, with no relay to bring it to.
    board.write_all(b"\x00\x0e123456789\x26\x39\xf4\xcb\x00").unwrap();
    assert_eq!(bridge.hears("parted")["line"], line);
    bridge.ctrl_c();
    assert_eq!(bridge.ends().code, Some(0));
}
