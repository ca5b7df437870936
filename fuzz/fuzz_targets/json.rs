//! See `signaling_fuzz::json`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signaling_fuzz::json(bytes));
