//! Several devices of one user, and what is left of one that dies.

use rustix::process::Signal;

use crate::world::{World, text};

#[test]
fn a_folder_is_one_device() {
    let world = World::new();
    let _bob = world.listen(&["--as", "bob"]);
    let second = world.run(&["listen", "--as", "bob"]);
    second.failed(2, &["bob is in use by another process", "--state OTHER"]);
    let third = world.run(&["invite", "--as", "bob", "alice"]);
    third.failed(2, &["in use by another process"]);
}

#[test]
fn in_two_folders_the_other_device_learns_where_it_was_answered() {
    let world = World::new();
    let phone = world.path("phone");
    let mut kitchen = world.listen(&["--as", "bob", "--device", "kitchen", "--answer", "ask"]);
    let mut phone =
        world.listen(&["--as", "bob", "--device", "phone", "--state", text(&phone), "--answer", "none"]);
    let alice = world.invite(&["--as", "alice", "bob"]);
    phone.hears("receive_new_invitation");
    kitchen.hears("receive_new_invitation");
    kitchen.types("yes");
    let elsewhere = phone.hears("invitee_accepted");
    assert_eq!((&elsewhere["elsewhere"], &elsewhere["device"]), (&true.into(), &"kitchen".into()));
    assert_eq!(alice.ends().code, Some(0));
}

#[test]
fn the_same_device_again_has_its_id() {
    let world = World::new();
    let ids = [(); 2].map(|()| {
        let mut bob = world.start(&["listen", "--as", "bob", "--json"]);
        let id = bob.hears("listening")["device_id"].clone();
        bob.ctrl_c();
        assert_eq!(bob.ends().code, Some(0));
        id
    });
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn when_the_inviter_dies_it_falls_silent_within_the_lease() {
    let world = World::new();
    let mut bob = world.listen(&["--as", "bob", "--lease", "2s", "--answer", "none"]);
    let mut alice = world.invite(&["--as", "alice", "bob"]);
    bob.hears("receive_new_invitation");
    alice.hears("ringing");
    alice.signal(Signal::KILL);
    let killed = std::time::Instant::now();
    assert_eq!(bob.hears("ringing_stopped")["reason"], "inviter_silent");
    assert!(killed.elapsed().as_millis() < 3_000, "after {:?}", killed.elapsed());
}

#[test]
fn a_copied_folder_takes_the_place_of_the_original() {
    let world = World::new();
    let (one, two) = (world.path("one"), world.path("two"));
    let bob = world.listen(&["--as", "bob", "--state", text(&one)]);
    std::fs::create_dir(&two).unwrap();
    std::fs::copy(one.join("device"), two.join("device")).unwrap();
    let _copy = world.listen(&["--as", "bob", "--state", text(&two)]);
    bob.ends().failed(1, &["took the place of this one", "state folder copied"]);
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    let world = World::new();
    let dir = world.path("shared");
    let bob = world.listen(&["--as", "bob", "--state", text(&dir)]);
    bob.ctrl_c();
    bob.ends();
    let carol = world.run(&["listen", "--as", "carol", "--state", text(&dir)]);
    carol.failed(1, &["the device id belongs to another user", "--state DIR"]);
}

#[test]
fn a_relay_without_a_certificate_lives_through_a_hangup() {
    let world = World::empty();
    let mut relay = world.start(&["relay", "--insecure", "--listen", "127.0.0.1:0", "--json"]);
    relay.hears("listening");
    relay.signal(Signal::HUP);
    relay.hears("nothing_to_read");
    relay.ctrl_c();
    assert_eq!(relay.ends().code, Some(0));
}

#[test]
fn a_device_lives_through_a_restart_of_the_relay() {
    let mut world = World::empty();
    let relay =
        world.start(&["relay", "--insecure", "--listen", world.relay.trim_start_matches("tcp://"), "--json"]);
    let mut bob = world.listen(&["--as", "bob", "--answer", "accept"]);
    relay.signal(Signal::TERM);
    assert_eq!(relay.ends().code, Some(0));
    bob.hears("connection_lost");
    let address = world.relay.trim_start_matches("tcp://").to_owned();
    let _relay = world.start(&["relay", "--insecure", "--listen", &address, "--json"]);
    bob.hears("connected");
    world.relay = format!("tcp://{address}");
    assert_eq!(world.invite(&["--as", "alice", "bob"]).ends().code, Some(0));
}
