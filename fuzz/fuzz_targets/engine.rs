//! See `signaling_fuzz::engine`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signaling_fuzz::engine(bytes));
