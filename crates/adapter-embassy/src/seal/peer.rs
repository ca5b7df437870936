//! The seal between this device and one other.

use core::fmt;

use heapless::Vec;
use rand_core::CryptoRngCore;
use signaling_core::UserId;
use signaling_core::wire::VERSION;

use super::noise::{MESSAGE, Message, Parties, Question, answer};
use super::session::{SEALED, Sealed, Session};
use super::{PresharedKey, SealTrouble};

/// The first byte of a question for a session, and of an answer to it. They cannot be that of a frame.
const ASK: u8 = 0xe1;
const ANSWER: u8 = 0xe2;
/// The longest frame that waits for a session: a Hello, and who says it. What is longer is said again.
const WAITING: usize = 96;
/// A peer that was spoken to and is not heard for so long may have forgotten the session, in ms.
const ANEW: u64 = 5_000;

/// A device that has a key in common with this one, and what is known of its session: some 750 bytes.
pub struct SealedPeer {
    pub(crate) user: UserId,
    key: PresharedKey,
    /// The handshake that this side began.
    asked: Option<Asked>,
    /// The one that the other side began, which nothing came over yet.
    answered: Option<Answered>,
    /// What is used, and what was used before it.
    current: Option<Session>,
    previous: Option<Session>,
    /// Since when something was said and nothing is heard.
    unheard: Option<u64>,
}

struct Asked {
    question: Question,
    waiting: Vec<u8, WAITING>,
}

struct Answered {
    question: Message,
    answer: Message,
    session: Session,
}

/// What this side brings to every seal.
pub(super) struct Own<'a> {
    pub(super) user: &'a UserId,
    pub(super) random: &'a mut dyn CryptoRngCore,
}

/// What came out of a datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Opened {
    /// A frame of that length, where the datagram lies, behind the head.
    Frame(usize),
    /// A part of the handshake: so many bytes are to be sent back.
    Reply(usize),
}

/// Why nothing came out of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unopened {
    /// Somebody has to look into it.
    Trouble(SealTrouble),
    /// It was changed, or belongs to a session that is over.
    Unknown,
    /// It came before.
    Replayed,
    /// It is no datagram of a link.
    Malformed,
}

impl SealedPeer {
    /// A device of that user. Give each pair of users a key of its own.
    pub fn new(user: UserId, key: PresharedKey) -> Self {
        let (asked, answered, current, previous) = (None, None, None, None);
        Self { user, key, asked, answered, current, previous, unheard: None }
    }

    /// Writes what is to be sent for a frame into `out`: it, sealed; or, without a session, the question for one, and the
    /// frame waits for the answer. How long it is; none if there is no room for it.
    pub(super) fn seal(
        &mut self,
        now: u64,
        own: &mut Own<'_>,
        frame: &[u8],
        out: &mut [u8],
    ) -> Option<usize> {
        if now.saturating_sub(*self.unheard.get_or_insert(now)) >= ANEW {
            self.renew(now);
        }
        if let Some(session) = &mut self.current {
            return session.seal(frame, out);
        }
        let Self { user, key, asked, .. } = self;
        let parties = Parties { asks: own.user, answers: user };
        let new = || Asked { question: Question::new(key, parties, own.random), waiting: Vec::new() };
        let asked = asked.get_or_insert_with(new);
        asked.waiting = Vec::from_slice(frame).unwrap_or_default();
        write(ASK, &asked.question.message, out)
    }

    /// The next that is sent asks for a new session; what was sealed in the old one is still taken. A question that was not
    /// answered yet stays: another one would take time and say no more.
    fn renew(&mut self, now: u64) {
        self.unheard = Some(now);
        if let Some(session) = self.current.take() {
            self.previous = Some(session);
            self.asked = None;
        }
    }

