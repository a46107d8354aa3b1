//! A session: the short-lived JWT, its claims, and its lifetime as granted by the server.

mod issuer;
mod jwks;
mod jwt;
pub(crate) mod lenient;
mod life;
mod model;
mod reply_field;

pub use jwks::{Jwks, KEYS_MAX, NotAJwks, SignatureVerdict};
pub use jwt::{JWT_BYTES_MAX, Jwt, NotAJwt};
pub use life::{Ends, GrantNote, life};
pub use model::{Claims, Granted, Session, Signer, Times};
pub use reply_field::{ReplyField, ReplyFields};
