//! Runs `checks/key.rs` on inputs of libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    checks::key::check(input);
});
