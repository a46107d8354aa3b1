//! `hooks`: who is told of a new token.

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use crate::{
    config::{
        diagnostics::Diagnostics,
        fields::Fields,
        path_conflicts::{PathConflicts, Purpose},
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
        diagnostics.mistake(&field.location, what, format!("name at most {HOOKS_MAX}; a command can tell several"));
    }
    items.iter().take(HOOKS_MAX).filter_map(|item| read(item, conflicts, diagnostics)).collect()
}

/// Reads one entry. All that is in it is read, whether it belongs there or not, so that every mistake is found.
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
    if let Some((what, remedy)) = misfit(&fields, &kinds) {
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

/// What does not go together in an entry of which every field was asked for. Where there are others, one of them may be a
/// missing field that is misspelt, and is told as such.
fn misfit(fields: &Fields, kinds: &[&str]) -> Option<(String, &'static str)> {
    let recipients = RECIPIENTS.iter().filter(|name| fields.has(name)).count();
    match (kinds, recipients) {
        ([], 0) if !fields.has_strangers() => Some(("it does not say what to do".to_owned(), WHAT_TO_DO)),
        (["signal"], 0) if !fields.has_strangers() => {
            let remedy = "add such as `pidFile: /run/app.pid` or `processName: nginx`";
            Some(("it does not say who gets the signal".to_owned(), remedy))
        }
        (["signal"], 2..) => {
            Some(("`pidFile` and `processName` in one entry".to_owned(), "keep the one that is meant"))
        }
        ([first, second, ..], _) => {
            let what = format!("`{first}` and `{second}` in one entry");
            Some((what, "give each an entry of its own, which begins with `- `"))
        }
        _ => None,
    }
}

/// A field that belongs to a signal.
fn of_signal<'a>(name: &'static str, fields: &mut Fields<'a>, diagnostics: &mut Diagnostics) -> Option<Field<'a>> {
    let has_signal = fields.has("signal");
    let field = fields.take(name, diagnostics)?;
    if !has_signal {
        diagnostics.mistake(
            &field.location,
            "there is no `signal` in this entry",
            "write `signal: HUP`, or take it away",
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
        let what = format!("{} is no signal that an app can hear", text.shown());
        diagnostics.mistake(&text.location, what, format!("write one of {}", names.join(", ")));
    }
    signal
}

fn pid_file(field: &Field, conflicts: &mut PathConflicts, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    let path = path::file(field, diagnostics)?;
    if path.to_string_lossy().contains(path::NAME_MARK) {
        let remedy = "write a path that holds for all; a `command` finds the name in `$TOKENWELL_CREDENTIAL`";
        diagnostics.mistake(&field.location, "`{name}` stands for a name in output paths only", remedy);
        return None;
    }
    conflicts.note(Purpose::PidFile, Some(&path), &field.location);
    Some(path)
}

fn process_name(field: &Field, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = field.text(diagnostics)?;
    let problem = if text.value.trim().is_empty() {
        Some("empty".to_owned())
    } else if text.value.contains('/') || text.value.chars().any(char::is_control) {
        Some(format!("{} is no name of a process", text.shown()))
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
        diagnostics.mistake(&field.location, "no program is named", COMMAND);
        return None;
    }
    if values.len() > WORDS_MAX {
        diagnostics.mistake(
            &field.location,
            format!("{} words", values.len()),
            format!("at most {WORDS_MAX}; write a script"),
        );
        return None;
    }
    let items = field.items(diagnostics);
    let is_whole = items.len() == values.len();
    let words: Vec<_> = items.iter().map(|field| word(field, diagnostics)).collect();
    // Without the words that are none, another than the first may stand first.
    let first = words.first().and_then(Option::as_ref).filter(|_| values[0] != Node::Null);
    let program = first.and_then(|text| {
        let path = program(text, diagnostics);
        conflicts.note(Purpose::Program, path.as_deref(), &text.location);
        path
    });
    let words: Vec<_> = words.into_iter().collect::<Option<_>>().filter(|_| is_whole)?;
    Some((program?, words.into_iter().skip(1).map(|word| word.value).collect()))
}

fn word(field: &Field, diagnostics: &mut Diagnostics) -> Option<Text> {
    let text = field.text(diagnostics)?;
    let problem = if text.value.contains('\0') {
        Some(("a NUL character is in it", "take it away: no program can be given one"))
    } else if text.value.len() > WORD_BYTES_MAX {
        Some(("the word is too long", "let the program read it from a file"))
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
    let name = text.shown();
    let remedy = if text.value.contains(char::is_whitespace) {
        COMMAND.to_owned()
    } else {
        "write the whole path of the program, such as `/usr/bin/systemctl`; `command -v` tells it".to_owned()
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
                LoopbackUrlError::Scheme => "write `http://`: on loopback nobody listens in",
                LoopbackUrlError::Userinfo => "take the part before `@` away",
                LoopbackUrlError::Fragment => "take away what follows `#`",
                LoopbackUrlError::NotLoopback => {
                    "name `127.0.0.1`, `[::1]` or `localhost`; to tell another machine, run a `command`"
                }
            };
            diagnostics.mistake(&text.location, error.to_string(), remedy);
        })
        .ok()
}

fn timeout(fields: &mut Fields, kinds: &[&str], diagnostics: &mut Diagnostics) -> Duration {
    let Some(field) = fields.take("timeout", diagnostics) else { return TIMEOUT_DEFAULT };
    if kinds == ["signal"] {
        diagnostics.mistake(&field.location, "a signal takes no time", "take it away");
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
