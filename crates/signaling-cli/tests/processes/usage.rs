//! Bad input: each has its own words, and exit code 2.

use crate::world::{World, text};

#[test]
fn a_relay_needs_a_key_or_the_word_insecure() {
    let world = World::empty();
    let both = ["signaling relay --key-file relay.key", "signaling relay --insecure", "/dev/urandom"];
    world.run(&["relay"]).failed(2, &both);
    world.run(&["relay", "--insecure", "--key-file", "k"]).failed(2, &["cannot be used with"]);
    world
        .run(&["relay", "--key-file", "/nonexistent/key"])
        .failed(2, &["/nonexistent/key", "Make a key with"]);
    let short = world.write("short.key", "too short\n");
    world.run(&["relay", "--key-file", text(&short)]).failed(2, &["short.key", "9 bytes", "at least 32"]);
    let open = world.run(&["relay", "--insecure", "--listen", "0.0.0.0:0"]);
    open.failed(2, &["loopback", "--key-file"]);
    world.run(&["relay", "--insecure", "--listen", "here"]).failed(2, &["such as 127.0.0.1:7400"]);
}

#[test]
fn a_port_in_use_is_named() {
    let world = World::new();
    let address = world.relay.trim_start_matches("tcp://");
    let second = world.run(&["relay", "--insecure", "--listen", address]);
    second.failed(1, &[address, "in use", "--listen"]);
}

#[test]
fn time_limits_are_checked() {
    let world = World::empty();
    let limit = |limit| world.run(&["invite", "--as", "alice", "bob", "--timeout", limit]);
    limit("-5s").failed(2, &["negative"]);
    limit("25h").failed(2, &["at most 24h"]);
    limit("30").failed(2, &["write 30s"]);
    limit("soon").failed(2, &["like 30s"]);
}

#[test]
fn names_are_checked() {
    let world = World::empty();
    let long = "x".repeat(33);
    for user in ["", &long, "a\nb"] {
        world.run(&["listen", "--as", user]).failed(2, &["--as"]);
        world.run(&["invite", "--as", "alice", user]).failed(2, &["<USER>", "invalid value"]);
    }
    world.run(&["invite", "--as", "alice", "alice"]).failed(2, &["oneself", "6017"]);
    world.run(&["invite", "--as", "alice", "bob", "bob"]).failed(2, &["twice", "6017"]);
    world.run(&["invite", "--as", "alice"]).failed(2, &["<USER>"]);
    world.run(&["listen", "--as", "bob", "--device", &"x".repeat(25)]).failed(2, &["--device"]);
}

#[test]
fn what_is_too_much_is_said() {
    let world = World::empty();
    let data = "x".repeat(12 * 1024 + 1);
    world.run(&["invite", "--as", "alice", "bob", "--data", &data]).failed(2, &["12288 bytes", "8001"]);
    let many: Vec<String> = (0..33).map(|n| format!("user{n}")).collect();
    let args: Vec<&str> =
        ["invite", "--as", "alice"].into_iter().chain(many.iter().map(String::as_str)).collect();
    world.run(&args).failed(2, &["more than 32 invitees", "6017"]);
}

#[test]
fn a_file_is_no_state_folder() {
    let world = World::empty();
    let file = world.write("f", "");
    world.run(&["listen", "--as", "bob", "--state", text(&file)]).failed(2, &["f is not a folder: name one"]);
}

#[test]
fn addresses_are_checked() {
    let world = World::empty();
    for (address, words) in [
        ("localhost", "tcp://host:port"),
        ("http://a:1", "scheme"),
        ("tcp://a:0", "port"),
        ("tcp://::1:7646", "brackets"),
        ("tls://h:7400/x", "path"),
    ] {
        world.run(&["listen", "--as", "bob", "--relay", address]).failed(2, &[words]);
    }
}

#[test]
fn json_says_why_too() {
    let world = World::empty();
    let error = world.run(&["invite", "--as", "alice", "alice", "--json"]).event("error");
    assert_eq!((&error["exit_code"], &error["code"]), (&2.into(), &6017.into()));
}

#[test]
fn help_teaches() {
    let world = World::empty();
    for command in ["demo", "relay", "listen", "invite", "group", "token"] {
        let help = world.run(&[command, "--help"]);
        assert_eq!(help.code, Some(0));
        assert!(help.out.concat().contains("signaling") && help.out.len() > 8, "{help:#?}");
    }
}

#[test]
fn only_who_may_reach_peers_is_told_of_them() {
    let world = World::empty();
    let tells = |command| world.run(&[command, "--help"]).out.iter().any(|line| line.contains("--peer "));
    assert_eq!(["listen", "invite", "group"].map(tells), [true, true, false]);
}

#[test]
fn a_wrong_limit_names_the_right_ones() {
    let world = World::empty();
    let limit = |limit| world.run(&["relay", "--insecure", "--limit", limit]);
    limit("links=9").failed(2, &["no limit of that name", "devices-per-user"]);
    limit("devices-per-user=9999").failed(2, &["devices-per-user is 1 to 256"]);
    limit("keep=soon").failed(2, &["like 30s"]);
    limit("frame=20K").failed(2, &["frame is 20480 bytes", "--limit frame=31941", "body"]);
    let help = world.run(&["relay", "--limit", "help"]);
    assert_eq!(help.code, Some(0));
    assert!(
        help.out.iter().any(|line| line.contains("connections") && line.contains("[65536]")),
        "{help:#?}"
    );
}

#[test]
fn an_address_that_cannot_be_had_is_explained() {
    let world = World::empty();
    let key = world.write("relay.key", &"k".repeat(32));
    let elsewhere = world.run(&["relay", "--key-file", text(&key), "--listen", "192.0.2.1:7400"]);
    elsewhere.failed(1, &["192.0.2.1:7400", "none of this machine's"]);
    assert!(!elsewhere.err.contains("another relay"), "{elsewhere:#?}");
}

#[test]
fn values_may_begin_with_a_hyphen() {
    let world = World::empty();
    world.run(&["invite", "--as", "-a", "-a", "--data", "-1"]).failed(2, &["unexpected argument '-a'"]);
    world.run(&["invite", "--as", "-a", "--data", "-1", "--", "-a"]).failed(2, &["oneself", "6017"]);
}

#[test]
fn what_is_no_relay_is_told() {
    let world = World::empty();
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", server.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in server.incoming() {
            std::io::Write::write_all(&mut stream.unwrap(), b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        }
    });
    let mut bob = world.start(&["listen", "--as", "bob", "--relay", &address]);
    bob.says("what answers there is no relay");
}
