//! Whole calls on one virtual clock: the shipped engine and the relay's shipped switchboard, with links that
//! lose, repeat, delay and break, clocks that run fast or slow, and devices and relays that crash.
//!
//! A call is a function of a [`Condition`] and a seed, so that each replays by number.

mod condition;
mod judge;
mod script;
mod table;
mod world;

pub use condition::{CONDITIONS, Condition};
pub use judge::{Fault, Verdict};
pub use table::{Row, percentile, run_row};
pub use world::{Replay, run_call};
