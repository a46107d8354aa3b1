//! The rules that a session must meet before it is published.

use std::{collections::BTreeSet, time::Duration};

use super::{broken_rule::BrokenRule, rules::Rules};
use crate::{
    exchange::ProjectId,
    session::{Jwt, ReplyField, Signer},
};

/// The rules for a session, in addition to a valid signature. A reply that breaks one is garbled, and the old session
/// is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expectation {
    /// The expected issuer.
    pub issuer: ExpectedIssuer,
    /// The rules of `verify`.
    pub rules: Rules,
    /// The fields of the reply that outputs name.
    pub fields: BTreeSet<ReplyField>,
}

/// The expected issuer of a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExpectedIssuer {
    /// This project, in any of Descope's forms of it. A session without an issuer is accepted.
    Project(ProjectId),
    /// Any issuer, and even a token that is not a JWT. A token that names this project as its issuer is verified with the
    /// project's public keys.
    Any(ProjectId),
}

impl ExpectedIssuer {
    /// Returns the project of the configuration.
    pub(super) fn project(&self) -> &ProjectId {
        match self {
            Self::Project(project) | Self::Any(project) => project,
        }
    }
}

impl Expectation {
    /// Checks the claims of a session against every rule. `date` is the time of the reply by the server's clock, since the
    /// Unix epoch; without it, `exp`, `nbf` and `iat` are not checked.
    ///
    /// Descope's SDKs reject a session whose `nbf` or `iat` is more than [`LEEWAY`] in the future.
    pub fn check(&self, jwt: &Jwt<'_>, date: Option<Duration>) -> Result<(), BrokenRule> {
        match &self.issuer {
            ExpectedIssuer::Project(project) if !jwt.is_of_project(project.as_str()) => {
                return Err(BrokenRule::Issuer { project: project.clone() });
            }
            ExpectedIssuer::Project(_) | ExpectedIssuer::Any(_) => {}
        }
        if jwt.is_refresh_token {
            return Err(BrokenRule::RefreshToken);
        }
        if jwt.expires_at.zip(date).is_some_and(|(end, date)| end <= date) {
            return Err(BrokenRule::Expired);
        }
        let is_later =
            |time: Option<Duration>| time.zip(date).is_some_and(|(time, date)| time > date.saturating_add(LEEWAY));
        if is_later(jwt.not_before) {
            return Err(BrokenRule::NotYetValid);
        }
        if is_later(jwt.issued_at) {
            return Err(BrokenRule::IssuedLater);
        }
        if self.rules.is_empty() {
            return Ok(());
        }
        self.rules.check(&jwt.all_claims())
    }

    /// Checks a token that is not a JWT, which meets no rule for claims.
    pub(super) fn check_opaque(&self) -> Result<(), BrokenRule> {
        if self.rules.is_empty() { Ok(()) } else { Err(BrokenRule::Opaque) }
    }

    /// Returns whose public keys verify a session.
    pub(super) fn signer(&self, jwt: &Jwt<'_>) -> Signer {
        match &self.issuer {
            ExpectedIssuer::Project(_) => Signer::Project,
            ExpectedIssuer::Any(project) if jwt.names_project(project.as_str()) => Signer::Project,
            ExpectedIssuer::Any(_) => Signer::Unknown,
        }
    }
}

/// How far clocks of servers may differ, as in Descope's SDKs.
const LEEWAY: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"alg":"RS256"}` and `{"iss":"P2abc"}`.
    const OF_P2ABC: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJQMmFiYyJ9.c2ln";

    #[test]
    fn an_opaque_token_meets_no_rule_for_claims() {
        let any = |rules| Expectation {
            issuer: ExpectedIssuer::Any(ProjectId::parse("P2abc").unwrap()),
            rules,
            fields: BTreeSet::new(),
        };
        assert_eq!(any(Rules::default()).check_opaque(), Ok(()));
        let rules = Rules { audience: Some("my-api".to_owned()), ..Rules::default() };
        assert_eq!(any(rules).check_opaque(), Err(BrokenRule::Opaque));
    }

    #[test]
    fn only_tokens_that_name_the_project_are_verified_by_its_keys() {
        let any = |id| Expectation {
            issuer: ExpectedIssuer::Any(ProjectId::parse(id).unwrap()),
            rules: Rules::default(),
            fields: BTreeSet::new(),
        };
        // `{"alg":"RS256"}` and `{}`.
        let without_issuer = Jwt::parse("eyJhbGciOiJSUzI1NiJ9.e30.c2ln").unwrap();
        let jwt = Jwt::parse(OF_P2ABC).unwrap();
        assert_eq!(any("P2abc").signer(&jwt), Signer::Project);
        assert_eq!(any("P2other").signer(&jwt), Signer::Unknown);
        assert_eq!(any("P2abc").signer(&without_issuer), Signer::Unknown);
        assert_eq!(of_project("P2abc").signer(&without_issuer), Signer::Project);
    }

    fn of_project(id: &str) -> Expectation {
        let issuer = ExpectedIssuer::Project(ProjectId::parse(id).unwrap());
        Expectation { issuer, rules: Rules::default(), fields: BTreeSet::new() }
    }

    #[test]
    fn a_session_of_another_project_breaks_the_rule_that_names_it() {
        let jwt = Jwt::parse(OF_P2ABC).unwrap();
        assert_eq!(of_project("P2abc").check(&jwt, None), Ok(()));
        let broken = of_project("P2other").check(&jwt, None).unwrap_err();
        assert_eq!(broken.to_string(), "the session was not issued by project `P2other`");
    }
}
