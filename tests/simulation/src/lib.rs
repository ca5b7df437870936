//! Whole calls on one virtual clock: the shipped engine and the relay's shipped switchboard, with links that
//! lose, repeat, delay and break, clocks that run fast or slow, and devices and relays that crash.
//!
//! A [run] is a function of a [`Condition`] and a seed, so that each replays by number. Everything that people and
//! devices do and show is written down as a history of [notes](note), and the oracle, which reads nothing
//! else, says which [`Law`] was broken.

mod cast;
mod condition;
pub mod note;
mod oracle;
mod script;
mod table;
mod world;

pub use cast::{INVITEES, Member, Who};
pub use condition::{CONDITIONS, Condition, Crash, Plot};
pub use oracle::{Fault, Law, Verdict};
pub use script::Press;
pub use table::{Row, percentile, run_row};
pub use world::{Record, Run, judge, run};
