//! Recordings of V2TIM clients, replayed over real endpoints of ours and compared.

mod callback;
mod compare;
mod message;
mod recording;
mod replay;
mod report;
mod rules;
mod world;

pub use callback::{Callback, Kind};
pub use compare::{Difference, Finding, Row, TOLERANCE, compare};
pub use message::{accepted, rewritten, signaling_info, written};
pub use recording::{Added, Answer, Command, Entry, Invite, Note, ReadError, Recording, Step, Verb, user};
pub use replay::{Replay, play};
pub use report::{Report, check};
pub use rules::{RULES, Rule};
pub use world::{DONE, Device, Told, World};

/// The code in `docs/v2tim.md` is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/v2tim.md")]
pub struct ForWhoKnowsV2tim;
