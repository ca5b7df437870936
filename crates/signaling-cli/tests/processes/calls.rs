//! Two people ring each other; the exit codes of `invite`.

use std::fs::File;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::world::{Process, World};

#[test]
fn an_acceptance_is_0() {
    let world = World::new();
    let mut bob =
        world.listen(&["--as", "bob", "--device", "kitchen", "--answer", "accept", "--data", "sure"]);
    let alice = world.invite(&["--as", "alice", "bob", "--data", "video?"]).ends();
    let ring = bob.hears("receive_new_invitation");
    assert_eq!((&ring["inviter"], &ring["data"]), (&"alice".into(), &"video?".into()));
    assert_eq!(bob.hears("confirmed")["invite_id"], ring["invite_id"]);

    assert_eq!(alice.code, Some(0));
    let accepted = alice.event("invitee_accepted");
    assert_eq!((&accepted["invitee"], &accepted["device"]), (&"bob".into(), &"kitchen".into()));
    assert_eq!((&accepted["data"], &accepted["invite_id"]), (&"sure".into(), &ring["invite_id"]));
    assert!(alice.knows("established"), "bob was told that he is the one: {alice:#?}");
}

#[test]
fn a_rejection_is_3() {
    let world = World::new();
    let _bob = world.listen(&["--as", "bob", "--answer", "reject"]);
    let alice = world.invite(&["--as", "alice", "bob"]).ends();
    assert_eq!((alice.code, &alice.event("invitee_rejected")["reason"]), (Some(3), &"declined".into()));
}

#[test]
fn a_time_limit_is_4_and_nobody_learns_who_exists() {
    let world = World::new();
    let bob = world.listen(&["--as", "bob"]);
    bob.ctrl_c();
    bob.ends();
    let calls = ["bob", "nobody"]
        .map(|whom| world.invite(&["--as", &format!("for-{whom}"), whom, "--timeout", "1s"]));
    let [offline, unknown] = calls.map(|call| {
        let ended = call.ends();
        let names = ended.out.iter().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        (ended.code, names.map(|event| event["event"].clone()).collect::<Vec<_>>())
    });
    assert_eq!(offline.0, Some(4));
    assert_eq!(offline, unknown);
}

#[test]
fn ctrl_c_takes_it_back_and_is_5() {
    let world = World::new();
    let mut bob = world.listen(&["--as", "bob", "--answer", "none"]);
    let mut alice = world.invite(&["--as", "alice", "bob"]);
    alice.hears("ringing");
    alice.ctrl_c();
    assert_eq!(alice.ends().code, Some(5));
    assert_eq!(bob.hears("invitation_cancelled")["inviter"], "alice");
}

#[test]
fn a_closed_terminal_takes_it_back() {
    let world = World::new();
    let mut bob = world.listen(&["--as", "bob", "--answer", "none"]);
    let mut alice = world.invite(&["--as", "alice", "bob"]);
    alice.hears("ringing");
    alice.signal(Signal::HUP);
    assert_eq!(alice.ends().code, Some(5));
    bob.hears("invitation_cancelled");
}

