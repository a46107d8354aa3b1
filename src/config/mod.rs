//! The configuration: as written in YAML, as meant in types. The conversion is the only validation.

mod meant;

pub use meant::{Config, Credential, KeyDirectory, LogFormat, LogSettings};
