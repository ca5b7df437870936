use rand_core::OsRng;
use std::vec;
use std::vec::Vec;

use super::super::session::{HEAD, OVERHEAD};
use super::*;

/// One side, and its clock.
struct Side {
    user: UserId,
    peer: SealedPeer,
    now: u64,
}

fn side(own: &str, peer: &str, key: u8) -> Side {
    let [user, peer] = [own, peer].map(|name| UserId::new(name).unwrap());
    Side { user, peer: SealedPeer::new(peer, PresharedKey::new(&[key; 32]).unwrap()), now: 0 }
}

impl Side {
    fn seals(&mut self, frame: &str) -> Vec<u8> {
        let mut out = [0; 256];
        let own = &mut Own { user: &self.user, random: &mut OsRng };
        let len = self.peer.seal(self.now, own, frame.as_bytes(), &mut out).unwrap();
        out[..len].to_vec()
    }

    fn opens(&mut self, datagram: &[u8]) -> Result<(Opened, Vec<u8>), Unopened> {
        let (mut datagram, mut out) = (datagram.to_vec(), [0; 256]);
        let own = &mut Own { user: &self.user, random: &mut OsRng };
        let opened = self.peer.open(own, &mut datagram, &mut out)?;
        Ok((
            opened,
            match opened {
                Opened::Frame(len) => datagram[HEAD..][..len].to_vec(),
                Opened::Reply(len) => out[..len].to_vec(),
            },
        ))
    }

    fn hears(&mut self, datagram: &[u8]) -> std::string::String {
        let (opened, frame) = self.opens(datagram).unwrap();
        assert!(matches!(opened, Opened::Frame(_)));
        std::string::String::from_utf8(frame).unwrap()
    }

    fn replies(&mut self, datagram: &[u8]) -> Vec<u8> {
        let (opened, reply) = self.opens(datagram).unwrap();
        assert!(matches!(opened, Opened::Reply(_)));
        reply
    }

    fn refuses(&mut self, datagram: &[u8]) -> Unopened {
        self.opens(datagram).unwrap_err()
    }
}

const KEY: Unopened = Unopened::Trouble(SealTrouble::Key);

/// alice has a session with bob, and said "hello".
fn linked() -> (Side, Side) {
    let (mut alice, mut bob) = (side("alice", "bob", 7), side("bob", "alice", 7));
    link(&mut alice, &mut bob);
    (alice, bob)
}

fn link(alice: &mut Side, bob: &mut Side) {
    let question = alice.seals("hello");
    let answer = bob.replies(&question);
    let hello = alice.replies(&answer);
    assert_eq!(bob.hears(&hello), "hello", "what waited goes out with the answer");
}

#[test]
fn both_sides_talk_and_nobody_reads_along() {
    let (mut alice, mut bob) = linked();
    let first = bob.seals("for alice only");
    assert_eq!(first.len(), "for alice only".len() + OVERHEAD);
    assert!(!first.windows(5).any(|part| part == b"alice"));
    assert_eq!(alice.hears(&first), "for alice only");
    assert_ne!(first[HEAD..], bob.seals("for alice only")[HEAD..], "no two are alike");
}

#[test]
fn nothing_is_taken_twice_and_late_ones_are_taken_once() {
    let (mut alice, mut bob) = linked();
    let sent: Vec<_> = (0..100).map(|i| alice.seals(&std::format!("{i}"))).collect();
    for at in [5, 3, 99, 70, 36] {
        assert_eq!(bob.hears(&sent[at]), std::format!("{at}"));
        assert_eq!(bob.refuses(&sent[at]), Unopened::Replayed, "{at}");
    }
    assert_eq!(bob.refuses(&sent[35]), Unopened::Replayed, "too old to tell");
}

#[test]
fn a_changed_datagram_is_refused() {
    let (mut alice, mut bob) = linked();
    let good = alice.seals("yes");
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(bob.opens(&bad).is_err(), "byte {at}");
        assert!(bob.opens(&good[..at]).is_err(), "cut at {at}");
    }
    assert_eq!(bob.hears(&good), "yes");
}

