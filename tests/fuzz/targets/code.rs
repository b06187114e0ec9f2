//! Any text as code of any language, under all rules we ship.

#![no_main]

libfuzzer_sys::fuzz_target!(init: weir_fuzz::prepare(), |data: &[u8]| weir_fuzz::code(data));
