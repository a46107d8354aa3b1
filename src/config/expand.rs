//! `${NAME}` in a text becomes what the environment variable holds; `$$` becomes a dollar, and any other `$` is one.

use super::{environment::Environment, show::shown};

/// Why a text cannot be expanded. The names of variables are shown, their values never.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum ExpandError {
    #[error("the environment variable {0} is not set")]
    Unset(String),
    #[error("the environment variable {0} is not UTF-8")]
    NotUtf8(String),
    #[error("what stands between `${{` and `}}` is no name of a variable")]
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

/// Expands every variable of a text. A variable that is set but empty becomes nothing.
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
            // The variable of a shell or of a template.
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
    fn variables_and_dollars_are_put_in_once() {
        assert_eq!(expanded("/${A}/${A}${EMPTY}.jwt").unwrap(), "/one/one.jwt");
        assert_eq!(expanded("$${A} $$$$").unwrap(), "${A} $$");
        assert_eq!(
            expanded("cp $A /x; echo 5$ $").unwrap(),
            "cp $A /x; echo 5$ $",
            "a shell's own variables are its own"
        );
        assert_eq!(expanded("${DOLLAR}").unwrap(), "${A}", "what a variable holds is not expanded again");
    }

    #[test]
    fn what_is_no_variable_is_an_error() {
        assert_eq!(expanded("${B}"), Err(ExpandError::Unset("`B`".to_owned())));
        assert_eq!(expanded("${A"), Err(ExpandError::Unclosed));
        for text in ["${}", "${A:-x}", "${1}", "${A B}"] {
            assert_eq!(expanded(text), Err(ExpandError::NotAName), "{text}");
        }
    }
}
