//! An HTTP POST to a loopback address.

mod request;
mod url;

pub(super) use request::{connects, post};
pub use url::{LoopbackUrl, LoopbackUrlError};
