//! Any comparison, regex, replacement and message in an otherwise good rule.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: weir_fuzz::Conditions| weir_fuzz::conditions(&input));
