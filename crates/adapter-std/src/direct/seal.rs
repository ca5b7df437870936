//! Datagrams that only who has the key can make and read.
//!
//! The handshake is Noise's `NNpsk0`: each side brings fresh random keys of its own, so that no session is like
//! another and nothing that was recorded in one is taken in the next. Who has something to send and no session
//! asks for one; the other side answers, and uses the new session once something came over it. Should both ask
//! at once, there are two sessions for a while, and both are read.
//!
//! A sealed datagram is a byte that says what it is, and then a message of the handshake; or 8 bytes of a
//! number that never repeats in a session, and the frame, encrypted under it.

use signaling_core::UserId;
use signaling_core::wire::VERSION;
use snow::{Builder, HandshakeState, StatelessTransportState};

use super::key::PresharedKey;

const PATTERN: &str = "Noise_NNpsk0_25519_ChaChaPoly_BLAKE2s";
/// Bound into every handshake, with the names of who asks and who answers.
const PROLOGUE: &str = "signaling direct 1";

/// Bytes that a sealed datagram has more than what is in it: its kind, its number and the tag.
pub(super) const OVERHEAD: usize = 1 + NUMBER + 16;
const NUMBER: usize = 8;
/// The bytes of a message of the handshake: a key of Curve25519 and a tag.
const HANDSHAKE: usize = 32 + 16;

/// What a datagram is. None of them can be the first byte of a frame.
const ASK: u8 = 0xe1;
const ANSWER: u8 = 0xe2;
const SEALED: u8 = 0xe3;

/// What came out of a datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Opened {
    /// A frame, and who says it.
    Datagram,
    /// A part of the handshake: this is to be sent back.
    Reply,
}

/// Why a datagram was not opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Unopened {
    #[error("it is not sealed: the peer has no key")]
    Plain,
    #[error("it was not sealed with our key, or was changed, or belongs to a session that is over")]
    Key,
    #[error("it came before, or too late")]
    Replayed,
    #[error("it is no datagram of a link")]
    Malformed,
}

/// Whether a datagram looks like one that was sealed.
pub(super) fn is_sealed(datagram: &[u8]) -> bool {
    matches!(datagram.first(), Some(&(ASK | ANSWER | SEALED)))
}

/// The seal between this device and one peer.
pub(super) struct Seal {
    key: PresharedKey,
    own: UserId,
    peer: UserId,
    /// The handshake that this side began, and what waits for its end.
    asked: Option<Asked>,
    /// The one that the other side began, which nothing came over yet.
    answered: Option<Answered>,
    /// What is used, and what was used before it.
    current: Option<Session>,
    previous: Option<Session>,
}

struct Asked {
    state: Box<HandshakeState>,
    message: [u8; HANDSHAKE],
    waiting: Vec<u8>,
}

struct Answered {
    session: Session,
    question: [u8; HANDSHAKE],
    answer: [u8; HANDSHAKE],
}

struct Session {
    keys: Box<StatelessTransportState>,
    sent: u64,
    seen: Window,
}

impl Seal {
    pub(super) fn new(key: PresharedKey, own: &UserId, peer: &UserId) -> Self {
        let (own, peer) = (own.clone(), peer.clone());
        Self { key, own, peer, asked: None, answered: None, current: None, previous: None }
    }

    /// Writes what is to be sent for a datagram into `out`: it, sealed; or, without a session, the question for
    /// one, and it waits for the answer.
    ///
    /// # Errors
    /// [`snow::Error`] if the machine has no random numbers; then there is nothing to be sent.
    pub(super) fn seal(&mut self, datagram: &[u8], out: &mut Vec<u8>) -> Result<(), snow::Error> {
        out.clear();
        if let Some(session) = &mut self.current {
            return session.seal(datagram, out);
        }
        if self.asked.is_none() {
            self.asked = Some(self.ask()?);
        }
        let asked = self.asked.as_mut().ok_or(snow::Error::Input)?;
        asked.waiting = datagram.to_vec();
        out.push(ASK);
        out.extend(asked.message);
        Ok(())
    }

    fn ask(&self) -> Result<Asked, snow::Error> {
        let mut state = Box::new(self.builder(&prologue(&self.own, &self.peer))?.build_initiator()?);
        let mut message = [0; HANDSHAKE];
        state.write_message(&[], &mut message)?;
        Ok(Asked { state, message, waiting: Vec::new() })
    }

    fn builder<'b>(&'b self, prologue: &'b [u8]) -> Result<Builder<'b>, snow::Error> {
        Builder::new(PATTERN.parse()?).psk(0, &self.key.0)?.prologue(prologue)
    }

    /// What came: writes what is in it, or what is to be sent back, into `out`.
    pub(super) fn open(&mut self, datagram: &[u8], out: &mut Vec<u8>) -> Result<Opened, Unopened> {
        out.clear();
        match datagram.split_first() {
            Some((&ASK, question)) => {
                self.on_question(question.try_into().map_err(|_| Unopened::Malformed)?, out)
            }
            Some((&ANSWER, answer)) => self.on_answer(answer, out),
            Some((&SEALED, rest)) => self.on_sealed(rest, out),
            Some((&VERSION, _)) => Err(Unopened::Plain),
            _ => Err(Unopened::Malformed),
        }
    }

