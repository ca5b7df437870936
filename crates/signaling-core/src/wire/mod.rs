//! What travels: frames of a link and, inside them, the end-to-end messages (protocol sections 3 and 4).
//!
//! Both begin with a version byte. The rest is the postcard encoding of plain structs, with one addition: a
//! frame's body is simply the rest of the frame. Decoding borrows from the input, checks every limit, and
//! gives a [`DecodeError`] for anything else, never a panic.

mod codec;
mod frame;
pub mod line;
mod message;

pub(crate) use codec::bytes;
pub use codec::{DecodeError, Item, List, NoRoom};
pub use frame::{
    Deliver, Fanout, FanoutUser, Frame, From, GroupAnswer, GroupOp, GroupReply, GroupRequest, Hello, Limits,
    MAX_DEVICES, MAX_MEMBERS, MAX_RECIPIENTS, Reach, Refusal, Refused, Send, Target, Welcome, encode_fanout,
    encode_group_reply, encode_ping, encode_pong, encode_send,
};
pub use message::{Ack, AnswerData, Message, ReportMessage, SlotEntry, StanceMessage, encode_report};
pub(crate) use message::{Brief, repeats};

/// The version of frames and messages that this crate speaks.
pub const VERSION: u8 = 1;

/// The most invitees of an invitation on the wire.
pub const MAX_INVITEES: usize = 64;

/// The most bytes of a body that an engine sends: two payloads of [`MAX_DATA`](crate::MAX_DATA), and the names
/// of [`MAX_INVITEES`].
pub const MAX_BODY: usize = 28 * 1024;

/// The most bytes of a frame that an engine sends: a body, a push, and the recipients.
pub const MAX_FRAME: usize = 32 * 1024;
