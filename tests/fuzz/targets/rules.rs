//! Any text as a rule file: it compiles or says why not, and what compiles runs.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| weir_fuzz::rules(data));
