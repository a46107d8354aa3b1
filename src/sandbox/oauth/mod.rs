//! The OAuth token endpoint.

mod client;
mod error;
mod form;
mod request;

pub(super) use self::request::TokenRequest;
