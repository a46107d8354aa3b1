//! Runs `checks/state_record.rs` on inputs of libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    checks::state_record::check(input);
});
