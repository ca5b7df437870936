//! Invitation signaling over tokio.

pub mod framing;
