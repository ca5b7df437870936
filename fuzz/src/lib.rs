//! What is fuzzed, and what must hold whatever comes. Each target is a function of bytes that panics when
//! something does not hold; `cargo xtask fuzz` gives them to libFuzzer, and `tests/seeds.rs` gives them the
//! checked-in seeds, on the stable toolchain.
#![forbid(unsafe_code)]

mod decode;
mod engine;
mod framing;
mod json;
#[path = "../../crates/signaling-core/tests/json/oracle.rs"]
mod oracle;
mod session;
mod switchboard;

pub use decode::decode;
pub use engine::engine;
pub use framing::framing;
pub use json::json;
pub use session::session;
pub use switchboard::switchboard;

/// A target: its name, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All targets, in the order in which they are run.
pub const TARGETS: [Target; 6] = [
    ("decode", decode),
    ("json", json),
    ("framing", framing),
    ("engine", engine),
    ("switchboard", switchboard),
    ("session", session),
];
