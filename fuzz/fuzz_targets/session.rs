//! See `signaling_fuzz::session`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signaling_fuzz::session(bytes));
