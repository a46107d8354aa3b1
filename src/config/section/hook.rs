//! `hooks`: what runs after a new token was written.

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use crate::{
    config::{
        diagnostics::Diagnostics,
        fields::Fields,
        path_conflicts::PathConflicts,
        path_use::Purpose,
        reader::{Field, Text},
        tree::{Node, kind},
        value::{duration, path},
    },
    hook::{Hook, LoopbackUrl, LoopbackUrlError, Recipient, Signal},
};

/// Reads the hooks of a credential, in the order in which they run.
pub(in crate::config) fn read_all(
    field: &Field,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Vec<Hook> {
    let items = field.items(diagnostics);
    if items.len() > HOOKS_MAX {
        let what = format!("{} hooks", items.len());
        diagnostics.mistake(
            &field.location,
            what,
            format!("name at most {HOOKS_MAX}; one command can notify several programs"),
        );
    }
    items.iter().take(HOOKS_MAX).filter_map(|item| read(item, conflicts, diagnostics)).collect()
}

/// Reads one entry. Reads every field, even one that does not belong there, to find every mistake.
fn read(field: &Field, conflicts: &mut PathConflicts, diagnostics: &mut Diagnostics) -> Option<Hook> {
    let mut fields = field.fields(diagnostics)?;
    let kinds: Vec<_> = KINDS.into_iter().filter(|kind| fields.has(kind)).collect();
    let signal = fields.take("signal", diagnostics).map(|field| signal(&field, diagnostics));
    let pid_file =
        of_signal("pidFile", &mut fields, diagnostics).and_then(|field| pid_file(&field, conflicts, diagnostics));
    let process_name =
        of_signal("processName", &mut fields, diagnostics).and_then(|field| process_name(&field, diagnostics));
    let command = fields.take("command", diagnostics).map(|field| command(&field, conflicts, diagnostics));
    let post = fields.take("post", diagnostics).map(|field| post(&field, diagnostics));
    let timeout = timeout(&mut fields, &kinds, diagnostics);
    if let Some((what, remedy)) = invalid_combination(&fields, &kinds) {
        diagnostics.mistake(&field.location, what, remedy);
    }
    fields.finish(diagnostics);
    match (signal, command, post) {
        (Some(signal), None, None) => {
            let to = pid_file.map(Recipient::PidFile).or(process_name.map(Recipient::ProcessName));
            Some(Hook::Signal { signal: signal?, to: to? })
        }
        (None, Some(command), None) => {
            let (program, arguments) = command?;
            Some(Hook::Command { program, arguments, timeout })
        }
        (None, None, Some(url)) => Some(Hook::Post { url: url?, timeout }),
        _ => None,
    }
}

/// Describes a combination of fields that is not allowed, once every known field was taken. Nothing counts as missing
/// while there are unknown fields: `finish` reports those, and one of them may be a misspelling of the missing field.
fn invalid_combination(fields: &Fields, kinds: &[&str]) -> Option<(String, &'static str)> {
    let recipients = RECIPIENTS.iter().filter(|name| fields.has(name)).count();
    match (kinds, recipients) {
        ([], 0) if !fields.has_unknown() => Some(("it has no action".to_owned(), WHAT_TO_DO)),
        (["signal"], 0) if !fields.has_unknown() => {
            let remedy = "add something like `pidFile: /run/app.pid` or `processName: nginx`";
            Some(("the signal has no recipient".to_owned(), remedy))
        }
        (["signal"], 2..) => Some(("`pidFile` and `processName` in one entry".to_owned(), "keep one of them")),
        ([first, second, ..], _) => {
            let what = format!("`{first}` and `{second}` in one entry");
            Some((what, "give each its own entry, beginning with `- `"))
        }
        _ => None,
    }
}

/// Takes a field that only a signal may have.
fn of_signal<'a>(name: &'static str, fields: &mut Fields<'a>, diagnostics: &mut Diagnostics) -> Option<Field<'a>> {
    let has_signal = fields.has("signal");
    let field = fields.take(name, diagnostics)?;
    if !has_signal {
        diagnostics.mistake(
            &field.location,
            "there is no `signal` in this entry",
            "write `signal: HUP`, or remove this",
        );
    }
    Some(field)
}

fn signal(field: &Field, diagnostics: &mut Diagnostics) -> Option<Signal> {
    let text = match field.node {
        Node::Integer(number) => Text::outside(&number.to_string(), field.location.clone()),
        Node::Null | Node::Bool(_) | Node::Float(_) | Node::Text(_) | Node::List(_) | Node::Mapping(_) => {
            field.text(diagnostics)?
        }
    };
    let signal = Signal::parse(&text.value);
    if signal.is_none() {
        let names: Vec<_> = Signal::names().map(|name| format!("`{name}`")).collect();
        let what = format!("{} is not a signal that a program can catch", text.shown());
        diagnostics.mistake(&text.location, what, format!("write one of {}", names.join(", ")));
    }
    signal
}

fn pid_file(field: &Field, conflicts: &mut PathConflicts, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    let path = path::file(field, diagnostics)?;
    if path.to_string_lossy().contains(path::NAME_PLACEHOLDER) {
        let remedy = "write one path for all credentials; a `command` gets the name in `$TOKENWELL_CREDENTIAL`";
        diagnostics.mistake(&field.location, "`{name}` is replaced in output paths only", remedy);
        return None;
    }
    conflicts.record(Purpose::PidFile, Some(&path), &field.location);
    Some(path)
}

fn process_name(field: &Field, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = field.text(diagnostics)?;
    let problem = if text.value.trim().is_empty() {
        Some("empty".to_owned())
    } else if text.value.contains('/') || text.value.chars().any(char::is_control) {
        Some(format!("{} is not a process name", text.shown()))
    } else if text.value.len() > PROCESS_NAME_BYTES_MAX {
        Some(format!("longer than {PROCESS_NAME_BYTES_MAX} bytes"))
    } else {
        None
    };
    if let Some(what) = problem {
        diagnostics.mistake(&text.location, what, "write the name of the program without its folder, such as `nginx`");
        return None;
    }
    Some(text.value)
}

fn command(
    field: &Field,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<(PathBuf, Vec<String>)> {
    let Node::List(values) = field.node else {
        let what = format!("expected a list, found {}", kind(field.node));
        diagnostics.mistake(&field.location, what, format!("{COMMAND}; there is no shell"));
        return None;
    };
    if values.is_empty() {
        diagnostics.mistake(&field.location, "the program is missing", COMMAND);
        return None;
    }
    if values.len() > WORDS_MAX {
        diagnostics.mistake(
            &field.location,
            format!("{} words", values.len()),
            format!("at most {WORDS_MAX}; put them into a script"),
        );
        return None;
    }
    let items = field.items(diagnostics);
    let is_whole = items.len() == values.len();
    let words: Vec<_> = items.iter().map(|field| word(field, diagnostics)).collect();
    // If an invalid word was left out, `words` may begin with a later one.
    let first = words.first().and_then(Option::as_ref).filter(|_| values[0] != Node::Null);
    let program = first.and_then(|text| {
        let path = program(text, diagnostics);
        conflicts.record(Purpose::Program, path.as_deref(), &text.location);
        path
    });
    let words: Vec<_> = words.into_iter().collect::<Option<_>>().filter(|_| is_whole)?;
    Some((program?, words.into_iter().skip(1).map(|word| word.value).collect()))
}

fn word(field: &Field, diagnostics: &mut Diagnostics) -> Option<Text> {
    let text = field.text(diagnostics)?;
    let problem = if text.value.contains('\0') {
        Some(("it contains a NUL character", "remove it: arguments cannot contain one"))
    } else if text.value.len() > WORD_BYTES_MAX {
        Some(("the word is too long", "pass it to the program in a file"))
    } else {
        None
    };
    if let Some((what, remedy)) = problem {
        diagnostics.mistake(&text.location, what, remedy);
        return None;
    }
    Some(text)
}

fn program(text: &Text, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    if text.value.is_empty() || text.value.starts_with('/') {
        return path::file_of(text, diagnostics);
    }
    if let Some((what, remedy)) = path::unexpanded(text) {
        diagnostics.mistake(&text.location, what, remedy);
        return None;
    }
    let name = text.shown();
    let remedy = if text.value.contains(char::is_whitespace) {
        COMMAND.to_owned()
    } else {
        "write the whole path of the program, such as `/usr/bin/systemctl`; `command -v` prints it".to_owned()
    };
    diagnostics.mistake(&text.location, format!("{name} is not an absolute path"), remedy);
    None
}

fn post(field: &Field, diagnostics: &mut Diagnostics) -> Option<LoopbackUrl> {
    let text = field.text(diagnostics)?;
    LoopbackUrl::parse(text.value.trim())
        .map_err(|error| {
            let remedy = match error {
                LoopbackUrlError::NotAUrl => "write it like `http://127.0.0.1:8080/-/reload`",
                LoopbackUrlError::Scheme => "write `http://`: loopback needs no encryption",
                LoopbackUrlError::Userinfo => "remove the part before `@`",
                LoopbackUrlError::Fragment => "remove what follows `#`",
                LoopbackUrlError::NotLoopback => {
                    "name `127.0.0.1`, `[::1]` or `localhost`; to notify another machine, run a `command`"
                }
            };
            diagnostics.mistake(&text.location, error.to_string(), remedy);
        })
        .ok()
}

fn timeout(fields: &mut Fields, kinds: &[&str], diagnostics: &mut Diagnostics) -> Duration {
    let Some(field) = fields.take("timeout", diagnostics) else { return TIMEOUT_DEFAULT };
    if kinds == ["signal"] {
        diagnostics.mistake(&field.location, "a signal has no timeout", "take it away");
    }
    duration::read(&field, &TIMEOUT, diagnostics).unwrap_or(TIMEOUT_DEFAULT)
}

const KINDS: [&str; 3] = ["signal", "command", "post"];
const RECIPIENTS: [&str; 2] = ["pidFile", "processName"];
pub(in crate::config) const HOOKS_MAX: usize = 16;
pub(in crate::config) const WORDS_MAX: usize = 65;
const WORD_BYTES_MAX: usize = 8 * 1024;
pub(in crate::config) const PROCESS_NAME_BYTES_MAX: usize = 255;
pub(in crate::config) const TIMEOUT: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(300);
pub(in crate::config) const TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);
const WHAT_TO_DO: &str = "write one of these:
  - {signal: HUP, pidFile: /run/app.pid}
  - {command: [/usr/bin/systemctl, reload, app]}
  - {post: http://127.0.0.1:8080/-/reload}";
const COMMAND: &str = "write the program and each argument by itself, such as `[/usr/bin/systemctl, reload, app]`";
