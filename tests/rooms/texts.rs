//! Generated texts for editors, shells and packagers: the schema, the completions and the manual, each compared with
//! its source. The tests of the configuration room check case by case that the schema and the reader accept and refuse
//! the same files.

#![cfg(feature = "texts")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "clippy lets tests unwrap, but not their helpers")]

#[path = "../common/schema.rs"]
mod against_the_schema;
#[path = "../common/skipped.rs"]
mod skipped;
#[path = "../common/tools.rs"]
mod tools;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokenwell::{
    config::{
        self, Config, ConfigSource, Environment, Loaded, Mistakes,
        schema::{self, Fallback, Form, Section},
    },
    output::Format,
};

#[test]
fn the_reader_knows_exactly_the_fields_of_the_schema() {
    let mut sections = 0;
    each_section(&schema::root(), "", &mut |section, path| {
        let mut document = minimal();
        put(&mut document, path, json!({STRANGER: 1}));
        let mistakes = load(&document).unwrap_err();
        let place = if path.is_empty() { STRANGER.to_owned() } else { format!("{path}.{STRANGER}") };
        let diagnostic =
            mistakes.diagnostics().iter().find(|diagnostic| diagnostic.place == at(&place, diagnostic)).expect(&place);
        let remedy = diagnostic.remedy.clone().unwrap_or_default();
        let known: BTreeSet<_> = remedy.strip_prefix("known here: ").expect(&remedy).split(", ").collect();
        let told: BTreeSet<_> = section.entries.iter().map(|entry| format!("`{}`", entry.name)).collect();
        assert_eq!(told, known.into_iter().map(str::to_owned).collect(), "the fields of `{path}`");
        sections += 1;
    });
    assert!(sections >= 13, "{sections} sections were looked at");
}

#[test]
fn the_reader_requires_exactly_what_the_schema_requires() {
    each_section(&schema::root(), "", &mut |section, path| {
        let mut document = minimal();
        put(&mut document, path, json!({STRANGER: 1}));
        let said = load(&document).unwrap_err().to_string();
        for entry in &section.entries {
            // One of the kinds of sources is required. The reader names the usual one.
            // The same holds for the secret of a grant.
            if matches!(entry.name, "accessKeyFile" | "clientSecretFile") {
                continue;
            }
            let is_missed = said.contains(&format!("{path}: `{}` is missing", entry.name));
            assert_eq!(matches!(entry.fallback, Fallback::Required), is_missed, "`{path}.{}`: {said}", entry.name);
        }
    });
}

#[test]
fn a_default_that_is_written_out_changes_nothing() {
    let mut defaults = 0;
    each_section(&schema::root(), "", &mut |section, path| {
        for entry in &section.entries {
            let Fallback::Value(default) = &entry.fallback else { continue };
            let mut document = minimal();
            let (mut without, mut with) = (needed(path), needed(path));
            if matches!(entry.name, "variables" | "quotes") {
                without["format"] = json!("env");
                with["format"] = json!("env");
            }
            if entry.name == "refreshWarnBefore" {
                for document in [&mut without, &mut with] {
                    let credential = document.as_object_mut().unwrap();
                    let file = credential.remove("accessKeyFile").unwrap();
                    credential.insert("refreshTokenFile".to_owned(), file);
                }
            }
            with[entry.name] = default.clone();
            put(&mut document, path, without);
            let before = load(&document).unwrap_or_else(|mistakes| panic!("{path}: {mistakes}")).config;
            put(&mut document, path, with);
            let after = load(&document).unwrap_or_else(|mistakes| panic!("{path}.{}: {mistakes}", entry.name)).config;
            // The reader leaves the level unset, and the default is `info`.
            let is_level = before.log.level.is_none() && after.log.level.as_deref() == Some("info");
            assert!(is_same(&before, &after) || is_level, "the default of `{path}.{}`", entry.name);
            defaults += 1;
        }
    });
    assert!(defaults >= 20, "{defaults} defaults were tried");
}

