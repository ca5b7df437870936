//! See `signaling_fuzz::framing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signaling_fuzz::framing(bytes));
