//! The memory of a device, which its application owns.

use core::cell::RefCell;
use core::fmt;

use signaling_core::wire::line::CRC;
use signaling_core::{Bytes, Config, Device, Engine, Fixed, GroupId, Label, UserId, largest_frame};

use crate::clock::now;
use crate::events::Events;
use crate::runner::Runner;
use crate::session::Session;
use crate::shared::{Core, Shared};
use crate::signaling::{Caller, Signaling};
use crate::view::Told;

/// What a Hello takes besides the token: two names at their longest, a device, and numbers.
const HELLO: usize = 80;

/// What `FRAME` has to be for every invitation with that many invitees and bytes of data, and the names as long as
/// they may be. With short names, half of it does.
///
/// ```
/// // A doorbell that rings up to four people, and says "front door".
/// const FRAME: usize = adapter_embassy::frame_size(4, 16);
/// assert_eq!(FRAME, 688);
/// ```
pub const fn frame_size(invitees: usize, bytes: usize) -> usize {
    largest_frame(invitees, bytes) + CRC
}

/// Who a device is.
#[derive(Clone)]
pub struct Identity {
    /// The user, the device and its run, and how patient it is (protocol section 7).
    ///
    /// An epoch must never repeat: give one from a counter that is stored, or from a true random number
    /// generator. With 0 it is drawn from what the relay says, and nothing can be invited before that.
    pub config: Config,
    /// What people call it.
    pub label: Label,
    /// What proves it to the relay: a token, or "" where none is asked for.
    pub token: &'static str,
    /// The group that it belongs to: it joins it with each link, and makes it if there is none. Without a relay, none.
    pub group: Option<GroupId>,
}

impl Identity {
    /// A device without a label, a token and a group.
    pub fn new(user: UserId, device: Device) -> Self {
        Self { config: Config::new(user, device), label: Label::default(), token: "", group: None }
    }
}

impl fmt::Debug for Identity {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("config", &self.config)
            .field("label", &self.label)
            .field("group", &self.group)
            .finish_non_exhaustive()
    }
}

/// Why a device cannot start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The Hello with this token would not fit a frame: take a larger `FRAME`.
    TokenTooLong {
        /// The most bytes that it may have.
        limit: usize,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TokenTooLong { limit } => {
                write!(f, "the token is longer than {limit} bytes: give the resources a larger FRAME")
            }
        }
    }
}

impl core::error::Error for StartError {}

/// An engine whose rows stay where they are.
type InStatic<const ROWS: usize, const I: usize, const D: usize, const BYTES: usize> =
    Engine<&'static mut Fixed<ROWS, I, D, BYTES>, Bytes<BYTES>, I, D>;

/// An `Option` that is zero while it is empty, whatever `T` is.
#[repr(u8)]
enum Place<T> {
    Empty = 0,
    Full(T) = 1,
}

impl<T> Place<T> {
    fn fill(&mut self, value: T) -> &mut T {
        *self = Self::Full(value);
        let Self::Full(value) = self else { unreachable!("it was filled above") };
        value
    }
}

/// An engine that stays where it is, and its runner.
type Booted<const ROWS: usize, const I: usize, const D: usize, const BYTES: usize> =
    (&'static RefCell<InStatic<ROWS, I, D, BYTES>>, Runner<'static>);

/// The memory of a device: `ROWS` invitations of up to `I` invitees with `D` devices each and `BYTES` bytes
/// of data, and frames of up to `FRAME` bytes ([`frame_size`]), at least 256. Put it into a static.
///
/// ```
/// use adapter_embassy::{Device, Identity, Resources, UserId};
/// use static_cell::ConstStaticCell;
///
/// static MEMORY: ConstStaticCell<Resources<4, 4, 2, 64, 512>> = ConstStaticCell::new(Resources::new());
///
/// let identity = Identity::new(UserId::new("door").unwrap(), Device { id: 0xd004, epoch: 0 });
/// let (signaling, runner, events) = MEMORY.take().start(identity).unwrap();
/// # let _ = (signaling, runner, events);
/// ```
///
/// They take, beside the rows, three frames, and a copy of one invitation for who reads the events.
pub struct Resources<
    const ROWS: usize,
    const I: usize,
    const D: usize,
    const BYTES: usize,
    const FRAME: usize,
