use super::*;

fn seal(own: &str, peer: &str, key: u8) -> Seal {
    let key = PresharedKey::new(&[key; 32]).unwrap();
    Seal::new(key, &own.parse().unwrap(), &peer.parse().unwrap())
}

fn sealed(from: &mut Seal, text: &str) -> Vec<u8> {
    let mut out = vec![];
    from.seal(text.as_bytes(), &mut out).unwrap();
    out
}

fn opened(to: &mut Seal, datagram: &[u8]) -> Result<(Opened, Vec<u8>), Unopened> {
    let mut out = vec![];
    to.open(datagram, &mut out).map(|opened| (opened, out))
}

fn heard(to: &mut Seal, datagram: &[u8]) -> String {
    let (opened, out) = opened(to, datagram).unwrap();
    assert_eq!(opened, Opened::Datagram);
    String::from_utf8(out).unwrap()
}

fn reply(to: &mut Seal, datagram: &[u8]) -> Vec<u8> {
    let (opened, out) = opened(to, datagram).unwrap();
    assert_eq!(opened, Opened::Reply);
    out
}

/// alice has a session with bob, and said "hello".
fn linked() -> (Seal, Seal) {
    let (mut alice, mut bob) = (seal("alice", "bob", 7), seal("bob", "alice", 7));
    link(&mut alice, &mut bob);
    (alice, bob)
}

fn link(alice: &mut Seal, bob: &mut Seal) {
    let question = sealed(alice, "hello");
    let answer = reply(bob, &question);
    let hello = reply(alice, &answer);
    assert_eq!(heard(bob, &hello), "hello", "what waited goes out with the answer");
}

#[test]
fn both_sides_talk_and_nobody_reads_along() {
    let (mut alice, mut bob) = linked();
    let first = sealed(&mut bob, "for alice only");
    assert_eq!(first.len(), "for alice only".len() + OVERHEAD);
    assert!(!first.windows(5).any(|part| part == b"alice"));
    assert_eq!(heard(&mut alice, &first), "for alice only");
    let again = sealed(&mut bob, "for alice only");
    assert_ne!(first[1 + NUMBER..], again[1 + NUMBER..], "no two are alike");
}

#[test]
fn nothing_is_taken_twice_and_late_ones_are_taken_once() {
    let (mut alice, mut bob) = linked();
    let sent: Vec<_> = (0..200).map(|i| sealed(&mut alice, &i.to_string())).collect();
    for at in [5, 3, 199, 150, 72] {
        assert_eq!(heard(&mut bob, &sent[at]), at.to_string());
    }
    for at in [5, 3, 199, 150, 72] {
        assert_eq!(opened(&mut bob, &sent[at]), Err(Unopened::Replayed), "{at}");
    }
    assert_eq!(opened(&mut bob, &sent[71]), Err(Unopened::Replayed), "too old to tell");
}

#[test]
fn a_changed_datagram_is_refused() {
    let (mut alice, mut bob) = linked();
    let good = sealed(&mut alice, "yes");
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(opened(&mut bob, &bad).is_err(), "byte {at}");
        assert!(opened(&mut bob, &good[..at]).is_err(), "cut at {at}");
    }
    assert_eq!(heard(&mut bob, &good), "yes");
}

#[test]
fn another_key_opens_nothing() {
    let (mut alice, mut mallory) = (seal("alice", "bob", 7), seal("bob", "alice", 8));
    assert_eq!(opened(&mut mallory, &sealed(&mut alice, "x")), Err(Unopened::Key));
    assert_eq!(opened(&mut alice, &sealed(&mut mallory, "x")), Err(Unopened::Key));
    assert_eq!(opened(&mut alice, &[VERSION, 0, 0]), Err(Unopened::Plain));
    for junk in [&[][..], &[0], &[ASK], &[ANSWER], &[SEALED], &[SEALED; 9], &[ANSWER; 49], &[0xff; 99]] {
        assert!(opened(&mut alice, junk).is_err());
    }
}

#[test]
fn a_recorded_session_is_worth_nothing_later() {
    let (mut alice, mut bob) = (seal("alice", "bob", 7), seal("bob", "alice", 7));
    let question = sealed(&mut alice, "accept");
    let answer = reply(&mut bob, &question);
    let accept = reply(&mut alice, &answer);
    assert_eq!(heard(&mut bob, &accept), "accept");
    // bob starts anew, and all that alice ever said is played to him.
    let mut bob = seal("bob", "alice", 7);
    assert_ne!(reply(&mut bob, &question), answer, "he brings a new key of his own");
    assert_eq!(opened(&mut bob, &accept), Err(Unopened::Key));
    // So it is while a session stands, which goes on.
    let (mut alice, mut bob) = linked();
    reply(&mut bob, &question);
    assert_eq!(opened(&mut bob, &accept), Err(Unopened::Key));
    let next = sealed(&mut alice, "still here");
    assert_eq!(heard(&mut bob, &next), "still here");
}

