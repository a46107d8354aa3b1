//! What a session must be before it is published.

use crate::{exchange::ProjectId, session::Jwt};

/// The rules that a session must keep, besides a good signature. A reply that breaks one is garbled, and the old session
/// stays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expectation {
    /// Who must have issued it.
    pub issuer: ExpectedIssuer,
}

/// Who must have issued a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExpectedIssuer {
    /// This project, in any of the forms in which Descope writes it; a session that names no issuer passes.
    Project(ProjectId),
}

/// The rule that a session breaks.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BrokenRule {
    /// Somebody else issued it.
    #[error("the session is not of project `{project}`")]
    Issuer {
        /// The project that was expected.
        project: ProjectId,
    },
}

impl Expectation {
    /// Looks whether the claims of a session keep every rule.
    pub fn check(&self, jwt: &Jwt<'_>) -> Result<(), BrokenRule> {
        match &self.issuer {
            ExpectedIssuer::Project(project) if jwt.is_of_project(project.as_str()) => Ok(()),
            ExpectedIssuer::Project(project) => Err(BrokenRule::Issuer { project: project.clone() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"alg":"RS256"}` and `{"iss":"P2abc"}`.
    const OF_P2ABC: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJQMmFiYyJ9.c2ln";

    fn of_project(id: &str) -> Expectation {
        Expectation { issuer: ExpectedIssuer::Project(ProjectId::parse(id).unwrap()) }
    }

    #[test]
    fn a_session_of_another_project_breaks_the_rule_that_names_it() {
        let jwt = Jwt::parse(OF_P2ABC).unwrap();
        assert_eq!(of_project("P2abc").check(&jwt), Ok(()));
        let broken = of_project("P2other").check(&jwt).unwrap_err();
        assert_eq!(broken.to_string(), "the session is not of project `P2other`");
    }
}
