//! Runs `checks/status_request.rs` on inputs of libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    checks::status_request::check(input);
});