#[test]
fn what_one_said_is_not_taken_for_what_the_other_says() {
    let (mut alice, mut bob) = linked();
    let said = sealed(&mut alice, "x");
    assert_eq!(opened(&mut alice, &said), Err(Unopened::Key), "not even thrown back");
    let question = sealed(&mut seal("alice", "bob", 7), "x");
    assert_eq!(opened(&mut alice, &question), Err(Unopened::Key));
    assert_eq!(heard(&mut bob, &said), "x");
}

#[test]
fn both_may_ask_at_once_and_questions_may_be_lost_or_repeated() {
    let (mut alice, mut bob) = (seal("alice", "bob", 7), seal("bob", "alice", 7));
    let _lost = sealed(&mut alice, "a");
    let (from_alice, from_bob) = (sealed(&mut alice, "a"), sealed(&mut bob, "b"));
    let (to_alice, to_bob) = (reply(&mut bob, &from_alice), reply(&mut alice, &from_bob));
    assert_eq!(reply(&mut bob, &from_alice), to_alice, "the same question, the same answer");
    let (a, b) = (reply(&mut alice, &to_alice), reply(&mut bob, &to_bob));
    assert_eq!((heard(&mut bob, &a), heard(&mut alice, &b)), ("a".into(), "b".into()));
    for text in ["1", "2", "3"] {
        let datagram = sealed(&mut alice, text);
        assert_eq!(heard(&mut bob, &datagram), text);
        let datagram = sealed(&mut bob, text);
        assert_eq!(heard(&mut alice, &datagram), text);
    }
}

#[test]
fn an_answer_that_was_held_back_does_not_move_a_session_to_one_that_the_other_side_forgot() {
    let recorded = sealed(&mut seal("alice", "bob", 7), "before");
    let (mut alice, mut bob) = (seal("alice", "bob", 7), seal("bob", "alice", 7));
    let (from_alice, from_bob) = (sealed(&mut alice, "a"), sealed(&mut bob, "b"));
    let held_back = reply(&mut bob, &from_alice);
    let answer = reply(&mut alice, &from_bob);
    let b = reply(&mut bob, &answer);
    assert_eq!(heard(&mut alice, &b), "b");
    // Without the key: an old question takes the place of hers, and the answer to hers is let go.
    reply(&mut bob, &recorded);
    assert_eq!(opened(&mut alice, &held_back), Err(Unopened::Replayed));
    let next = sealed(&mut alice, "still here");
    assert_eq!(heard(&mut bob, &next), "still here");
}

#[test]
fn an_answer_to_an_earlier_question_is_no_sign_of_another_key() {
    let (mut alice, mut bob) = (seal("alice", "bob", 7), seal("bob", "alice", 7));
    let earlier = sealed(&mut alice, "hello");
    alice.renew();
    let question = sealed(&mut alice, "hello");
    let late = reply(&mut bob, &earlier);
    assert_eq!(opened(&mut alice, &late), Err(Unopened::Replayed));
    let answer = reply(&mut bob, &question);
    let hello = reply(&mut alice, &answer);
    assert_eq!(heard(&mut bob, &hello), "hello");
}

#[test]
fn an_answer_of_somebody_else_does_not_spoil_the_question() {
    let (mut alice, mut bob) = (seal("alice", "bob", 7), seal("bob", "alice", 7));
    let question = sealed(&mut alice, "hello");
    assert_eq!(opened(&mut alice, &[&[ANSWER][..], &[9; 48]].concat()), Err(Unopened::Replayed));
    let answer = reply(&mut bob, &question);
    let hello = reply(&mut alice, &answer);
    assert_eq!(heard(&mut bob, &hello), "hello");
}

#[test]
fn who_starts_anew_gets_a_new_session() {
    let (_, mut bob) = linked();
    let mut alice = seal("alice", "bob", 7);
    let old = sealed(&mut bob, "are you there?");
    assert_eq!(opened(&mut alice, &old), Err(Unopened::Key));
    link(&mut alice, &mut bob);
    let next = sealed(&mut bob, "welcome back");
    assert_eq!(heard(&mut alice, &next), "welcome back");
    // bob forgets nothing by asking anew himself.
    bob.renew();
    link(&mut bob, &mut alice);
    let next = sealed(&mut alice, "fine");
    assert_eq!(heard(&mut bob, &next), "fine");
}
