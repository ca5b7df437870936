//! The tokio parts, clients of `adapter-std` and the relay, on the simulated network of [`turmoil`]: links that are
//! slow, cut, held up or deaf, a relay and devices that restart. What each device learned of its calls is compared
//! with what the others learned, as after a storm.
//!
//! A [run](run()) is a function of a [`Condition`] and a seed, so that each replays by number.

mod condition;
mod device;
mod mishap;
mod net;
mod run;
mod table;

pub use condition::{CONDITIONS, Condition, Trouble};
pub use run::{Run, judge, run};
pub use table::{Row, run_row};
