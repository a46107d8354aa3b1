//! The issuer of a JWT, compared with a project.

use super::lenient::Lenient;

/// The `iss` claim.
pub(super) enum Issuer {
    /// Missing, null or empty.
    Absent,
    /// A text.
    Named(String),
    /// A value of another type.
    Unreadable,
}

impl Issuer {
    /// Reads the claim.
    pub(super) fn of(iss: &Lenient<'_>) -> Self {
        match iss.text() {
            Some(name) => Self::Named(name.to_owned()),
            None if iss.is_absent() => Self::Absent,
            None => Self::Unreadable,
        }
    }

    /// Whether the issuer is this project, or is absent.
    ///
    /// `iss` is either the bare project id, or a URL or path whose last or second-last segment is the project id
    /// (`https://api.descope.com/<project>`, `…/v1/apps/<project>`, `…/v1/apps/agentic/<project>/<app>`), as in Descope's
    /// Node SDK.
    pub(super) fn matches(&self, project: &str) -> bool {
        match self {
            Self::Absent => true,
            Self::Named(_) | Self::Unreadable => self.names(project),
        }
    }

    /// Whether the issuer is present and is this project.
    pub(super) fn names(&self, project: &str) -> bool {
        match self {
            Self::Named(name) => name.rsplit('/').take(2).any(|segment| segment == project),
            Self::Absent | Self::Unreadable => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_is_the_project_in_any_of_its_forms() {
        let of_project = |iss: &str| Issuer::of(&Lenient::of(iss.as_bytes())).matches("P2abc");
        for ours in [
            r#""P2abc""#,
            r#""https://api.descope.com/P2abc""#,
            r#""https://api.descope.com/P2abc/""#,
            r#""https://auth.example.com/v1/apps/P2abc""#,
            r#""/v1/apps/agentic/P2abc/MCP1""#,
            "null",
            r#""""#,
        ] {
            assert!(of_project(ours), "{ours}");
        }
        for foreign in [
            r#""P2abd""#,
            r#""p2abc""#,
            r#""xP2abc""#,
            r#""https://api.descope.com/P2abcd""#,
            r#""P2abc/a/b""#,
            "7",
            "true",
            r#"["P2abc"]"#,
            r#"{"a":"P2abc"}"#,
        ] {
            assert!(!of_project(foreign), "{foreign}");
        }
    }
}