#[test]
fn every_field_is_explained_to_people_and_to_editors() {
    let schema = schema::json();
    let mut explained = 0;
    walk(&schema, "", &mut |place, node| {
        if let Some(properties) =
            node.get("properties").and_then(Value::as_object).filter(|_| node.get("title").is_some())
        {
            for (name, property) in properties {
                let description = property["description"].as_str().unwrap_or_default();
                assert!(description.ends_with('.') && description.len() > 15, "{place}/{name}: {description:?}");
                assert_eq!(node["additionalProperties"], json!(false), "{place}");
                explained += 1;
            }
        }
        if let Some(pattern) =
            node.get("pattern").and_then(Value::as_str).filter(|_| node.get("type") == Some(&json!("string")))
        {
            let of_any = node.get("anyOf").is_some();
            assert!(of_any || pattern.starts_with('^') && pattern.ends_with('$'), "{place}: {pattern}");
            assert!(
                !pattern.contains("(?=") && !pattern.contains("(?!") && !pattern.contains("(?<"),
                "{place}: {pattern}"
            );
        }
    });
    assert!(explained > 60, "{explained} fields are explained");
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
}

#[test]
fn the_command_prints_the_schema() {
    let output = tokenwell(["schema"]);
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), schema::json());
    assert!(output.stderr.is_empty() && output.status.success());
}

#[test]
fn every_configuration_that_the_manual_shows_is_right() {
    let page = text(&tokenwell(["man", "tokenwell.yaml"]));
    let blocks: Vec<_> = page.split("\n.nf\n").skip(1).map(|rest| rest.split("\n.fi").next().unwrap()).collect();
    for block in &blocks {
        let yaml = block.replace(r"\-", "-").replace(r"\[u2026]", "…");
        let folder = tempfile::tempdir().unwrap();
        let loaded = load_text(&folder, &yaml, &[("DESCOPE_PROJECT_ID", "P2abc")]);
        against_the_schema::agrees(&yaml, &loaded);
        assert!(loaded.is_ok(), "{}", loaded.unwrap_err());
    }
    assert_eq!(blocks.len(), 2);
}

#[test]
fn every_command_has_a_page_and_a_completion() {
    let pages: BTreeSet<_> =
        pages().iter().map(|page| page.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    let commands = commands();
    let wanted = commands.iter().map(|command| format!("tokenwell-{command}.1"));
    let wanted = wanted.chain(["tokenwell-security-questions-setup.1".to_owned()]);
    assert_eq!(pages, wanted.chain(["tokenwell.1".to_owned(), "tokenwell.yaml.5".to_owned()]).collect());
    for shell in SHELLS {
        let script = text(&tokenwell(["completions", shell]));
        for command in &commands {
            assert!(script.contains(command), "{shell} does not know `{command}`");
        }
    }
}

#[test]
fn every_flag_of_every_command_is_in_its_page() {
    let commands = commands();
    let plain = commands.iter().map(|command| (vec![command.as_str()], command.as_str()));
    for (words, command) in plain.chain([(vec!["security-questions", "setup"], "security-questions-setup")]) {
        let help = text(&tokenwell(words.into_iter().chain(["--help"])));
        let help = help.split("Examples:").next().unwrap();
        let page = text(&tokenwell(["man", command])).replace(r"\-", "-");
        let flags = help
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("--"))
            .filter_map(|line| line.split(' ').next());
        for flag in flags {
            assert!(page.contains(&format!("\\fB--{flag}\\fR")), "`--{flag}` in the page of `{command}`:\n{page}");
        }
    }
}

#[test]
fn the_exit_codes_of_check_are_those_of_its_page() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("tokenwell.yaml");
    let check = |text: &str, arguments: &[&str]| {
        fs::write(&config, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokenwell"));
        command.args(["check", "--config"]).arg(&config).args(arguments);
        command.output().unwrap().status.code()
    };
    // No server listens at port 1, and the key file is missing.
    let at = |name: &str| folder.path().join(name).display().to_string();
    let valid = json!({
        "projectId": "P2abc", "baseUrl": "http://127.0.0.1:1",
        "credentials": [{"name": "a", "accessKeyFile": at("key"), "outputs": [{"path": at("a.jwt")}]}],
    })
    .to_string();
    assert_eq!(check(&valid, &[]), Some(0), "the missing key is a warning");
    assert_eq!(check(&valid, &["--online"]), Some(1));
    assert_eq!(check("{projectId: 7}", &[]), Some(2));
    let page = text(&tokenwell(["man", "check"])).replace(r"\-", "-");
    let status = page.split_once("EXIT STATUS").unwrap().1.split(".SH").next().unwrap();
    let said = ["is valid, possibly with warnings", "an examination failed", "the configuration is wrong"];
    let places: Vec<_> = said.iter().map(|said| status.find(said)).collect();
    assert!(places[0].is_some() && places.is_sorted(), "{status}");
}