> {
    rows: Fixed<ROWS, I, D, BYTES>,
    engine: Place<RefCell<InStatic<ROWS, I, D, BYTES>>>,
    told: Place<RefCell<Told<I, BYTES>>>,
    shared: Place<Shared>,
    rx: [u8; FRAME],
    tx: [u8; FRAME],
    reply: [u8; FRAME],
}

impl<const ROWS: usize, const I: usize, const D: usize, const BYTES: usize, const FRAME: usize> Default
    for Resources<ROWS, I, D, BYTES, FRAME>
{
    fn default() -> Self {
        Self::new()
    }
}

impl<const ROWS: usize, const I: usize, const D: usize, const BYTES: usize, const FRAME: usize>
    Resources<ROWS, I, D, BYTES, FRAME>
{
    /// Memory that nobody uses yet. It is all zero: as the value of a static it takes no flash, and never passes over
    /// the stack.
    pub const fn new() -> Self {
        const {
            assert!(ROWS > 0 && I > 0 && D > 0, "a device needs a row, an invitee and a device of his");
            assert!(FRAME >= 256, "a relay sends frames of up to 256 bytes without asking");
        }
        let (rx, tx, reply) = ([0; FRAME], [0; FRAME], [0; FRAME]);
        let (engine, told, shared) = (Place::Empty, Place::Empty, Place::Empty);
        Self { rows: Fixed::new(), engine, told, shared, rx, tx, reply }
    }

    /// Starts a device in this memory. Nothing happens until the runner runs.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(
        &'static mut self,
        identity: Identity,
    ) -> Result<(Signaling<'static>, Runner<'static>, Events<'static>), StartError> {
        let (engine, runner) = self.boot(identity)?;
        let core = runner.core;
        Ok((Signaling { caller: Caller(core), engine }, runner, Events(core)))
    }

    /// The same for a device that only calls: a program that answers and modifies nothing is smaller by 2 000 bytes
    /// of code.
    ///
    /// ```
    /// # use adapter_embassy::{Device, Identity, Invite, Resources, UserId};
    /// # use static_cell::ConstStaticCell;
    /// # static MEMORY: ConstStaticCell<Resources<4, 4, 2, 64, 512>> = ConstStaticCell::new(Resources::new());
    /// let identity = Identity::new(UserId::new("door").unwrap(), Device { id: 0xd004, epoch: 1 });
    /// let (caller, runner, events) = MEMORY.take().start_caller(identity).unwrap();
    /// let id = caller.invite(&Invite { invitees: &["bob"], ..Invite::default() }).unwrap();
    /// assert!(caller.status(id).is_some_and(|status| !status.over));
    /// # let _ = (runner, events);
    /// ```
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start_caller(
        &'static mut self,
        identity: Identity,
    ) -> Result<(Caller<'static>, Runner<'static>, Events<'static>), StartError> {
        let (_, runner) = self.boot(identity)?;
        let core = runner.core;
        Ok((Caller(core), runner, Events(core)))
    }

    fn boot(&'static mut self, identity: Identity) -> Result<Booted<ROWS, I, D, BYTES>, StartError> {
        let Identity { config, label, token, group } = identity;
        let limit = FRAME - HELLO;
        if token.len() > limit {
            return Err(StartError::TokenTooLong { limit });
        }
        #[allow(clippy::cast_possible_truncation)] // any part of the seed will do
        let session = Session::new(now(), config.seed as u32, group);
        let largest = u32::try_from(FRAME - CRC).unwrap_or(u32::MAX);
        let engine = &*self.engine.fill(RefCell::new(Engine::new(config, &mut self.rows)));
        let core = Core {
            engine,
            told: self.told.fill(RefCell::default()),
            shared: self.shared.fill(Shared::new(session, label, token, largest)),
        };
        Ok((engine, Runner { core, rx: &mut self.rx, tx: &mut self.tx, reply: &mut self.reply }))
    }
}