#[test]
#[cfg(target_os = "linux")]
fn under_nohup_it_outlives_the_terminal() {
    let world = World::new();
    let _bob = world.listen(&["--as", "bob", "--answer", "none"]);
    let mut nohup = Command::new("nohup");
    let signaling = world.command(&["invite", "--json", "--as", "alice", "bob", "--timeout", "1s"]);
    nohup.arg(signaling.get_program()).args(signaling.get_args());
    nohup.envs(signaling.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut alice = Process::start(&mut nohup);
    alice.hears("ringing");
    alice.signal(Signal::HUP);
    assert_eq!(alice.ends().code, Some(4));
}

#[test]
fn ctrl_c_without_a_relay_is_5_too() {
    let world = World::empty();
    let mut alice = world.invite(&["--as", "alice", "bob"]);
    alice.hears("connection_lost");
    alice.ctrl_c();
    assert_eq!(alice.ends().code, Some(5));
}

#[test]
fn whoever_stops_reading_takes_it_back() {
    let world = World::new();
    let mut bob = world.listen(&["--as", "bob", "--answer", "none"]);
    for lines in ["1", "4"] {
        let mut head = Command::new("head")
            .args(["-n", lines])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut alice = world.command(&["invite", "--json", "--as", "alice", "bob"]);
        let mut alice = alice.stdout(head.stdin.take().unwrap()).spawn().unwrap();
        // If it did not ring yet, it was missed.
        bob.says("cancelled\"");
        assert_eq!(alice.wait().unwrap().code(), Some(5));
        head.wait().unwrap();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_takes_it_back_and_is_told() {
    let world = World::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let alice = world.command(&["invite", "--as", "alice", "bob"]).stdout(full).output().unwrap();
    assert_eq!(alice.status.code(), Some(5));
    assert!(String::from_utf8(alice.stderr).unwrap().contains("error: No space left"));

    let [out, err] = [(); 2].map(|()| File::options().write(true).open("/dev/full").unwrap());
    let alice = world.command(&["invite", "--as", "alice", "bob"]).stdout(out).stderr(err).output();
    assert_eq!(alice.unwrap().status.code(), Some(5), "that it cannot be told either is no reason to panic");
}

#[test]
fn outcomes_that_differ_are_3_and_one_yes_is_enough() {
    let world = World::new();
    let _bob = world.listen(&["--as", "bob", "--answer", "reject"]);
    let mixed = world.invite(&["--as", "alice", "bob", "nobody", "--timeout", "1s"]).ends();
    assert_eq!(mixed.code, Some(3));
    assert_eq!(mixed.event("invitation_timeout")["invitee_list"], serde_json::json!(["nobody"]));
    let _carol = world.listen(&["--as", "carol", "--answer", "accept"]);
    assert_eq!(world.invite(&["--as", "alice", "bob", "carol"]).ends().code, Some(0));
}

#[test]
fn a_group_rings_its_members_only_and_refusing_all_is_7() {
    let world = World::new();
    let mut carol = world.listen(&["--as", "carol", "--answer", "accept"]);
    for (action, user) in [("create", "alice"), ("join", "carol")] {
        assert_eq!(world.run(&["group", action, "team", "--as", user]).code, Some(0));
    }
    let members = world.run(&["group", "members", "team", "--as", "alice", "--json"]);
    assert_eq!(members.event("group_members")["member_list"], serde_json::json!(["alice", "carol"]));

    let some = world.invite(&["--as", "alice", "--group", "team", "carol", "bob"]).ends();
    assert_eq!((some.code, &some.event("invitee_rejected")["reason"]), (Some(0), &"unreachable".into()));
    assert_eq!(carol.hears("receive_new_invitation")["group_id"], "team");
    let none = world.run(&["invite", "--as", "alice", "--group", "team", "bob"]);
    none.failed(7, &["refuses every invitee", "signaling group join"]);

    assert_eq!(world.run(&["group", "leave", "team", "--as", "carol"]).code, Some(0));
    let outside = world.run(&["group", "members", "team", "--as", "carol"]);
    outside.failed(1, &["no such group, or none that you may be in"]);
}

#[test]
fn of_a_group_that_may_be_forgotten_it_is_told_when_the_relay_knows() {
    let world = World::restarted();
    let words = ["not yet", "60 s of its start", "--first-start"];
    let alice = world.invite(&["--as", "alice", "--group", "team", "bob", "--timeout", "3s"]);
    world.run(&["group", "members", "team", "--as", "carol"]).failed(1, &words);
    let alice = alice.ends();
    assert_eq!(alice.code, Some(4));
    assert!(alice.knows("undelivered"), "{alice:#?}");
    let dave = world.run(&["invite", "--as", "dave", "--group", "team", "bob", "--timeout", "3s"]);
    assert!(words.iter().all(|words| dave.out.concat().contains(words)), "{dave:#?}");
}

#[test]
fn without_a_relay_it_is_7_within_10_s() {
    let world = World::empty();
    let alice = world.start(&["invite", "--as", "alice", "bob", "--timeout", "60s"]);
    let carol = world.start(&["group", "create", "team", "--as", "carol"]);
    let dave = world.run(&["invite", "--as", "dave", "bob", "--timeout", "1s"]);
    dave.failed(
        7,
        &["the time limit came before", &world.relay, "no connection", "signaling relay --insecure"],
    );
    let words = [world.relay.as_str(), "was not reached within 10 s", "signaling relay --insecure"];
    alice.ends().failed(7, &words);
    carol.ends().failed(7, &words);
}

#[test]
fn no_limit_rings_until_somebody_answers() {
    let world = World::new();
    let mut bob = world.listen(&["--as", "bob", "--answer", "ask"]);
    let mut alice = world.invite(&["--as", "alice", "bob", "--timeout", "0"]);
    assert_eq!(bob.hears("receive_new_invitation")["remaining_ms"], serde_json::Value::Null);
    alice.hears("ringing");
    bob.types("perhaps");
    bob.types("y");
    assert_eq!(alice.ends().code, Some(0));
}

#[test]
fn an_online_only_invitation_is_not_kept() {
    let world = World::new();
    let mut alice = world.invite(&["--as", "alice", "bob", "--online-only", "--timeout", "2s"]);
    alice.hears("connected");
    let bob = world.listen(&["--as", "bob", "--answer", "none"]);
    assert_eq!(alice.ends().code, Some(4));
    bob.ctrl_c();
    let bob = bob.ends();
    assert!(!bob.knows("receive_new_invitation"), "{bob:#?}");
}
