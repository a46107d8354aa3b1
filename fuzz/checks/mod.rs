//! What must hold for every input, one file a target. The fuzzer calls these functions with inputs of its own (`targets/`), and
//! `cargo test --test corpus` with the files in `corpus/`.

#![allow(unreachable_pub, reason = "public for the fuzzer's programs, and private in the test")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a check that fails must panic")]

pub mod configuration;
pub mod env;
pub mod hints;
pub mod jwks;
pub mod jwks_cache;
pub mod jwt;
pub mod key;
pub mod reply;
pub mod state_record;
pub mod status_request;
pub mod template;

mod base64url;
mod signed;
mod text;
mod world;

/// A check: returns how the program judged the input if everything holds, else panics.
pub type Check = fn(&[u8]) -> Judged;

/// How the program judged an input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judged {
    /// It was read.
    Accepted,
    /// It was refused, with a message.
    Refused,
    /// The check itself could not use it.
    Ignored,
}

/// Every check, under the name of its target and of its folder in `corpus/`.
pub const ALL: [(&str, Check); 11] = [
    ("configuration", configuration::check),
    ("env", env::check),
    ("hints", hints::check),
    ("jwks", jwks::check),
    ("jwks_cache", jwks_cache::check),
    ("jwt", jwt::check),
    ("key", key::check),
    ("reply", reply::check),
    ("state_record", state_record::check),
    ("status_request", status_request::check),
    ("template", template::check),
];
