//! The plan that `check` prints.

use std::{
    fmt::{self, Display, Formatter},
    path::Path,
};

use crate::{
    config::{Config, Credential, LogFormat, Set, duration::short, looks_like_a_secret},
    doctor::KeyMetadata,
    hook::{Hook, Recipient},
    output::{Format, OnModeIgnored, Output, Quotes, Target},
    renewal::{OnExpiry, Policy},
    session::ReplyField,
};

/// A configuration in readable form.
pub(super) struct Plan<'a> {
    pub(super) config: &'a Config,
    /// `None` if the configuration comes from flags.
    pub(super) file: Option<&'a Path>,
    pub(super) keys: &'a KeyMetadata,
}

impl Display for Plan<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let config = self.config;
        let file = self.file.map_or("the command line".to_owned(), |file| file.display().to_string());
        let mut table = Table { columns: self.name_columns(), f };
        let columns = table.columns;
        write!(table.f, "{:columns$}{file}", "configuration")?;
        table.row("", "project", &config.project)?;
        table.row("", "api", &config.base_url)?;
        table.row("", "state", config.state_directory.display())?;
        for (n, set) in config.sets.iter().enumerate() {
            table.row("", if n == 0 { "sets" } else { "" }, generations(set))?;
        }
        table.row("", "http", http(config))?;
        table.row("", "log", log(config))?;
        if let Some(listen) = &config.status {
            table.row("", "status", format_args!("served at {listen}"))?;
            if !config.status_hosts.is_empty() {
                table.row("", "hosts", format_args!("by loopback also {}", config.status_hosts))?;
            }
        }
        for credential in &config.credentials {
            write!(table.f, "\n\ncredential {}", credential.name)?;
            for file in credential.source.files() {
                let found = self.keys.found.get(file.path).copied().unwrap_or("not examined");
                table.row(INDENT, file.kind.file_noun(), format_args!("{} ({found})", file.path.display()))?;
            }
            if let Some(stored) = credential.source.stored_tokens() {
                table.row(INDENT, "rotated", stored)?;
            }
            details(credential, &mut table)?;
        }
        for (n, directory) in config.key_directories.iter().enumerate() {
            let found = self.keys.in_folders.get(n).map(Vec::as_slice).unwrap_or_default();
            let names: Vec<_> = found.iter().map(|credential| credential.name.as_str()).collect();
            write!(table.f, "\n\na credential for each key in {}", directory.path.display())?;
            let [include, exclude] = directory.selection.patterns();
            for (name, patterns) in [("include", include), ("exclude", exclude)] {
                if !patterns.is_empty() {
                    table.row(INDENT, name, patterns.join(" "))?;
                }
            }
            for (n, (file, name)) in directory.selection.renamed().enumerate() {
                table.row(INDENT, if n == 0 { "rename" } else { "" }, format_args!("{file} to {name}"))?;
            }
            table.row(INDENT, "as of now", if names.is_empty() { "none".to_owned() } else { names.join(", ") })?;
            details(&directory.pattern, &mut table)?;
        }
        Ok(())
    }
}

/// Prints the rows shared by a credential and a pattern of credentials.
fn details(credential: &Credential, table: &mut Table<'_, '_>) -> fmt::Result {
    for (n, output) in credential.outputs.iter().enumerate() {
        table.row(INDENT, if n == 0 { "outputs" } else { "" }, written(output))?;
    }
    for (n, hook) in credential.hooks.iter().enumerate() {
        table.row(INDENT, if n == 0 { "hooks" } else { "" }, described(hook))?;
    }
    for (name, value) in credential.source.terms() {
        table.row(INDENT, name, value)?;
    }
    let default = Policy::default();
    if credential.policy != (Policy { on_expiry: credential.policy.on_expiry, ..default }) {
        table.row(INDENT, "renewal", renewal(&credential.policy))?;
    }
    match credential.policy.on_expiry {
        OnExpiry::Keep => table.row(INDENT, "on expiry", "the expired token stays; servers will reject it")?,
        OnExpiry::Remove => table.row(INDENT, "on expiry", "the files are removed")?,
    }
    if !credential.required {
        table.row(INDENT, "required", "no: it does not count for readiness")?;
    }
    Ok(())
}

fn written(output: &Output) -> String {
    let format = format(&output.format);
    let Target::File(file) = &output.target;
    let owner = match (file.owner, file.group) {
        (None, None) => String::new(),
        (Some(user), None) => format!(", user {user}"),
        (None, Some(group)) => format!(", group {group}"),
        (Some(user), Some(group)) => format!(", user {user}, group {group}"),
    };
    let on_mode_ignored = match file.on_mode_ignored {
        OnModeIgnored::Accept => "",
        OnModeIgnored::Refuse => ", or not at all",
    };
    format!("{} ({format}, mode {:04o}{owner}{on_mode_ignored})", output.name(), file.mode)
}

