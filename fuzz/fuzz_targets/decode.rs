//! See `signaling_fuzz::decode`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signaling_fuzz::decode(bytes));
