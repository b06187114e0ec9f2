//! Any bytes as what one process says to another.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| weir_fuzz::frames(data));