    /// What came: opens it where it lies, or writes what is to be sent back into `out`.
    pub(super) fn open(
        &mut self,
        own: &mut Own<'_>,
        datagram: &mut [u8],
        out: &mut [u8],
    ) -> Result<Opened, Unopened> {
        match datagram.split_first_mut() {
            Some((&mut ASK, question)) => self.on_question(own, whole(question)?, out),
            Some((&mut ANSWER, answer)) => self.on_answer(whole(answer)?, out),
            Some((&mut SEALED, rest)) => self.on_sealed(rest),
            Some((&mut VERSION, _)) => Err(Unopened::Trouble(SealTrouble::Plain)),
            _ => Err(Unopened::Malformed),
        }
    }

    fn on_question(
        &mut self,
        own: &mut Own<'_>,
        asked: &Message,
        out: &mut [u8],
    ) -> Result<Opened, Unopened> {
        // It was repeated: another session would be none of his.
        let known = self.answered.as_ref().filter(|answered| answered.question == *asked);
        let said = match known {
            Some(answered) => answered.answer,
            None => {
                let parties = Parties { asks: &self.user, answers: own.user };
                let (said, keys) = answer(&self.key, parties, asked, own.random)
                    .ok_or(Unopened::Trouble(SealTrouble::Key))?;
                let session = Session::new(keys);
                self.answered = Some(Answered { question: *asked, answer: said, session });
                said
            }
        };
        write(ANSWER, &said, out).map(Opened::Reply).ok_or(Unopened::Malformed)
    }

    fn on_answer(&mut self, answer: &Message, out: &mut [u8]) -> Result<Opened, Unopened> {
        let asked = self.asked.as_ref().ok_or(Unopened::Replayed)?;
        let keys = asked.question.answered(answer).ok_or(Unopened::Unknown)?;
        let waiting = self.asked.take().map(|asked| asked.waiting).unwrap_or_default();
        self.begin(Session::new(keys));
        let session = self.current.as_mut().filter(|_| !waiting.is_empty());
        Ok(Opened::Reply(session.and_then(|session| session.seal(&waiting, out)).unwrap_or(0)))
    }

    fn on_sealed(&mut self, rest: &mut [u8]) -> Result<Opened, Unopened> {
        let mut sealed = Sealed::of(rest).ok_or(Unopened::Malformed)?;
        let sessions = [&mut self.current, &mut self.previous];
        if let Some(session) = sessions.into_iter().flatten().find(|session| session.opens(&mut sealed)) {
            let first = session.is_first(sealed.number);
            self.unheard = self.unheard.filter(|_| !first);
            return first.then_some(Opened::Frame(sealed.body.len())).ok_or(Unopened::Replayed);
        }
        let answered = self.answered.take_if(|answered| answered.session.opens(&mut sealed));
        let mut session = answered.ok_or(Unopened::Unknown)?.session;
        session.is_first(sealed.number);
        self.begin(session);
        Ok(Opened::Frame(sealed.body.len()))
    }

    /// A question of one's own is done with: an answer to it that comes later may be to one that was forgotten.
    fn begin(&mut self, session: Session) {
        self.previous = self.current.replace(session);
        (self.asked, self.unheard) = (None, None);
    }
}

fn whole(rest: &[u8]) -> Result<&Message, Unopened> {
    rest.try_into().map_err(|_| Unopened::Malformed)
}

fn write(kind: u8, message: &Message, out: &mut [u8]) -> Option<usize> {
    let (head, rest) = out.split_first_mut()?;
    *head = kind;
    rest.get_mut(..MESSAGE)?.copy_from_slice(message);
    Some(1 + MESSAGE)
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trouble(trouble) => trouble.fmt(f),
            Self::Unknown => f.write_str("it was changed, or belongs to a session that is over"),
            Self::Replayed => f.write_str("it came before"),
            Self::Malformed => f.write_str("it is no datagram of a link"),
        }
    }
}

impl fmt::Debug for SealedPeer {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedPeer").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
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
}
