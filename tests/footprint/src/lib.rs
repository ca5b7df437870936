//! Every public operation of `signaling-core`, called once.
//!
//! `cargo xtask no-panic` links this for two chips and looks for panics; `cargo xtask size` weighs it; and
//! `cargo xtask api` reads the sources and names what is in the core's listing and not called here. That is why
//! each call is spelt `Type::operation`.
#![no_std]
#![warn(missing_docs)]

pub mod engine;
#[cfg(feature = "json")]
pub mod json;
#[cfg(feature = "machine")]
pub mod machine;
#[cfg(feature = "texts")]
pub mod texts;
#[cfg(feature = "wire")]
pub mod wire;

/// Keeps the compiler from leaving out a call whose result nobody needs.
fn keep<T>(value: T) {
    core::hint::black_box(value);
}

/// A value that the compiler knows nothing of.
fn any<T>(value: T) -> T {
    core::hint::black_box(value)
}
