//! Any text as a pattern of any language: it compiles or says why not, and matches code within its time.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| weir_fuzz::patterns(data));