#[cfg(test)]
mod tests {
    use signaling_core::machine::{Kind, Rev};
    use signaling_core::wire::{
        AnswerData, Deliver, Frame, From, ReportMessage, Send, SlotEntry, Target, encode_report, encode_send,
    };
    use signaling_core::{InviteId, Slot};

    use super::*;

    const NAME: &str = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";
    const GROUP: &str = "gggggggggggggggggggggggggggggggggggggggggggggggg";
    const LABEL: &str = "llllllllllllllllllllllll";
    const DEVICE: Device = Device { id: u64::MAX, epoch: u32::MAX };
    const KEY: InviteId = InviteId { origin: DEVICE, sequence: u32::MAX };

    fn report(invitees: usize, data: &[u8], buf: &mut [u8]) -> usize {
        let message = ReportMessage {
            kind: Kind::Invite,
            remaining: Some(86_400_000),
            rev: Rev { number: u16::MAX, author: DEVICE },
            run: u32::MAX,
            echo: u32::MAX,
            modify: Some((u32::MAX, u16::MAX)),
            online_only: true,
            group: Some(GROUP),
            data: Some(data),
            answer: Some(AnswerData { slot: 1, label: LABEL, data }),
            slots: Default::default(),
        };
        let entry = SlotEntry { user: NAME, slot: Slot::Accepted(DEVICE), data: true };
        encode_report(buf, &message, core::iter::repeat_n(entry, invitees)).unwrap()
    }

    /// The largest Send, and the largest Deliver.
    fn largest(invitees: usize, bytes: usize) -> (usize, usize) {
        let (mut buf, mut body) = ([0; 16_384], [0; 16_384]);
        let data = &[7; 1024][..bytes];
        let len = report(invitees, data, &mut body);
        let body = &body[..len];
        let send = Send {
            key: KEY,
            ver: u32::MAX,
            to: Target::Users(Default::default()),
            group: Some(GROUP),
            online_only: false,
            ttl: u32::MAX,
            push: Some(data),
            body: &[],
        };
        let users = core::iter::repeat_n(NAME, invitees + 1);
        let send = encode_send(&mut buf, &send, users, |buf| Ok(report(invitees, data, buf))).unwrap();
        let from = From { user: NAME, device: DEVICE, label: LABEL };
        let (group, dwell) = (Some(GROUP), u32::MAX);
        let deliver = Deliver { key: KEY, from, group, to_users: true, dwell, body: Some(body) };
        (send, Frame::Deliver(deliver).encode(&mut buf).unwrap())
    }

    #[test]
    fn frames_of_the_planned_size_hold_everything() {
        for invitees in [1, 2, 4, 8, 32, 64] {
            for bytes in [0, 16, 64, 200, 1024] {
                let (send, deliver) = largest(invitees, bytes);
                let room = frame_size(invitees, bytes) - CRC;
                assert!(deliver <= room && (room - 80..=room).contains(&send), "{send} {deliver} in {room}");
            }
        }
    }

    #[test]
    fn a_hello_needs_what_the_token_leaves() {
        let hello = signaling_core::wire::Hello {
            user: NAME,
            device: DEVICE,
            label: LABEL,
            largest: u32::MAX,
            token: core::str::from_utf8(&[b't'; 1000]).unwrap(),
        };
        let len = Frame::Hello(hello).encode(&mut [0; 2000]).unwrap();
        assert!((HELLO - 1..=HELLO).contains(&(len - 1000)), "{len}");
    }
}
