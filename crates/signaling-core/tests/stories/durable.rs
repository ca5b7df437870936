//! An inviter that outlives its own restart.

use crate::world::{Small, World, encode};
use signaling_core::{Config, Device, Invite, NameError, RestoreError, UserId};

fn durable(names: &[&str]) -> World {
    let mut world = World::of(names);
    world.make_durable(0);
    world
}

#[test]
fn a_restarted_inviter_still_decides() {
    let mut world = durable(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 30);
    world.run(2_000).recover(0);
    world.run(500);
    assert_eq!(world.told(0)[..1], ["restored"]);
    world.accept(1, id);
    world.run(500);
    assert_eq!(world.told(0)[1..], ["delivered", "accepted bob", "ended", "established bob"]);
    assert_eq!(world.told(1), ["new", "confirmed"]);
}

#[test]
fn what_waits_for_the_disk_leaves_as_soon_as_it_is_saved() {
    let mut world = durable(&["alice", "bob"]);
    world.phones[0].saves = false;
    world.invite(0, &["bob"], 30);
    assert!(world.run(100).told(1).is_empty());
    world.phones[0].saves = true;
    assert_eq!(world.run(15).told(1), ["new"], "before the first repeat");
}

#[test]
fn all_that_waits_for_the_disk_leaves_at_once() {
    let mut world = durable(&["alice", "bob", "carol"]);
    world.phones[0].saves = false;
    world.invite(0, &["bob"], 30);
    world.invite(0, &["carol"], 30);
    world.run(100).phones[0].saves = true;
    world.run(15);
    assert_eq!((world.told(1), world.told(2)), (vec!["new"], vec!["new"]));
}

#[test]
fn a_device_beyond_the_row_hears_nothing_before_it_is_saved() {
    let mut world = durable(&["alice", "bob/a", "bob/b", "bob/c"]);
    let id = world.invite(0, &["bob"], 30);
    world.run(500).phones[0].saves = false;
    world.accept(1, id);
    world.run(100);
    world.phones[3].engine.accept(world.now, id, b"me too").unwrap();
    assert_eq!(world.run(1_000).told(3), ["new"], "the decision may be forgotten yet");
    world.phones[0].saves = true;
    assert_eq!(world.run(2_000).told(3), ["new", "accepted bob", "overruled"]);
}

#[test]
fn all_that_was_made_goes_on_after_a_restart() {
    let mut world = durable(&["alice", "bob", "carol"]);
    let calls = [world.invite(0, &["bob"], 30), world.invite(0, &["carol"], 30)];
    world.run(500).recover(0);
    world.run(100);
    assert_eq!(world.told(0).iter().filter(|told| **told == "restored").count(), 2);
    assert!(calls.iter().all(|id| world.phones[0].engine.view(*id).is_some()));
}

#[test]
fn without_a_disk_the_answer_stays_in_doubt() {
    let mut world = World::of(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 30);
    world.run(500).restart(0);
    world.accept(1, id);
    world.run(500);
    assert_eq!(world.told(1), ["new", "unresolved"]);
}

#[test]
fn the_time_that_was_left_goes_on() {
    let mut world = durable(&["alice", "bob"]);
    world.invite(0, &["bob"], 10);
    world.run(4_000);
    world.phones[0].online = false;
    world.recover(0);
    world.phones[0].online = true;
    // Saved when it was made, for nothing changed since: the whole limit is left.
    world.run(9_900);
    assert_eq!(world.told(0)[..1], ["restored"]);
    assert!(!world.told(0).contains(&"timeout bob"));
    world.run(200);
    assert!(world.told(0).contains(&"timeout bob"));
    assert_eq!(world.told(1).last(), Some(&"timeout bob"));
}

#[test]
fn a_decision_that_was_saved_stands_whoever_asks_later() {
    let mut world = durable(&["alice", "bob/kitchen", "bob/car"]);
    let id = world.invite(0, &["bob"], 30);
    world.run(500);
    world.phones[2].online = false;
    world.accept(1, id);
    world.run(500).recover(0);
    world.run(500);
    world.phones[2].online = true;
    world.phones[2].engine.accept(world.now, id, b"me too").unwrap();
    world.run(500);
    assert_eq!(world.told(1), ["new", "confirmed"]);
    assert_eq!(world.told(2), ["new", "accepted bob", "overruled"]);
}

#[test]
fn nothing_leaves_before_it_is_saved() {
    let mut world = durable(&["alice", "bob"]);
    world.phones[0].saves = false;
    let id = world.invite(0, &["bob"], 30);
    world.run(3_000);
    assert!(world.told(1).is_empty() && world.frames == 0, "nobody heard of what may be forgotten");
    world.phones[0].saves = true;
    world.run(500);
    assert_eq!(world.told(1), ["new"]);

    world.phones[0].saves = false;
    world.accept(1, id);
    world.run(3_000);
    assert_eq!(world.told(1), ["new"], "no word of a decision that is not on the disk");
    assert!(!world.told(0).contains(&"accepted bob"), "not to the application either");
    world.recover(0);
    world.phones[0].saves = true;
    world.run(5_000);
    assert!(world.told(0).contains(&"accepted bob"));
    assert_eq!(world.told(1), ["new", "confirmed"]);
}

