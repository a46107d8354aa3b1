//! The rules that a session can break.

use crate::exchange::ProjectId;

/// The rule that a session breaks.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BrokenRule {
    /// It has another issuer.
    #[error("the session was not issued by project `{project}`")]
    Issuer {
        /// The project that was expected.
        project: ProjectId,
    },
    /// It is a refresh token, which no reader may see.
    #[error("it is a refresh token and no session: its `drn` is `DSR`")]
    RefreshToken,
    /// Its `exp` is not later than the reply.
    #[error("it had expired by the server's own clock")]
    Expired,
    /// Its `nbf` is later than the reply.
    #[error("the session is not valid yet: its `nbf` is in the future by the server's own clock")]
    NotYetValid,
    /// Its `iat` is later than the reply.
    #[error("the session was issued in the future: its `iat` is later than the server's own clock")]
    IssuedLater,
    /// It is not a JWT, so it has no claims to compare.
    #[error("the token breaks the rules of `verify`: it is not a JWT")]
    Opaque,
    /// `verify.audience`.
    #[error("the session breaks the rule `verify.audience`: its `aud` is another one or missing")]
    Audience,
    /// `verify.tenant`.
    #[error("the session breaks the rule `verify.tenant`: its `dct` or `tenants` names another one or none")]
    Tenant,
    /// A rule of `verify.claims`.
    #[error("the session breaks the rule `verify.claims.{}`: the claim has another value or is missing", name.escape_debug())]
    Claim {
        /// The name of the claim.
        name: String,
    },
}
