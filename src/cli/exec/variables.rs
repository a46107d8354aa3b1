//! Environment variables that the program gets: the paths of its token files and, if requested by name, a token itself.

use std::{borrow::Cow, collections::BTreeSet, ffi::OsStr, str::FromStr};

use crate::{
    config::{Config, looks_like_a_secret},
    daemon::Daemon,
};

/// A variable requested with `--token-env`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TokenVariable {
    name: String,
    /// The credential whose token it contains; `None` for the only one.
    credential: Option<String>,
}

/// Why a text is no argument of `--token-env`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum NotATokenVariable {
    #[error(
        "a variable name consists of letters, digits and `_`, and does not begin with a digit; write `NAME` or \
         `NAME=CREDENTIAL`"
    )]
    Name,
    #[error("the credential after `=` is missing; write `NAME=CREDENTIAL`, or `NAME` if there is only one")]
    NoCredential,
}

impl FromStr for TokenVariable {
    type Err = NotATokenVariable;

    fn from_str(text: &str) -> Result<Self, NotATokenVariable> {
        let (name, credential) = match text.split_once('=') {
            Some((name, credential)) => (name, Some(credential.to_owned())),
            None => (text, None),
        };
        let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(is_legal) || name.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(NotATokenVariable::Name);
        }
        if credential.as_ref().is_some_and(String::is_empty) {
            return Err(NotATokenVariable::NoCredential);
        }
        Ok(Self { name: name.to_owned(), credential })
    }
}

/// Why the program cannot get its variables, with the remedy.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum VariableError {
    #[error("`--token-env` names `{variable}` twice; leave one out")]
    Twice { variable: String },
    #[error(
        "`--token-env {variable}={wanted}`: there is no such credential; the credentials are: {}",
        known.join(", ")
    )]
    UnknownCredential { variable: String, wanted: String, known: Vec<String> },
    #[error("`--token-env {variable}`: there is no credential; configure one")]
    NoCredential { variable: String },
    #[error(
        "`--token-env {variable}`: there is more than one credential; write `{variable}=` and one of {}",
        known.join(", ")
    )]
    SeveralCredentials { variable: String, known: Vec<String> },
    #[error("there is no token of credential `{credential}` yet; see the log for why")]
    NoToken { credential: String },
}

/// All variables that are added to the program's environment.
#[derive(Debug)]
pub(super) struct Variables(Vec<TokenVariable>);

/// The name and the value of a variable. A token is borrowed, so that no copy of it is made.
pub(super) type Variable<'d> = (Cow<'d, str>, Cow<'d, OsStr>);

impl Variables {
    /// Checks the requested variables against the configuration. Credentials of key folders are checked when the
    /// program starts.
    pub(super) fn new(requested: Vec<TokenVariable>, config: &Config) -> Result<Self, VariableError> {
        let mut names = BTreeSet::new();
        for variable in &requested {
            if !names.insert(&variable.name) {
                return Err(VariableError::Twice { variable: variable.name.clone() });
            }
            if config.key_directories.is_empty() {
                let known: Vec<_> = config.credentials.iter().map(|credential| credential.name.as_str()).collect();
                variable.resolve(&known)?;
            }
        }
        Ok(Self(requested))
    }

    /// Returns the current values.
    pub(super) fn values<'d>(&'d self, daemon: &'d Daemon) -> Result<Vec<Variable<'d>>, VariableError> {
        let credentials = daemon.report().credentials;
        let only = credentials.len() == 1;
        let mut values: Vec<Variable> = Vec::new();
        for credential in &credentials {
            let Some(output) = credential.outputs.first() else { continue };
            let path = || Cow::Owned(output.path.clone().into_os_string());
            values.push((file_variable(&credential.name).into(), path()));
            if only {
                values.push((ONLY_FILE.into(), path()));
            }
        }
        let names: Vec<_> = credentials.iter().map(|credential| credential.name.as_str()).collect();
        for variable in &self.0 {
            let name = variable.resolve(&names)?;
            let session = daemon.session(name).ok_or_else(|| VariableError::NoToken { credential: name.to_owned() })?;
            values.push((variable.name.as_str().into(), Cow::Borrowed(OsStr::new(session.jwt.expose()))));
        }
        Ok(values)
    }
}

impl TokenVariable {
    /// Returns the credential whose token the variable contains.
    fn resolve<'c>(&self, known: &[&'c str]) -> Result<&'c str, VariableError> {
        let all = || known.iter().take(NAMED_MAX).map(|name| (*name).to_owned()).collect();
        let variable = || self.name.clone();
        match (&self.credential, known) {
            (Some(wanted), _) => known.iter().find(|known| *known == wanted).copied().ok_or_else(|| {
                let wanted = if looks_like_a_secret(wanted) { HIDDEN } else { wanted }.to_owned();
                VariableError::UnknownCredential { variable: variable(), wanted, known: all() }
            }),
            (None, []) => Err(VariableError::NoCredential { variable: variable() }),
            (None, [only]) => Ok(only),
            (None, _) => Err(VariableError::SeveralCredentials { variable: variable(), known: all() }),
        }
    }
}

/// Returns the name of the variable with the path of a credential's first output.
fn file_variable(credential: &str) -> String {
    format!("TOKENWELL_{}_FILE", credential.to_ascii_uppercase().replace('-', "_"))
}

const ONLY_FILE: &str = "DESCOPE_SESSION_TOKEN_FILE";

const HIDDEN: &str = "(not shown: it may be a secret)";

/// How many credentials an error lists.
const NAMED_MAX: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_named_after_its_credential() {
        assert_eq!(file_variable("billing-eu-1"), "TOKENWELL_BILLING_EU_1_FILE");
    }

    #[test]
    fn an_illegal_variable_name_is_refused() {
        let read = |text: &str| text.parse::<TokenVariable>();
        let variable = |name: &str, credential: Option<&str>| {
            Ok(TokenVariable { name: name.to_owned(), credential: credential.map(str::to_owned) })
        };
        assert_eq!(read("API_TOKEN2"), variable("API_TOKEN2", None));
        assert_eq!(read("_t=billing-eu"), variable("_t", Some("billing-eu")));
        for wrong in ["", "=", "=a", "A=", "2A", "A-B", "A B=c", "Ä"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_variable_that_could_mean_several_credentials_is_refused() {
        let resolve = |text: &str, known: &[&'static str]| text.parse::<TokenVariable>().unwrap().resolve(known);
        assert_eq!(resolve("T", &["a"]), Ok("a"));
        assert_eq!(resolve("T=b", &["a", "b"]), Ok("b"));
        assert_eq!(
            resolve("T", &["a", "b"]).unwrap_err().to_string(),
            "`--token-env T`: there is more than one credential; write `T=` and one of a, b"
        );
        assert_eq!(
            resolve("T=c", &["a", "b"]).unwrap_err().to_string(),
            "`--token-env T=c`: there is no such credential; the credentials are: a, b"
        );
        assert_eq!(
            resolve("T", &[]).unwrap_err().to_string(),
            "`--token-env T`: there is no credential; configure one"
        );
    }
}
