//! Variables of an `env` file: names, and the field that each is set to.

use crate::{
    config::{diagnostics::Diagnostics, reader::Field, show::shown},
    output::{self, Variable},
};

/// Reads a mapping of names to fields; at least one.
pub(in crate::config) fn read_all(field: &Field, diagnostics: &mut Diagnostics) -> Vec<Variable> {
    let Some(fields) = field.fields(diagnostics) else { return Vec::new() };
    let entries = fields.all();
    if entries.is_empty() {
        diagnostics.mistake(
            &field.location,
            "no variable is listed",
            "write something like `MY_TOKEN: token`, or remove the line",
        );
    }
    let read = entries.into_iter().map(|(name, field)| {
        check(name, &field, diagnostics);
        let field = if field.has_value(diagnostics) { field.word(&output::Field::ALL, diagnostics) } else { None };
        Some(Variable { name: name.to_owned().into(), field: field? })
    });
    read.collect::<Vec<_>>().into_iter().flatten().collect()
}

fn check(name: &str, field: &Field, diagnostics: &mut Diagnostics) {
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    if !is_name {
        let what = format!("{} is not a variable name", shown(name));
        diagnostics.mistake(&field.location, what, "use letters, digits and `_`, and no digit first");
    } else if OF_THE_SHELL.contains(&name) || name.starts_with(OF_THE_LINKER) {
        let what = format!("{} controls the shell or the linker: it would break readers of the file", shown(name));
        diagnostics.mistake(&field.location, what, "choose a name of your own, such as `MY_TOKEN`");
    }
}

/// Variables that change a shell's behavior, or that a shell does not allow to be set.
pub(in crate::config) const OF_THE_SHELL: [&str; 11] =
    ["BASHOPTS", "BASH_ENV", "BASH_VERSINFO", "ENV", "EUID", "IFS", "PATH", "PPID", "PS4", "SHELLOPTS", "UID"];
pub(in crate::config) const OF_THE_LINKER: &str = "LD_";
