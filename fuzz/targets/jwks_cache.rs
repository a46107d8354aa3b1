//! Runs `checks/jwks_cache.rs` on inputs of libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    checks::jwks_cache::check(input);
});