fn generations(set: &Set) -> String {
    let group = set.folder.group.map_or(String::new(), |group| format!(", group {group}"));
    let (mode, keep_previous) = (set.folder.mode, set.folder.keep_previous);
    format!(
        "{} (mode {mode:04o}{group}, the previous files stay for {})",
        set.directory.display(),
        short(keep_previous)
    )
}

/// Describes a hook in one line, without words that may be secrets.
pub(super) fn described(hook: &Hook) -> String {
    match hook {
        Hook::Signal { signal, to: Recipient::PidFile(path) } => {
            format!("{signal} to the process of {}", path.display())
        }
        Hook::Signal { signal, to: Recipient::ProcessName(name) } => format!("{signal} to {name}"),
        Hook::Command { program, arguments, timeout } => {
            let words = std::iter::once(program.display().to_string()).chain(arguments.iter().map(|word| shown(word)));
            format!("{} (timeout {})", words.collect::<Vec<_>>().join(" "), short(*timeout))
        }
        Hook::Post { url, timeout } => format!("POST to {url} (timeout {})", short(*timeout)),
    }
}

/// Returns a word of a command, or `…` if it may be a secret.
fn shown(word: &str) -> String {
    let is_plain = !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || c.is_control());
    match (looks_like_a_secret(word), is_plain) {
        (true, _) => "…".to_owned(),
        (false, true) => word.to_owned(),
        (false, false) => format!("{word:?}"),
    }
}

fn format(format: &Format) -> String {
    match format {
        Format::Jwt => "jwt".to_owned(),
        Format::Json { claims, .. } if claims.is_empty() => format!("json{}", fields(format)),
        Format::Json { claims, .. } => {
            let claims: Vec<_> = claims.iter().map(String::as_str).collect();
            format!("json with claims {}{}", claims.join(" "), fields(format))
        }
        Format::Env { variables, quotes } => {
            let variables: Vec<_> = variables.iter().map(|variable| variable.name.as_ref()).collect();
            let quotes = match quotes {
                Quotes::Auto => "",
                Quotes::Always => ", always in quotes",
                Quotes::Never => ", never in quotes",
            };
            format!("env {}{quotes}", variables.join(" "))
        }
        Format::Header => "header".to_owned(),
        Format::Bearer => "bearer".to_owned(),
        Format::Template(template) => match template.file() {
            Some(file) => format!("template {}{}", file.display(), fields(format)),
            None => format!("template of {} bytes{}", template.len(), fields(format)),
        },
    }
}

fn fields(format: &Format) -> String {
    let names: Vec<_> = format.fields().map(ReplyField::name).collect();
    if names.is_empty() { String::new() } else { format!(" with fields {}", names.join(" ")) }
}

fn renewal(policy: &Policy) -> String {
    format!(
        "at {}% of the life, jitter {}%, spacing {}, retry after {} to {}, denied again every {}",
        percent(policy.renew_at.percent()),
        percent(policy.jitter.percent()),
        short(policy.spacing),
        short(policy.retry_first),
        short(policy.retry_max),
        short(policy.denied_every)
    )
}

/// Rounds to two decimals.
pub(super) fn percent(percent: f64) -> f64 {
    (percent * 100.0).round() / 100.0
}

fn http(config: &Config) -> String {
    let roots = config.http.ca_file.as_ref().map(|file| format!(", roots of the system and {}", file.display()));
    let client = config.http.client_certificate.as_ref();
    let certificate = client
        .map(|files| format!(", client certificate {} with key {}", files.certificate.display(), files.key.display()));
    format!(
        "timeout {}, connect within {}, {} in flight at most{}{}",
        short(config.http.timeout),
        short(config.http.connect_timeout),
        config.in_flight_max,
        roots.unwrap_or_default(),
        certificate.unwrap_or_default()
    )
}

fn log(config: &Config) -> String {
    let format = match config.log.format {
        LogFormat::Auto => "text on a terminal and in the journal, else json",
        LogFormat::Text => "text",
        LogFormat::Json => "json",
    };
    format!("{format}, level {}", config.log.level.as_deref().unwrap_or("info"))
}

/// Lines of two aligned columns.
struct Table<'f, 'b> {
    f: &'f mut Formatter<'b>,
    /// The width of the first column, with its indent.
    columns: usize,
}

impl Table<'_, '_> {
    fn row(&mut self, indent: &str, name: &str, value: impl Display) -> fmt::Result {
        write!(self.f, "\n{indent}{name:width$}{value}", width = self.columns - indent.len())
    }
}

impl Plan<'_> {
    /// Returns a width that fits the name of every secret file.
    fn name_columns(&self) -> usize {
        let files = self.config.credentials.iter().flat_map(|credential| credential.source.files());
        let widths = files.map(|file| INDENT.len() + file.kind.file_noun().len() + GAP);
        widths.max().unwrap_or_default().max(NAME_COLUMNS_MIN)
    }
}

const INDENT: &str = "  ";
const GAP: usize = 2;
const NAME_COLUMNS_MIN: usize = 15;
