//! See `signaling_fuzz::switchboard`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signaling_fuzz::switchboard(bytes));
