//! What a doorbell and an answerer do, whatever board they are on. A board brings a panel, which shows what
//! happens, and something to press.
#![no_std]

mod answerer;
mod console;
mod doorbell;
mod push;
mod setup;
mod sign;

pub use answerer::{Answer, Answers, answerer};
pub use console::{greet, tell};
pub use doorbell::{Button, doorbell};
pub use push::{Bell, Push, YesNo};
pub use setup::{Memory, identity, whom};
pub use sign::{Panel, Sign};