#[test]
fn a_modification_is_not_applied_twice_after_a_restart() {
    let mut world = durable(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 30);
    world.run(500);
    world.phones[1].engine.modify(world.now, id, b"audio").unwrap();
    world.run(500).recover(0);
    world.run(1_000);
    let rev = |world: &World| world.phones[0].engine.view(id).unwrap().data().to_vec();
    assert_eq!(rev(&world), b"audio");
    assert_eq!(world.told(1), ["new", "granted"]);
    assert!(!world.told(0).contains(&"modified audio"), "its view shows it: {:?}", world.told(0));
}

#[test]
fn the_first_wins_also_after_a_restart() {
    let mut world = durable(&["alice", "bob", "carol"]);
    let invitees = &["bob", "carol"];
    let invite = Invite { invitees, first_wins: true, ..Invite::default() };
    let id = world.phones[0].engine.invite(world.now, &invite).unwrap();
    world.run(500).recover(0);
    world.run(500).accept(2, id);
    assert_eq!(world.run(100).told(1), ["new", "accepted carol", "cancelled"]);
}

#[test]
fn the_file_grows_empty_when_all_is_over() {
    let mut world = durable(&["alice", "bob"]);
    let id = world.invite(0, &["bob"], 30);
    world.run(500);
    world.accept(1, id);
    world.run(5_000);
    assert!(world.phones[0].engine.is_empty() && world.phones[0].engine.unsaved().is_none());
    assert!(world.phones[0].disk.is_empty());
}

#[test]
fn what_cannot_be_restored_is_refused_and_changes_nothing() {
    let mut world = durable(&["alice", "bob", "carol"]);
    let id = world.invite(0, &["bob", "carol"], 30);
    world.run(500);
    let saved: Vec<_> = world.phones[0].engine.snapshots().map(|saved| saved.id()).collect();
    assert_eq!(saved, [id]);
    let bytes = world.phones[0].disk[0].clone();
    let engine = |user: &str, id| {
        let mut config = Config::new(UserId::new(user).unwrap(), Device { id, epoch: 9 });
        config.durable = true;
        Small::new(config, Default::default())
    };
    let restore = |engine: &mut Small, bytes: &[u8]| engine.restore(0, &postcard::from_bytes(bytes).unwrap());
    assert_eq!(restore(&mut engine("alice", 7), &bytes), Err(RestoreError::OtherDevice));
    assert_eq!(restore(&mut engine("mallory", 1), &bytes), Err(RestoreError::OtherUser));
    let mut alice = engine("alice", 1);
    assert_eq!(restore(&mut alice, &bytes), Ok(()));
    assert_eq!(restore(&mut alice, &bytes), Err(RestoreError::Known));
    assert_eq!(alice.len(), 1);
    let mut other = bytes.clone();
    other[0] = 1;
    assert_eq!(restore(&mut engine("alice", 1), &other), Err(RestoreError::Version { found: 1 }));
}

#[test]
fn what_no_invitation_can_be_is_not_restored() {
    /// Puts other bytes where these are.
    fn put(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
        let at = bytes.windows(old.len()).position(|window| window == old).unwrap();
        [&bytes[..at], new, &bytes[at + old.len()..]].concat()
    }
    let restored = |bytes: &[u8]| {
        let config = Config::new(UserId::new("alice").unwrap(), Device { id: 1, epoch: 2 });
        Small::new(config, Default::default()).restore(0, &postcard::from_bytes(bytes).unwrap())
    };
    let mut world = durable(&["alice"]);
    world.invite(0, &["bob", "rob"], 86_400);
    let bytes = encode(&world.phones[0].engine.snapshots().next().unwrap());
    assert_eq!(restored(&bytes), Ok(()), "a day is the longest there is");
    // A day in ms as a varint, behind the mark that there is a limit.
    let day = [1, 0x80, 0xb8, 0x99, 0x29];
    let longer = put(&bytes, &day, &[1, 0x81, 0xb8, 0x99, 0x29]);
    let unlimited = put(&bytes, &day, &[0]);
    for bytes in [longer, unlimited, put(&bytes, b"rob", b"bob")] {
        assert_eq!(restored(&bytes), Err(RestoreError::Malformed));
    }
    assert_eq!(restored(&put(&bytes, b"rob", b"r\nb")), Err(RestoreError::Name(NameError::Control)));
}

#[test]
fn damaged_bytes_are_refused_or_make_an_invitation_that_ends() {
    let mut world = durable(&["alice", "bob"]);
    world.invite(0, &["bob"], 30);
    world.run(500);
    let bytes = encode(&world.phones[0].engine.snapshots().next().unwrap());
    for (at, bit) in (0..bytes.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1 << bit;
        let config = Config::new(UserId::new("alice").unwrap(), Device { id: 1, epoch: 2 });
        let mut engine = Small::new(config, Default::default());
        let Ok(snapshot) = postcard::from_bytes(&bytes) else { continue };
        if engine.restore(0, &snapshot).is_ok() {
            while engine.poll_event().is_some() {}
            let mut buf = [0; 2048];
            for now in (0..90_000_000).step_by(3_000_000) {
                engine.handle_timeout(now);
                while engine.poll_transmit(now, &mut buf).is_some() {}
                while engine.poll_event().is_some() {}
            }
            assert!(engine.len() <= 1);
        }
    }
}
