//! Who may be whom.

use std::path::Path;

use signaling_core::UserId;
use signaling_relay::JwtKey;

use crate::world::{Ended, Process, World, text};

const KEY: &str = "a key that is long enough: 0123456789abcdef";
const OTHER_KEY: &str = "another key that is long: 0123456789abcdef";
/// {"alg":"none"}, {"sub":"bob","exp":9999999999}, and no signature.
const NONE: &str = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJib2IiLCJleHAiOjk5OTk5OTk5OTl9.";

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("relay.key");
    std::fs::write(&key, KEY).unwrap();
    World::with_relay(&["--key-file", text(&key)])
}

fn sign(key: &str, user: &str, expires: u64) -> String {
    JwtKey::new(key.as_bytes()).unwrap().mint(&UserId::new(user).unwrap(), None, Some(expires)).unwrap()
}

/// What becomes of bob, who shows this token.
fn shows(world: &World, token: &str) -> Ended {
    let mut command = world.command(&["listen", "--as", "bob", "--json", "-vv"]);
    let ended = Process::start(command.env("SIGNALING_TOKEN", token)).ends();
    assert!(
        token.trim().is_empty() || !ended.err.contains(token) && !ended.out.concat().contains(token),
        "the token leaked: {ended:#?}"
    );
    ended
}

#[test]
fn a_token_made_here_lets_in() {
    let world = world();
    let key = world.write("relay.key", KEY);
    let token = world.run(&["token", "--key-file", text(&key), "--as", "bob", "--ttl", "10m"]);
    assert_eq!((token.code, token.out.len(), token.err.as_str()), (Some(0), 1, ""));
    let file = world.write("bob.token", &format!("{}\n", token.out[0]));
    world.listen(&["--as", "bob", "--token-file", text(&file)]);

    let mut from_env = world.command(&["listen", "--as", "bob", "--json"]);
    Process::start(from_env.env("SIGNALING_TOKEN", &token.out[0])).hears("connected");
}

#[test]
fn a_bad_token_is_named() {
    let world = world();
    shows(&world, &sign(KEY, "bob", 1)).failed(1, &["it has expired", "signaling token"]);
    for bad in [&sign(OTHER_KEY, "bob", 9_999_999_999), &sign(KEY, "carol", 9_999_999_999), NONE, "rubbish"] {
        shows(&world, bad).failed(1, &["it is forged, damaged, or for another user"]);
    }
    world
        .run(&["listen", "--as", "bob"])
        .failed(1, &["asks for a token, and none was given", "SIGNALING_TOKEN"]);
    shows(&world, " ").failed(1, &["none was given"]);
    let alice = world.run(&["invite", "--as", "alice", "bob"]);
    alice.failed(1, &["asks for a token, and none was given"]);
}

#[test]
fn a_token_bound_to_a_device_is_for_that_one() {
    let world = world();
    let key = world.write("relay.key", KEY);
    let id = ["0123456789abcdef", "fedcba9876543210"];
    let token =
        world.run(&["token", "--key-file", text(&key), "--as", "bob", "--ttl", "0", "--device", id[0]]);
    let file = world.write("bob.token", &token.out[0]);
    let dirs = id.map(|id| {
        let dir = world.path(id);
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join("device"), format!("signaling device, version 1\nid {id}\nepoch 1\n"))
            .unwrap();
        dir
    });
    let listen = |dir: &Path| {
        world.start(&["listen", "--as", "bob", "--json", "--token-file", text(&file), "--state", text(dir)])
    };
    listen(&dirs[0]).hears("connected");
    listen(&dirs[1]).ends().failed(1, &["for another user, device or relay"]);
}

#[test]
fn token_files_that_hold_none_are_named() {
    let world = world();
    let empty = world.write("empty.token", " \n");
    let ended = world.run(&["listen", "--as", "bob", "--token-file", text(&empty)]);
    ended.failed(2, &["empty.token is empty"]);
    let ended = world.run(&["listen", "--as", "bob", "--token-file", "/nonexistent/bob.token"]);
    ended.failed(2, &["cannot read the token file /nonexistent/bob.token"]);
}

#[test]
fn no_argument_takes_a_token() {
    let world = World::empty();
    world.run(&["listen", "--as", "bob", "--token", "secret"]).failed(2, &["--token"]);
}

#[test]
fn a_token_for_a_group_is_for_no_other() {
    let world = world();
    let key = world.write("relay.key", KEY);
    let token = world.run(&["token", "--key-file", text(&key), "--as", "bob", "--group", "team"]);
    let file = world.write("bob.token", &token.out[0]);
    let group = |name| world.run(&["group", "create", name, "--as", "bob", "--token-file", text(&file)]);
    assert_eq!(group("team").code, Some(0));
    group("board").failed(1, &["none that you may be in", "--as bob --group board"]);
}
