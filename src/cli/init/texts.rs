//! The texts: the configuration, and what to do next.

use std::{
    fmt::{self, Display, Formatter, Write as _},
    path::Path,
};

use serde_json::Value;

use super::answers::{Answers, StoredKey};
use crate::{
    cli::shell::quoted,
    config::{self, Environment, Mistakes},
};

/// Returns the configuration. `schema` is the path of the JSON Schema, as editors find it from the configuration.
pub(super) fn configuration(answers: &Answers, schema: Option<&str>) -> String {
    let mut text = String::new();
    if let Some(schema) = schema {
        let _ = writeln!(text, "# yaml-language-server: $schema={schema}");
    }
    let _ = writeln!(text, "projectId: {}", value(&answers.project_id));
    if let Some(url) = &answers.base_url {
        let _ = writeln!(text, "baseUrl: {}", value(url));
    }
    let (key, output) = (answers.key_file.to_string_lossy(), answers.output.to_string_lossy());
    let _ = writeln!(text, "credentials:\n  - name: {}\n    accessKeyFile: {}", name(&answers.name), value(&key));
    let _ = writeln!(text, "    outputs:\n      - path: {}", value(&output));
    text
}

/// Checks all answers together, as the configuration that they become.
pub(super) fn check(answers: &Answers, config: &Path) -> Result<(), Mistakes> {
    let text = configuration(answers, None);
    config::load_text(&text, config, &Environment::default())?.for_requests().map(|_| ())
}

/// Writes a text as a YAML value: plain, or as JSON, of which YAML is a superset. A dollar would begin a variable.
fn value(text: &str) -> String {
    let is_plain =
        text.starts_with(['/', 'P', 'h']) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-:".contains(&b));
    if is_plain && !text.ends_with(':') { text.to_owned() } else { Value::from(text).to_string().replace('$', "$$") }
}

/// Writes a legal name, which may look like a number or a word with a meaning, such as `1` or `no`.
fn name(name: &str) -> String {
    let is_word = matches!(name, "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null");
    if is_word || name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("\"{name}\"")
    } else {
        name.to_owned()
    }
}

/// The commands to run next.
pub(super) struct NextSteps<'a> {
    pub(super) program: &'a str,
    pub(super) config: &'a Path,
    /// Whether commands find the configuration by themselves.
    pub(super) is_default: bool,
    pub(super) key_file: &'a Path,
    pub(super) key: StoredKey,
    /// The name of the credential.
    pub(super) name: &'a str,
}

impl Display for NextSteps<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let path = |path: &Path| quoted(&path.to_string_lossy());
        let (program, config) = (self.program, path(self.config));
        let flag = if self.is_default { String::new() } else { format!(" --config {config}") };
        match self.key {
            StoredKey::Missing => write!(
                f,
                "put the access key into its file; paste it, then Enter and Ctrl-D:\n    (umask 077; cat > {})\n",
                path(self.key_file)
            )?,
            StoredKey::New | StoredKey::Present => {}
        }
        write!(f, "try every step, from DNS to an exchange:\n    {program} check --online{flag}\n")?;
        write!(f, "keep the token fresh, until Ctrl-C:\n    {program} run{flag}\n")?;
        write!(f, "in another terminal, look at it and call your API with it:\n    {program} status{flag}\n")?;
        write!(
            f,
            "    curl -H \"Authorization: Bearer $({program} token {}{flag})\" https://your-api.example/",
            self.name
        )?;
        if !self.is_default {
            write!(f, "\nto leave out `--config`:\n    export TOKENWELL_CONFIG={config}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(key_file: &str) -> Answers {
        Answers {
            project_id: "P2abc".to_owned(),
            base_url: None,
            name: "billing".to_owned(),
            key_file: key_file.into(),
            key: None,
            output: "/run/user/1000/tokenwell/billing.jwt".into(),
        }
    }

    #[test]
    fn a_configuration_is_short_and_knows_its_schema() {
        insta::assert_snapshot!(configuration(&answers("/users/u/k"), Some("tokenwell.schema.json")), @r"
        # yaml-language-server: $schema=tokenwell.schema.json
        projectId: P2abc
        credentials:
          - name: billing
            accessKeyFile: /users/u/k
            outputs:
              - path: /run/user/1000/tokenwell/billing.jwt
        ");
    }

    #[test]
    fn odd_answers_are_read_back_as_they_are() {
        for path in ["/a b/#c", "/a: b", "/${HOME}/$x$", "/\"q\"", "/ä", "/tab\u{301}", "/a:", "/a,b", "/{x}", "/[x"] {
            let odd = Answers { name: "no".to_owned(), ..answers(path) };
            let text = configuration(&odd, None);
            let loaded = config::load_text(&text, Path::new("/c.yaml"), &Environment::default());
            let config = loaded.unwrap_or_else(|mistakes| panic!("{text}{mistakes}")).config;
            assert_eq!(config.credentials[0].source.files()[0].path, Path::new(path), "{text}");
            assert_eq!(config.credentials[0].name, "no");
        }
    }

    #[test]
    fn the_next_commands_can_be_pasted() {
        let steps = |is_default, key| NextSteps {
            program: "tokenwell",
            config: Path::new("/users/a b/tokenwell.yaml"),
            is_default,
            key_file: Path::new("/users/a b/keys/billing"),
            key,
            name: "billing",
        };
        insta::assert_snapshot!(steps(false, StoredKey::Missing), @r#"
        put the access key into its file; paste it, then Enter and Ctrl-D:
            (umask 077; cat > '/users/a b/keys/billing')
        try every step, from DNS to an exchange:
            tokenwell check --online --config '/users/a b/tokenwell.yaml'
        keep the token fresh, until Ctrl-C:
            tokenwell run --config '/users/a b/tokenwell.yaml'
        in another terminal, look at it and call your API with it:
            tokenwell status --config '/users/a b/tokenwell.yaml'
            curl -H "Authorization: Bearer $(tokenwell token billing --config '/users/a b/tokenwell.yaml')" https://your-api.example/
        to leave out `--config`:
            export TOKENWELL_CONFIG='/users/a b/tokenwell.yaml'
        "#);
        insta::assert_snapshot!(steps(true, StoredKey::New), @r#"
        try every step, from DNS to an exchange:
            tokenwell check --online
        keep the token fresh, until Ctrl-C:
            tokenwell run
        in another terminal, look at it and call your API with it:
            tokenwell status
            curl -H "Authorization: Bearer $(tokenwell token billing)" https://your-api.example/
        "#);
    }
}
