//! A session: the short-lived JWT, its claims, and its lifetime as granted by the server.

mod issuer;
pub(crate) mod json_object;
mod jwk;
mod jwks;
mod jwt;
pub(crate) mod lenient;
mod life;
mod model;
pub(crate) mod not_an_object;
mod pinned_keys;
mod public_key;
mod reply_field;
mod reply_fields;
mod reply_shape;
#[cfg(test)]
mod signed;
mod spki;

pub use jwks::{Jwks, KEYS_MAX, NotAJwks, SignatureVerdict};
pub use jwt::{JWT_BYTES_MAX, Jwt, NotAJwt};
pub use life::{Ends, GrantNote, life};
pub use model::{Claims, Granted, NAME_BYTES_MAX, Session, Signer, Times};
pub use pinned_keys::{NoPublicKey, PinnedKeys};
pub use reply_field::ReplyField;
pub use reply_fields::{FIELDS_BYTES_MAX, ReplyFields};
