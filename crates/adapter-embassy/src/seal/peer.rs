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
mod tests;
