//! The text of a configuration: checked values, or mistakes with their lines, none of which repeats a secret.

use std::{collections::HashSet, path::Path, time::Duration};

use tokenwell::{
    config::{Config, Credential, Environment, Mistakes, Place, load_text},
    output::Target,
};

use super::{Judged, text::assert_one_line};

/// Checks what is read of a configuration.
pub fn check(input: &[u8]) -> Judged {
    let Ok(text) = str::from_utf8(input) else { return Judged::Ignored };
    let loaded = load(text);
    match &loaded {
        Ok(config) => assert_valid(config),
        Err(mistakes) => assert_reported(mistakes, text),
    }
    if !text.contains(BYTE_ORDER_MARK) {
        let marked = load(&format!("{BYTE_ORDER_MARK}{text}"));
        assert_eq!(marked, loaded, "a byte order mark at the start changes nothing");
    }
    if loaded.is_ok() { Judged::Accepted } else { Judged::Refused }
}

fn load(text: &str) -> Result<Config, Mistakes> {
    let environment: Environment =
        [("PROJECT", "P2abc"), ("KEY", SECRET), ("FOLDER", "/run/tokenwell")].into_iter().collect();
    let loaded = load_text(text, Path::new("/nonexistent/etc/tokenwell.yaml"), &environment)?;
    for warning in loaded.warnings_of_check() {
        assert_one_line(&warning.to_string(), MESSAGE_BYTES_MAX);
        assert!(!warning.to_string().contains(SECRET), "{warning}");
    }
    Ok(loaded.config)
}

fn assert_valid(config: &Config) {
    assert!(config.http.timeout > Duration::ZERO && config.http.connect_timeout > Duration::ZERO);
    assert!(config.state_directory.is_absolute());
    let patterns = config.key_directories.iter().map(|directory| &directory.pattern);
    config.credentials.iter().chain(patterns).for_each(assert_usable);
    let names: HashSet<_> = config.credentials.iter().map(|credential| &credential.name).collect();
    assert_eq!(names.len(), config.credentials.len(), "a name is there twice");
    let addresses: Vec<_> = config.credentials.iter().flat_map(Credential::addresses).collect();
    let different: HashSet<_> = addresses.iter().collect();
    assert_eq!(different.len(), addresses.len(), "an output is there twice");
    for directory in &config.key_directories {
        assert!(directory.pattern.name.is_empty());
        for file in ["app", "billing.v2", "-", "A", "K2 secret"] {
            match directory.credential(file) {
                Ok(credential) => assert!(is_name(&credential.name), "{}", credential.name),
                Err(not) => assert_one_line(&not.to_string(), MESSAGE_BYTES_MAX),
            }
        }
    }
    let _ = format!("{config:?}");
}

fn assert_usable(credential: &Credential) {
    assert!(credential.name.is_empty() || is_name(&credential.name), "{}", credential.name);
    let policy = &credential.policy;
    assert!(policy.spacing >= Duration::from_millis(100) && policy.spacing <= policy.retry_max.max(policy.spacing));
    assert!(policy.retry_first <= policy.retry_max && policy.denied_every >= policy.spacing.min(policy.denied_every));
    assert!((0.0..=100.0).contains(&policy.renew_at.percent()) && (0.0..=100.0).contains(&policy.jitter.percent()));
    assert!(!credential.outputs.is_empty());
    assert!(credential.source.files().iter().all(|file| file.path.is_absolute()));
    for output in &credential.outputs {
        let Target::File(file) = &output.target;
        assert!(file.path.is_absolute(), "{}", file.path.display());
    }
}

fn assert_reported(mistakes: &Mistakes, text: &str) {
    let lines = text.split(LINE_BREAKS).count();
    let listed = mistakes.diagnostics();
    assert!(listed.len() <= DIAGNOSTICS_MAX);
    assert_eq!(listed.is_empty(), mistakes.unusable().is_some());
    for diagnostic in listed {
        assert_one_line(&diagnostic.what, MESSAGE_BYTES_MAX);
        assert_one_line(&diagnostic.to_string(), MESSAGE_BYTES_MAX);
        if let Place::Field { line, column, .. } = &diagnostic.place {
            assert!(line.is_none_or(|line| (1..=lines + 1).contains(&line)), "{diagnostic} of {lines}");
            assert!(column.is_none_or(|column| column > 0 && line.is_some()), "{diagnostic}");
        }
    }
    assert_one_line(&mistakes.one_line(), 4 * MESSAGE_BYTES_MAX);
    let page = mistakes.to_string();
    assert!(!page.contains(SECRET), "{page}");
    assert!(!page.chars().any(|letter| letter.is_control() && letter != '\n'), "{page:?}");
    // A template file that cannot be read is named with its path, which may stand on several lines.
    if page.contains("cannot use template") {
        return;
    }
    let runs = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    for run in runs.filter(|run| run.len() >= SECRET_RUN_MIN) {
        assert!(!page.contains(run), "{page:?} repeats `{run}`");
    }
}

fn is_name(name: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= 63 && !name.starts_with('-') && !name.ends_with('-') && !name.is_empty() && name.bytes().all(is_inner)
}

const SECRET: &str = "CANARY0of0a0variable0with0a0key0in0it";
/// What breaks a line of YAML 1.1.
const LINE_BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];
const BYTE_ORDER_MARK: char = '\u{feff}';
const DIAGNOSTICS_MAX: usize = 25;
/// A run of letters and digits as long as in keys and tokens.
const SECRET_RUN_MIN: usize = 24;
const MESSAGE_BYTES_MAX: usize = 4096;