#[test]
fn another_key_or_none_is_told_and_junk_is_not() {
    let (mut alice, mut mallory) = (side("alice", "bob", 7), side("bob", "alice", 8));
    assert_eq!(mallory.refuses(&alice.seals("x")), KEY);
    assert_eq!(alice.refuses(&mallory.seals("x")), KEY);
    assert_eq!(side("carol", "alice", 7).refuses(&alice.seals("x")), KEY, "it asks bob, not carol");
    assert_eq!(alice.refuses(&[VERSION, 0, 0]), Unopened::Trouble(SealTrouble::Plain));
    for junk in [&[][..], &[0], &[ASK], &[ANSWER], &[SEALED], &[SEALED; 24], &[ANSWER; 49], &[0xff; 99]] {
        assert!(!matches!(alice.refuses(junk), Unopened::Trouble(_)), "{junk:?}");
    }
}

#[test]
fn an_answer_of_somebody_else_does_not_spoil_the_question() {
    let (mut alice, mut bob) = (side("alice", "bob", 7), side("bob", "alice", 7));
    let question = alice.seals("hello");
    assert_eq!(alice.refuses(&[&[ANSWER][..], &[9; 48]].concat()), Unopened::Unknown);
    let hello = alice.replies(&bob.replies(&question));
    assert_eq!(bob.hears(&hello), "hello");
}

#[test]
fn a_recorded_session_is_worth_nothing_later() {
    let (mut alice, mut bob) = (side("alice", "bob", 7), side("bob", "alice", 7));
    let question = alice.seals("accept");
    let answer = bob.replies(&question);
    let accept = alice.replies(&answer);
    assert_eq!(bob.hears(&accept), "accept");
    // bob starts anew, and all that alice ever said is played to him.
    let mut anew = side("bob", "alice", 7);
    assert_ne!(anew.replies(&question), answer, "he brings a new key of his own");
    assert_eq!(anew.refuses(&accept), Unopened::Unknown);
    // So it is while a session stands, which goes on.
    bob.replies(&question);
    assert_eq!(bob.refuses(&accept), Unopened::Replayed);
    assert_eq!(bob.hears(&alice.seals("still here")), "still here");
}

#[test]
fn what_one_said_is_not_taken_for_what_the_other_says() {
    let (mut alice, mut bob) = linked();
    let said = alice.seals("x");
    assert_eq!(alice.refuses(&said), Unopened::Unknown, "not even thrown back");
    assert_eq!(alice.refuses(&side("alice", "bob", 7).seals("x")), KEY);
    assert_eq!(bob.hears(&said), "x");
}

#[test]
fn both_may_ask_at_once_and_questions_may_be_lost_or_repeated() {
    let (mut alice, mut bob) = (side("alice", "bob", 7), side("bob", "alice", 7));
    let _lost = alice.seals("a");
    let (from_alice, from_bob) = (alice.seals("a"), bob.seals("b"));
    let (to_alice, to_bob) = (bob.replies(&from_alice), alice.replies(&from_bob));
    assert_eq!(bob.replies(&from_alice), to_alice, "the same question, the same answer");
    let (a, b) = (alice.replies(&to_alice), bob.replies(&to_bob));
    assert_eq!((bob.hears(&a), alice.hears(&b)), ("a".into(), "b".into()));
    for text in ["1", "2", "3"] {
        assert_eq!(bob.hears(&alice.seals(text)), text);
        assert_eq!(alice.hears(&bob.seals(text)), text);
    }
}

