//! Any edits of real code: what follows them is what the text alone gives.

#![no_main]

libfuzzer_sys::fuzz_target!(init: weir_fuzz::prepare(), |session: weir_fuzz::Session| weir_fuzz::edits(&session));
