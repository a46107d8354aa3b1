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

impl FromStr for TokenVariable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, credential) = match text.split_once('=') {
            Some((name, credential)) => (name, Some(credential.to_owned())),
            None => (text, None),
        };
        let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(is_legal) || name.starts_with(|first: char| first.is_ascii_digit()) {
            return Err("a variable name consists of letters, digits and `_`, and does not begin with a digit; write `NAME` or \
            `NAME=CREDENTIAL`"
                .to_owned());
        }
        if credential.as_ref().is_some_and(String::is_empty) {
            return Err("the credential after `=` is missing; write `NAME=CREDENTIAL`, or `NAME` if there is only one"
                .to_owned());
        }
        Ok(Self { name: name.to_owned(), credential })
    }
}

/// All variables that are added to the program's environment.
#[derive(Debug)]
pub(super) struct Variables(Vec<TokenVariable>);

/// The name and the value of a variable. A token is borrowed, so that no copy of it is made.
pub(super) type Variable<'d> = (Cow<'d, str>, Cow<'d, OsStr>);

impl Variables {
    /// Checks the requested variables against the configuration. Credentials of key folders are checked when the
    /// program starts.
    pub(super) fn new(requested: Vec<TokenVariable>, config: &Config) -> Result<Self, String> {
        let mut names = BTreeSet::new();
        for variable in &requested {
            if !names.insert(&variable.name) {
                return Err(format!("`--token-env` names `{}` twice; leave one out", variable.name));
            }
            if config.key_directories.is_empty() {
                let known: Vec<_> = config.credentials.iter().map(|credential| credential.name.as_str()).collect();
                variable.resolve(&known)?;
            }
        }
        Ok(Self(requested))
    }

    /// Returns the current values.
    pub(super) fn values<'d>(&'d self, daemon: &'d Daemon) -> Result<Vec<Variable<'d>>, String> {
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
            let session = daemon
                .session(name)
                .ok_or_else(|| format!("there is no token of credential `{name}` yet; see the log for why"))?;
            values.push((variable.name.as_str().into(), Cow::Borrowed(OsStr::new(session.jwt.expose()))));
        }
        Ok(values)
    }
}

impl TokenVariable {
    /// Returns the credential whose token the variable contains.
    fn resolve<'c>(&self, known: &[&'c str]) -> Result<&'c str, String> {
        let all = || known.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(", ");
        let name = &self.name;
        match (&self.credential, known) {
            (Some(wanted), _) => known.iter().find(|known| *known == wanted).copied().ok_or_else(|| {
                let shown = if looks_like_a_secret(wanted) { "(not shown: it may be a secret)" } else { wanted };
                format!("`--token-env {name}={shown}`: there is no such credential; the credentials are: {}", all())
            }),
            (None, []) => Err(format!("`--token-env {name}`: there is no credential; configure one")),
            (None, [only]) => Ok(only),
            (None, _) => Err(format!(
                "`--token-env {name}`: there is more than one credential; write `{name}=` and one of {}",
                all()
            )),
        }
    }
}

/// Returns the name of the variable with the path of a credential's first output.
fn file_variable(credential: &str) -> String {
    format!("TOKENWELL_{}_FILE", credential.to_ascii_uppercase().replace('-', "_"))
}

const ONLY_FILE: &str = "DESCOPE_SESSION_TOKEN_FILE";

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
            resolve("T", &["a", "b"]).unwrap_err(),
            "`--token-env T`: there is more than one credential; write `T=` and one of a, b"
        );
        assert_eq!(
            resolve("T=c", &["a", "b"]).unwrap_err(),
            "`--token-env T=c`: there is no such credential; the credentials are: a, b"
        );
        assert_eq!(resolve("T", &[]).unwrap_err(), "`--token-env T`: there is no credential; configure one");
    }
}