#[test]
fn an_answer_that_was_held_back_does_not_move_a_session_to_one_that_the_other_side_forgot() {
    let recorded = side("alice", "bob", 7).seals("before");
    let (mut alice, mut bob) = (side("alice", "bob", 7), side("bob", "alice", 7));
    let (from_alice, from_bob) = (alice.seals("a"), bob.seals("b"));
    let held_back = bob.replies(&from_alice);
    let b = bob.replies(&alice.replies(&from_bob));
    assert_eq!(alice.hears(&b), "b");
    // Without the key: an old question takes the place of hers, and the answer to hers is let go.
    bob.replies(&recorded);
    assert_eq!(alice.refuses(&held_back), Unopened::Replayed);
    assert_eq!(bob.hears(&alice.seals("still here")), "still here");
}

#[test]
fn a_recorded_question_delays_a_session_that_begins_and_not_one_that_is_used() {
    let recorded = side("alice", "bob", 7).seals("before");
    let (mut alice, mut bob) = (side("alice", "bob", 7), side("bob", "alice", 7));
    let answer = bob.replies(&alice.seals("hello"));
    bob.replies(&recorded);
    assert_eq!(bob.refuses(&alice.replies(&answer)), Unopened::Unknown);
    assert_eq!(bob.refuses(&alice.seals("hello?")), Unopened::Unknown);
    alice.now = ANEW;
    link(&mut alice, &mut bob);
    for text in ["1", "2", "3"] {
        bob.replies(&recorded);
        assert_eq!(
            (bob.hears(&alice.seals(text)), alice.hears(&bob.seals(text))),
            (text.into(), text.into())
        );
    }
}

#[test]
fn who_starts_anew_gets_a_new_session() {
    let (_, mut bob) = linked();
    let mut alice = side("alice", "bob", 7);
    assert_eq!(alice.refuses(&bob.seals("are you there?")), Unopened::Unknown);
    link(&mut alice, &mut bob);
    assert_eq!(alice.hears(&bob.seals("welcome back")), "welcome back");
}

#[test]
fn who_hears_nothing_for_5_s_asks_anew_and_still_takes_what_was_under_way() {
    let (mut alice, mut bob) = linked();
    let late = bob.seals("late");
    assert_eq!(alice.seals("1")[0], SEALED);
    alice.now = ANEW - 1;
    assert_eq!(alice.seals("2")[0], SEALED);
    alice.now = ANEW;
    let question = alice.seals("3");
    assert_eq!((question[0], alice.hears(&late)), (ASK, "late".into()));
    alice.now = 2 * ANEW;
    assert_eq!(alice.seals("3"), question, "until it is answered it is repeated");
    let three = alice.replies(&bob.replies(&question));
    assert_eq!(bob.hears(&three), "3");
    assert_eq!(alice.hears(&bob.seals("fine")), "fine");
    alice.now = 10 * ANEW;
    assert_eq!(alice.seals("4")[0], SEALED, "nobody owed an answer meanwhile");
}

#[test]
fn a_frame_without_room_is_not_sent_and_a_long_one_does_not_wait() {
    let (mut alice, mut bob) = linked();
    let own = &mut Own { user: &alice.user, random: &mut OsRng };
    assert_eq!(alice.peer.seal(0, own, b"yes", &mut [0; OVERHEAD + 2]), None);
    let mut alice = side("alice", "bob", 7);
    let long = vec![b'x'; WAITING + 1];
    let question = alice.seals(std::str::from_utf8(&long).unwrap());
    assert_eq!(alice.replies(&bob.replies(&question)), b"", "the next one is the first");
    assert_eq!(bob.hears(&alice.seals("now")), "now");
}

#[test]
fn random_bytes_do_nothing() {
    let (mut alice, mut bob) = linked();
    let mut dice = 1u64;
    for _ in 0..20_000 {
        let mut junk = [0u8; 96];
        for byte in &mut junk {
            dice = dice.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            *byte = (dice >> 56) as u8;
        }
        let len = usize::from(junk[95] % 95);
        // Most begin as a datagram does.
        junk[0] = [ASK, ANSWER, SEALED, junk[0]][usize::from(junk[94] % 4)];
        assert!(bob.opens(&junk[..len]).is_err(), "{:?}", &junk[..len]);
    }
    assert_eq!(bob.hears(&alice.seals("yes")), "yes");
}