    fn on_question(&mut self, question: [u8; HANDSHAKE], out: &mut Vec<u8>) -> Result<Opened, Unopened> {
        let known = self.answered.as_ref().filter(|answered| answered.question == question);
        let answer = match known {
            // It was repeated: another session would be none of his.
            Some(answered) => answered.answer,
            None => {
                let answered = self.answer(question).map_err(|_| Unopened::Key)?;
                self.answered.insert(answered).answer
            }
        };
        out.push(ANSWER);
        out.extend(answer);
        Ok(Opened::Reply)
    }

    fn answer(&self, question: [u8; HANDSHAKE]) -> Result<Answered, snow::Error> {
        let mut state = self.builder(&prologue(&self.peer, &self.own))?.build_responder()?;
        state.read_message(&question, &mut [])?;
        let mut answer = [0; HANDSHAKE];
        state.write_message(&[], &mut answer)?;
        Ok(Answered { session: Session::new(state)?, question, answer })
    }

    fn on_answer(&mut self, answer: &[u8], out: &mut Vec<u8>) -> Result<Opened, Unopened> {
        let asked = self.asked.as_mut().ok_or(Unopened::Replayed)?;
        // Who has another key cannot answer: it is to an earlier question, or nobody's.
        asked.state.read_message(answer, &mut []).map_err(|_| Unopened::Replayed)?;
        let Some(Asked { state, waiting, .. }) = self.asked.take() else { return Err(Unopened::Replayed) };
        let mut session = Session::new(*state).map_err(|_| Unopened::Key)?;
        session.seal(&waiting, out).map_err(|_| Unopened::Key)?;
        self.previous = self.current.replace(session);
        Ok(Opened::Reply)
    }

    fn on_sealed(&mut self, rest: &[u8], out: &mut Vec<u8>) -> Result<Opened, Unopened> {
        let (number, sealed) = rest.split_first_chunk::<NUMBER>().ok_or(Unopened::Malformed)?;
        let number = u64::from_le_bytes(*number);
        for session in [&mut self.current, &mut self.previous].into_iter().flatten() {
            if session.open(number, sealed, out) {
                return session.seen.first(number).then_some(Opened::Datagram).ok_or(Unopened::Replayed);
            }
        }
        let answered = self.answered.take_if(|answered| answered.session.open(number, sealed, out));
        let Some(Answered { mut session, .. }) = answered else { return Err(Unopened::Key) };
        session.seen.first(number);
        self.previous = self.current.replace(session);
        // An answer to it that comes later may be to one that was forgotten.
        self.asked = None;
        Ok(Opened::Datagram)
    }

    /// The peer does not answer any more: perhaps it has forgotten the session. The next that is sent asks for
    /// a new one.
    pub(super) fn renew(&mut self) {
        self.asked = None;
        if let Some(session) = self.current.take() {
            self.previous = Some(session);
        }
    }
}

impl Session {
    fn new(state: HandshakeState) -> Result<Self, snow::Error> {
        let keys = Box::new(state.into_stateless_transport_mode()?);
        Ok(Self { keys, sent: 0, seen: Window::default() })
    }

    fn seal(&mut self, datagram: &[u8], out: &mut Vec<u8>) -> Result<(), snow::Error> {
        let number = self.sent;
        self.sent += 1;
        out.clear();
        out.push(SEALED);
        out.extend(number.to_le_bytes());
        out.resize(OVERHEAD + datagram.len(), 0);
        self.keys.write_message(number, datagram, &mut out[1 + NUMBER..])?;
        Ok(())
    }

    /// Whether it was sealed in this session.
    fn open(&self, number: u64, sealed: &[u8], out: &mut Vec<u8>) -> bool {
        out.resize(sealed.len(), 0);
        let opened = self.keys.read_message(number, sealed, out);
        out.truncate(opened.as_ref().copied().unwrap_or(0));
        opened.is_ok()
    }
}

/// Which numbers came: the highest, and 127 below it. What is older counts as having come.
#[derive(Default)]
struct Window {
    /// One above the highest.
    next: u64,
    /// Bit i is `next` - 1 - i.
    bits: u128,
}

impl Window {
    /// Whether the number comes for the first time.
    fn first(&mut self, number: u64) -> bool {
        if number >= self.next {
            let steps = u32::try_from(number - self.next + 1).unwrap_or(u32::MAX);
            self.bits = self.bits.checked_shl(steps).unwrap_or(0) | 1;
            self.next = number + 1;
            return true;
        }
        let bit = u32::try_from(self.next - 1 - number).ok().and_then(|age| 1u128.checked_shl(age));
        let new = bit.is_some_and(|bit| self.bits & bit == 0);
        self.bits |= bit.unwrap_or(0);
        new
    }
}

fn prologue(asks: &UserId, answers: &UserId) -> Vec<u8> {
    // Names hold no control characters, so nothing else reads like this.
    format!("{PROLOGUE}\n{asks}\n{answers}").into_bytes()
}

#[cfg(test)]
mod tests;
