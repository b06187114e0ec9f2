//! Any bytes as words of a handshake and as a sealed frame.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| weir_fuzz::seal(data));
