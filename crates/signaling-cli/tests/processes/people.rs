//! What people read.

use crate::world::World;

#[test]
fn lines_have_time_and_device_and_no_colour_in_a_pipe() {
    let world = World::new();
    let mut bob = world.start(&["listen", "--as", "bob", "--device", "kitchen", "--answer", "accept"]);
    bob.says("connected");
    let alice = world.run(&["invite", "--as", "alice", "bob", "--data", "video?"]);
    assert_eq!(alice.code, Some(0));
    let ring = bob.says("alice rings");
    assert!(ring.ends_with("☎ alice rings: \"video?\" (30 s left)"), "{ring}");
    let (time, rest) = ring.split_at(12);
    assert!(time.bytes().all(|byte| byte.is_ascii_digit() || b":.".contains(&byte)), "{ring}");
    assert!(rest.starts_with("  bob/kitchen  "), "{ring}");
    assert!(!alice.out.concat().contains('\u{1b}'), "{alice:#?}");
}

#[test]
fn what_others_send_does_not_steer_the_terminal() {
    let world = World::new();
    let mut bob = world.start(&["listen", "--as", "bob", "--answer", "none"]);
    bob.says("connected");
    let name = "al\u{202e}ice";
    let mut alice = world.invite(&["--as", name, "bob", "--data", "\u{1b}]0;mine\u{7}\r\u{9b}2J"]);
    let ring = bob.says("rings");
    assert!(ring.contains(r#"al\u{202e}ice rings: "\u{1b}]0;mine\u{7}\r\u{9b}2J""#), "{ring:?}");
    alice.hears("ringing");
    alice.ctrl_c();
    bob.says("takes it back");
}

#[test]
fn who_has_won_reads_from_whom_it_is_taken_back() {
    let world = World::new();
    let mut bob = world.start(&["listen", "--as", "bob"]);
    let mut carol = world.start(&["listen", "--as", "carol", "--answer", "none"]);
    bob.says("connected");
    carol.says("connected");
    let mut alice = world.invite(&["--as", "alice", "bob", "carol", "--first-wins"]);
    bob.says("y accepts");
    carol.says("alice rings");
    bob.types("y");
    alice.hears("invitee_accepted");
    bob.says("alice takes it back from carol");
    assert!(carol.says("takes it back").ends_with("alice takes it back"));
}

#[test]
fn who_is_asked_says_yes_or_no() {
    let world = World::new();
    let mut bob = world.start(&["listen", "--as", "bob"]);
    bob.says("connected");
    let mut alice = world.invite(&["--as", "alice", "bob"]);
    bob.says("y accepts, n rejects");
    bob.types("what?");
    bob.says("please type y or n");
    bob.types("n");
    bob.says("confirmed: alice has your no");
    alice.hears("invitee_rejected");
    bob.types("y");
    bob.says("nothing rings");
}

#[test]
fn a_reader_who_leaves_gets_no_complaint() {
    let world = World::new();
    let mut command = std::process::Command::new("sh");
    let signaling = env!("CARGO_BIN_EXE_signaling");
    let script = format!("'{signaling}' demo | head -n 3");
    let ended = crate::world::Process::start(command.args(["-c", &script])).ends();
    assert_eq!((ended.out.len(), ended.err.as_str()), (3, ""));
    drop(world);
}

#[test]
fn who_cannot_be_asked_any_more_is_told_so() {
    let world = World::new();
    let mut bob = world.start(&["listen", "--as", "bob"]);
    bob.says("connected");
    bob.types_no_more();
    assert_eq!(world.run(&["invite", "--as", "alice", "bob", "--timeout", "1s"]).code, Some(4));
    bob.says("time is up");
    bob.ctrl_c();
    let bob = bob.ends();
    assert!(
        bob.err.contains("nothing can be answered any more") && bob.err.contains("Ctrl-c ends"),
        "{bob:#?}"
    );
    assert!(bob.out.iter().any(|line| line.contains("alice rings")), "{bob:#?}");
    assert!(!bob.out.iter().any(|line| line.contains("y accepts")), "{bob:#?}");
}