#[test]
fn the_manual_is_set_without_a_warning_and_fits_into_80_columns() {
    let folder = tempfile::tempdir().unwrap();
    let run = |program: &str, arguments: &[&str], page: &Path| {
        let mut command = Command::new(program);
        let output = command.args(arguments).arg(page).env("MANWIDTH", "80").env("LC_ALL", "C.UTF-8").output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{program} of {}", page.display());
        text(&output)
    };
    for page in write_pages(&folder) {
        assert!(fs::read(&page).unwrap().is_ascii(), "{}", page.display());
        if tools::needs("man") {
            let set = run("man", &["--warnings", "--local-file"], &page);
            let wide = set.lines().find(|line| line.chars().count() > 80);
            assert_eq!(wide, None, "{}", page.display());
            for heading in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "SEE ALSO"] {
                assert!(set.lines().any(|line| line == heading), "{heading} of {}:\n{set}", page.display());
            }
            assert!(!set.contains('`'), "{}:\n{set}", page.display());
        }
        if tools::needs("groff") {
            run("groff", &["-man", "-Tutf8", "-ww"], &page);
        }
        if tools::needs("mandoc") {
            assert_eq!(run("mandoc", &["-Tlint"], &page), "");
        }
    }
}

#[test]
fn an_unknown_page_lists_the_known_ones() {
    let output = tokenwell(["man", "nobody"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("error: there is no page `nobody`; name one of `tokenwell`, `run`"), "{said}");
    assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(2), true));
    let output = tokenwell(["man", "--dir", "/proc/nowhere"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("cannot write page `/proc/nowhere/man1/tokenwell.1`"), "{said}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_documentation_lists_every_command() {
    let listed: BTreeSet<_> = first_column("docs/commands.md", "\n| command |").into_iter().collect();
    assert_eq!(listed, commands().into_iter().collect(), "docs/commands.md, and `tokenwell --help`");
}

#[test]
fn the_documentation_lists_the_fields_of_the_schema() {
    for (heading, wanted) in [("## Credentials\n", "credentials[0]"), ("## Renewals\n", "renew")] {
        let mut fields = BTreeSet::new();
        each_section(&schema::root(), "", &mut |section, path| {
            if path == wanted {
                fields.extend(section.entries.iter().map(|entry| entry.name.to_owned()));
            }
        });
        let listed: BTreeSet<_> = first_column("docs/configuration.md", heading).into_iter().collect();
        assert_eq!(listed, fields, "docs/configuration.md, and the fields of `{wanted}`");
    }
}

#[test]
fn the_manual_bears_the_date_of_its_release() {
    let changes = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/CHANGELOG.md")).unwrap();
    let page = text(&tokenwell(["man"]));
    let version = env!("CARGO_PKG_VERSION");
    if let Some((_, rest)) = changes.split_once(&format!("## [{version}] - ")) {
        let date = rest.lines().next().unwrap();
        assert!(page.contains(&format!("TH TOKENWELL 1 {date} ")), "`DATE` in src/cli/man/roff.rs is {date}");
    }
    assert!(page.contains(&format!("\"tokenwell {version}\"")), "{page}");
}

#[test]
fn bash_completes_commands_flags_and_files() {
    if !tools::needs("bash") {
        return;
    }
    let folder = folder_with("bash");
    let complete = |words: &[&str]| {
        let (last, before) = (words.last().unwrap(), words.get(words.len().wrapping_sub(2)).unwrap_or(&""));
        let quoted: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
        let script = format!(
            "compopt() {{ :; }}; . ./script; COMP_WORDS=({}); COMP_CWORD={}; _tokenwell tokenwell '{last}' '{before}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            quoted.join(" "),
            words.len() - 1,
        );
        let output = Command::new("bash").args(["--norc", "-c", &script]).current_dir(folder.path()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        text(&output).split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(complete(&["tokenwell", "ru"]), ["run"]);
    assert_eq!(complete(&["tokenwell", "run", "--conf"]), ["--config"]);
    assert_eq!(complete(&["tokenwell", "run", "--config", "tokenwell.y"]), ["tokenwell.yaml"]);
    assert_eq!(complete(&["tokenwell", "once", "--timeout", "t"]), ["t"], "a length of time is no file");
    assert_eq!(complete(&["tokenwell", "security-questions", "s"]), ["setup"]);
    assert_eq!(complete(&["tokenwell", "completions", "z"]), ["zsh"]);
    assert_eq!(complete(&["tokenwell", "man", "tokenwell."]), ["tokenwell.yaml"]);
}

#[test]
fn fish_completes_commands_flags_and_files() {
    if !tools::needs("fish") {
        return;
    }
    let folder = folder_with("fish");
    let complete = |line: &str| {
        let script = format!("source script; complete -C '{line}'");
        let mut fish = Command::new("fish");
        let output = fish
            .args(["--no-config", "-c", &script])
            .env("HOME", folder.path())
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        text(&output).lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(complete("tokenwell ru"), ["run"]);
    assert_eq!(complete("tokenwell run --conf"), ["--config"]);
    assert_eq!(complete("tokenwell run --config tokenwell.y"), ["tokenwell.yaml"]);
    assert_eq!(complete("tokenwell once --timeout t"), [""; 0], "a length of time is no file");
    assert_eq!(complete("tokenwell completions z"), ["zsh"]);
}

#[test]
fn zsh_takes_the_script() {
    if !tools::needs("zsh") {
        return;
    }
    let folder = folder_with("zsh");
    let output = Command::new("zsh").args(["-f", "-n", "script"]).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let load =
        "autoload -U compinit; compinit -D -u -d dump; . ./script; whence -w _tokenwell; print $_comps[tokenwell]";
    let output = Command::new("zsh").args(["-f", "-c", load]).current_dir(folder.path()).output().unwrap();
    assert_eq!(text(&output), "_tokenwell: function\n_tokenwell\n", "{output:?}");
    let script = fs::read_to_string(folder.path().join("script")).unwrap();
    assert!(
        script.contains("--config=") && script.contains(":FILE:_files"),
        "files are completed where a file is meant"
    );
    assert!(!script.contains(":_default"), "and nowhere else");
}

/// Visits every section with its path in a configuration. A list is visited through its first entry.
fn each_section(section: &Section, path: &str, look: &mut impl FnMut(&Section, &str)) {
    look(section, path);
    for entry in &section.entries {
        let below = if path.is_empty() { entry.name.to_owned() } else { format!("{path}.{}", entry.name) };
        match &entry.form {
            Form::Value { .. } => {}
            Form::Fields(of) => each_section(of, &below, look),
            Form::List { of, .. } => each_section(of, &format!("{below}[0]"), look),
        }
    }
}

fn minimal() -> Value {
    json!({"projectId": "P2abc", "stateDirectory": "/state", "credentials": [credential()]})
}

fn credential() -> Value {
    json!({"name": "a", "accessKeyFile": "/keys/a", "outputs": [{"path": "/run/a.jwt"}]})
}

/// Returns the minimal content of a section that makes its defaults meaningful.
fn needed(path: &str) -> Value {
    match path {
        "" => minimal(),
        "credentials[0]" => credential(),
        OAUTH => json!({"clientSecretFile": "/k"}),
        "credentials[0].outputs[0]" => json!({"path": "/run/a.jwt"}),
        "credentialsFrom[0]" => json!({"accessKeyDirectory": "/k", "outputs": [{"path": "/run/{name}.jwt"}]}),
        "credentialsFrom[0].outputs[0]" => json!({"path": "/run/{name}.jwt"}),
        SECURITY_QUESTIONS => {
            json!({"loginId": "user", "answersFile": "/keys/answers", "refreshTokenFile": "/keys/refresh"})
        }
        "sets[0]" => json!({"directory": "/run/set"}),
        "status" => json!({"listen": "127.0.0.1:9465"}),
        path if path.ends_with("hooks[0]") => json!({"post": "http://localhost/"}),
        _ => json!({}),
    }
}

/// Returns whether two configurations are equal. Ignores the order of variables, which JSON does not keep.
fn is_same(one: &Config, other: &Config) -> bool {
    let sorted = |config: &Config| {
        let mut config = config.clone();
        let patterns = config.key_directories.iter_mut().map(|directory| &mut directory.pattern);
        for output in config.credentials.iter_mut().chain(patterns).flat_map(|credential| &mut credential.outputs) {
            if let Format::Env { variables, .. } = &mut output.format {
                variables.sort_by(|a, b| a.name.cmp(&b.name));
            }
        }
        config
    };
    sorted(one) == sorted(other)
}

/// Puts a value at a path, and adds the required content of each section on the way. A section that selects a kind of source
/// replaces the access key.
fn put(document: &mut Value, path: &str, value: Value) {
    if matches!(path, SECURITY_QUESTIONS | OAUTH) {
        document["credentials"][0].as_object_mut().unwrap().remove("accessKeyFile");
    }
    let mut place = document;
    let mut walked = String::new();
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let (name, is_list) = step.strip_suffix("[0]").map_or((step, false), |name| (name, true));
        walked = if walked.is_empty() { step.to_owned() } else { format!("{walked}.{step}") };
        let fields = place.as_object_mut().unwrap();
        let below =
            fields.entry(name).or_insert_with(|| if is_list { json!([needed(&walked)]) } else { needed(&walked) });
        place = if is_list { &mut below[0] } else { below };
    }
    if path.is_empty() {
        let fields: Map<_, _> = value.as_object().unwrap().clone();
        place.as_object_mut().unwrap().extend(fields);
    } else {
        *place = value;
    }
}

/// Returns the place of `path` on the line of the diagnostic, so that any line matches.
fn at(path: &str, diagnostic: &config::Diagnostic) -> config::Place {
    match &diagnostic.place {
        config::Place::Field { line, column, .. } => {
            config::Place::Field { line: *line, column: *column, path: path.to_owned() }
        }
        other => other.clone(),
    }
}

/// Loads a JSON document, which is also valid YAML.
fn load(document: &Value) -> Result<Loaded, Mistakes> {
    let folder = tempfile::tempdir().unwrap();
    load_text(&folder, &format!("{document:#}"), &[])
}

fn load_text(folder: &TempDir, yaml: &str, variables: &[(&str, &str)]) -> Result<Loaded, Mistakes> {
    let path = folder.path().join("tokenwell.yaml");
    fs::write(&path, yaml).unwrap();
    config::load(&ConfigSource::file(&path), &variables.iter().copied().collect::<Environment>())
}

fn walk(node: &Value, place: &str, look: &mut impl FnMut(&str, &Value)) {
    look(place, node);
    match node {
        Value::Object(fields) => fields.iter().for_each(|(name, below)| walk(below, &format!("{place}/{name}"), look)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, below)| walk(below, &format!("{place}/{n}"), look));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Returns the names in the first column of the first table after `start` of a document.
fn first_column(document: &str, start: &str) -> Vec<String> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document)).unwrap();
    let rest = page.split_once(start).expect(start).1;
    let rows = rest.lines().skip_while(|line| !line.starts_with("| `")).take_while(|line| line.starts_with("| `"));
    rows.filter_map(|row| Some(row.strip_prefix("| `")?.split_once('`')?.0.to_owned())).collect()
}

/// Returns the options that `--help` names.
fn commands() -> Vec<String> {
    let help = text(&tokenwell(["--help"]));
    let list = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap();
    let names = list.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let names = names.filter_map(|line| line.split_whitespace().next());
    // The `help` command has no help of its own.
    let names: Vec<_> = names.filter(|name| *name != "help").map(str::to_owned).collect();
    assert!(names.len() >= 8, "{names:?}");
    names
}

fn pages() -> Vec<PathBuf> {
    write_pages(&tempfile::tempdir().unwrap())
}

fn write_pages(folder: &TempDir) -> Vec<PathBuf> {
    let output = tokenwell(["man", "--dir", folder.path().to_str().unwrap()]);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    let sections = ["man1", "man5"].map(|section| fs::read_dir(folder.path().join(section)).unwrap());
    sections.into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

/// Creates a folder with the completion script of a shell, and with files whose names could be completed.
fn folder_with(shell: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("script"), tokenwell(["completions", shell]).stdout).unwrap();
    fs::write(folder.path().join("tokenwell.yaml"), "").unwrap();
    folder
}

fn tokenwell<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tokenwell")).args(arguments).env_clear().output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

const OAUTH: &str = "credentials[0].oauth";
const SECURITY_QUESTIONS: &str = "credentials[0].securityQuestions";
const STRANGER: &str = "zzz";
const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];
