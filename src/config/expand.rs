//! Expands `${NAME}` in a text to the value of the environment variable and `$$` to a dollar; any other `$` stays as it
//! is.

use super::{environment::Environment, show::shown};

/// Why a text cannot be expanded. Shows names of variables, never their values.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum ExpandError {
    #[error("the environment variable {0} is not set")]
    Unset(String),
    #[error("the environment variable {0} is not UTF-8")]
    NotUtf8(String),
    #[error("the text between `${{` and `}}` is not a variable name")]
    NotAName,
    #[error("`${{` has no `}}`")]
    Unclosed,
}

impl ExpandError {
    pub(super) fn remedy(&self) -> &'static str {
        match self {
            Self::Unset(_) => "set it, or write the value here",
            Self::NotUtf8(_) => "set it to text",
            Self::NotAName => "use letters, digits and `_`, as in `${NAME}`; there are no default values",
            Self::Unclosed => "write `${NAME}` for a variable, `$$` for a dollar",
        }
    }
}

/// Expands every variable in a text. A variable that is set but empty expands to nothing.
pub(super) fn expand(text: &str, environment: &Environment) -> Result<String, ExpandError> {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        whole.push_str(before);
        rest = if let Some(after) = after.strip_prefix('$') {
            whole.push('$');
            after
        } else if let Some(after) = after.strip_prefix('{') {
            let (name, after) = after.split_once('}').ok_or(ExpandError::Unclosed)?;
            whole.push_str(variable(name, environment)?);
            after
        } else {
            // A variable of a shell or of a template.
            whole.push('$');
            after
        };
    }
    whole.push_str(rest);
    Ok(whole)
}

fn variable<'a>(name: &str, environment: &'a Environment) -> Result<&'a str, ExpandError> {
    let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.bytes().next().is_some_and(|b| !b.is_ascii_digit());
    if !is_name {
        return Err(ExpandError::NotAName);
    }
    let value = environment.variable(name).ok_or_else(|| ExpandError::Unset(shown(name)))?;
    value.to_str().ok_or_else(|| ExpandError::NotUtf8(shown(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<String, ExpandError> {
        expand(text, &[("A", "one"), ("EMPTY", ""), ("DOLLAR", "${A}")].into_iter().collect())
    }

    #[test]
    fn variables_and_dollars_are_expanded_once() {
        assert_eq!(expanded("/${A}/${A}${EMPTY}.jwt").unwrap(), "/one/one.jwt");
        assert_eq!(expanded("$${A} $$$$").unwrap(), "${A} $$");
        assert_eq!(
            expanded("cp $A /x; echo 5$ $").unwrap(),
            "cp $A /x; echo 5$ $",
            "a shell's own variables are its own"
        );
        assert_eq!(expanded("${DOLLAR}").unwrap(), "${A}", "the value of a variable is not expanded again");
    }

    #[test]
    fn anything_else_in_braces_is_an_error() {
        assert_eq!(expanded("${B}"), Err(ExpandError::Unset("`B`".to_owned())));
        assert_eq!(expanded("${A"), Err(ExpandError::Unclosed));
        for text in ["${}", "${A:-x}", "${1}", "${A B}"] {
            assert_eq!(expanded(text), Err(ExpandError::NotAName), "{text}");
        }
    }
}
