//! What the switchboard does, told as stories with a virtual clock.

mod fanout;
mod groups;
mod hello;
mod limits;
mod store;
mod tokens;
mod world;
