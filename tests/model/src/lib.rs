//! Small worlds in which the shipped machine of `signaling-core` is run through everything that can happen:
//! messages lost, repeated and reordered, timers at any moment, devices that crash, people who press.
//!
//! [`Model`] is such a world for a checker, [`bfs`] finds the shortest story of whatever is wrong.

pub mod act;
pub mod bfs;
pub mod checker;
pub mod config;
pub mod configs;
mod effects;
mod heal;
mod model;
pub mod network;
pub mod properties;
mod prune;
mod relay;
pub mod story;
mod turn;
pub mod variants;
mod watch;
pub mod world;

pub use model::{Model, SIGHTS};
