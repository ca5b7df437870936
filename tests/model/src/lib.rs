//! Small worlds in which the shipped machine of `signaling-core` is run through everything that can happen:
//! messages lost, repeated and reordered, timers at any moment, devices that crash, people who press.
//!
//! A [`config::Config`] says what a world holds. [`Model`] makes its steps: it delivers any message that was
//! ever sent, now, later, again or never; the machine does the rest; a witness notes what every application
//! is told. After each step [`properties`] are judged, and from every world a fair schedule without loss has
//! to end definite, agreed and quiet. [`checker`] searches all of it with stateright; [`bfs`] finds the
//! shortest [`story`] of whatever is wrong, also of the [`variants`] in which one rule is swapped out.
//!
//! Time is not modelled: every armed timer may go off at any moment, and has to have been started. T_keep is the
//! inviter forgetting at any moment, and in the healing schedule it never comes. Numbers are bounded by the
//! configuration. Worlds are told apart by 64-bit hashes.
//!
//! ```text
//! cargo run --release -p model                            # the quick set
//! cargo run --release -p model -- check --full            # all of it, as far as the bounds go
//! cargo run --release -p model -- check --config NAME
//! RUSTFLAGS='--cfg broken="any"' cargo run --release -p model --target-dir target/broken -- variants
//! ```

pub mod act;
pub mod bfs;
pub mod checker;
pub mod config;
pub mod configs;
pub mod draw;
mod effects;
mod heal;
pub mod hunt;
pub mod many;
mod model;
mod names;
pub mod network;
pub mod properties;
mod prune;
mod relay;
pub mod space;
pub mod story;
mod turn;
pub mod variants;
mod watch;
pub mod world;

pub use model::{Model, SIGHTS};

#[cfg(test)]
mod tests;
