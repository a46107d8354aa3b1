//! Runs `checks/env.rs` on inputs of libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    checks::env::check(input);
});
