//! The name of a credential on the command line.

use super::failure::Failure;
use crate::config::{looks_like_a_secret, nearest_name};

/// Returns why a credential is not found: the name that was given, the names that there are, and problems that may hide others.
pub(super) fn not_found(name: Option<&str>, known: &[&str], troubles: &[String]) -> Failure {
    let mut text = match name {
        None if known.is_empty() => "there is no credential".to_owned(),
        None => "there are several credentials; name one".to_owned(),
        Some(name) if looks_like_a_secret(name) => {
            "the name looks like a secret; pass the name of a credential".to_owned()
        }
        Some(name) => {
            let name: String = name.chars().take(NAME_CHARS_MAX).map(printable).collect();
            let tip = nearest_name(&name, known.iter().copied());
            format!(
                "no credential has the name `{name}`{}",
                tip.map(|tip| format!("; is it `{tip}`?")).unwrap_or_default()
            )
        }
    };
    if !known.is_empty() {
        let mut names = known.to_vec();
        names.sort_unstable();
        let more = names.len().saturating_sub(NAMES_MAX);
        names.truncate(NAMES_MAX);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        text = format!("{text}\n       credentials: {}{more}", names.join(", "));
    }
    for trouble in troubles {
        text = format!("{text}\n       {trouble}");
    }
    Failure::CommandLine(text)
}

fn printable(letter: char) -> char {
    if letter.is_control() { ' ' } else { letter }
}

/// The longest name of a credential.
const NAME_CHARS_MAX: usize = 63;
const NAMES_MAX: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_all_names_are_listed() {
        let text = |name: Option<&str>, known: &[&str]| not_found(name, known, &[]).to_string();
        let known = ["orders", "billing"];
        assert_eq!(
            text(Some("biling"), &known),
            "no credential has the name `biling`; is it `billing`?\n       credentials: billing, orders"
        );
        assert_eq!(text(None, &known), "there are several credentials; name one\n       credentials: billing, orders");
        assert_eq!(text(Some("x"), &[]), "no credential has the name `x`");
        assert_eq!(text(None, &[]), "there is no credential");
    }

    #[test]
    fn a_secret_in_place_of_the_name_is_not_shown() {
        let secret = "K2aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcdefghijklmnop";
        assert!(!not_found(Some(secret), &["a"], &[]).to_string().contains("K2aBc"));
    }
}
