//! `env` and its readers: whatever a value has, either every reader returns it as it was, or it is refused.
//!
//! Readers that come from package registries take part where they are installed: `tests/system/env/run` installs them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output as Ran},
    time::{Duration, UNIX_EPOCH},
};

use proptest::{
    collection::vec,
    prelude::{Strategy as _, prop_oneof},
    strategy::ValueTree as _,
    test_runner::TestRunner,
};
use tokenwell::{
    output::{self, Content, Field, Format, Locks, Output, ProtectedKeys, Quotes, Variable, spelling},
    renewal::Grant,
    secret::Secret,
    session::{Claims, ReplyFields, Session, Times},
};

use crate::{skipped, tools::needs};

#[test]
fn bare_values_come_back_through_every_reader() {
    let values =
        ["", "plain", "AZaz09_.:/+=@%,-", "-n", "%s", "a=b", "a:b==", "a,b", "@x", "/a/b", "head.body.stamp", "null"];
    come_back(&values, Quotes::Never, &[Reads::Any, Reads::Bare]);
    come_back(&values, Quotes::AsNeeded, &[Reads::Any, Reads::Bare]);
}

#[test]
fn quoted_values_come_back_through_every_reader() {
    let readers = [Reads::Any, Reads::Quoted];
    come_back(&KNOWN, Quotes::Always, &readers);
    let in_need: Vec<_> = KNOWN.into_iter().filter(|value| spelling(value, Quotes::Never).is_err()).collect();
    come_back(&in_need, Quotes::AsNeeded, &readers);
}

#[test]
fn any_value_comes_back_through_every_reader_or_is_refused() {
    let value = prop_oneof!["[^\\p{Cc}]{0,12}", "['\"\\\\$`!#={}a ]{1,8}", "[ -~]{0,20}", "\\PC{1,3}[\\\\${}']{0,3}"];
    let mut runner = TestRunner::deterministic();
    let values = vec(value, 400).new_tree(&mut runner).unwrap().current();
    let values: Vec<_> = values.iter().map(String::as_str).collect();
    let accepted: Vec<_> = values.iter().copied().filter(|value| spelling(value, Quotes::Always).is_ok()).collect();
    assert!((100..350).contains(&accepted.len()), "{} of {}", accepted.len(), values.len());
    come_back(&accepted, Quotes::Always, &[Reads::Any, Reads::Quoted]);
    come_back(&accepted, Quotes::AsNeeded, &[Reads::Any]);
}

/// The reason for each refusal: without it, a reader would return something else.
#[test]
fn every_refusal_has_a_reader_that_needs_it() {
    let readers = installed(&[Reads::Any, Reads::Quoted]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("env");
    for (value, reader) in [
        ("it'\"'\"'s", "godotenv"),
        ("it'\"'\"'s", "node"),
        ("it'\"'\"'s", "kubelet"),
        ("it'\\''s", "systemd"),
        ("a\rb", "node"),
        ("${HOME}", "python-dotenv"),
        (r"a\\b", "python-dotenv"),
        ("a\\", "godotenv"),
        ("\u{10ffff}", "systemd"),
    ] {
        let Some(reader) = readers.iter().find(|other| other.name == reader) else { continue };
        fs::write(&path, format!("V0='{value}'\nV1='end'\n")).unwrap();
        let value = value.replace("'\"'\"'", "'").replace("'\\''", "'");
        let read = reader.read(&path, 2);
        assert_ne!(read, Ok(vec![value.clone(), "end".to_owned()]), "{} reads {value:?}", reader.name);
        assert!(spelling(&value, Quotes::AsNeeded).is_err(), "{value:?}");
    }
}

/// Values that single quotes keep for every reader.
const KNOWN: [&str; 44] = [
    "",
    " ",
    "plain",
    "two words",
    "\"",
    "a\"b",
    "\"a\"",
    "\\a",
    "\\n",
    "a\\nb",
    "\\\"",
    "\\$x",
    "\\u0041",
    "$",
    "$$",
    "$HOME",
    "$ {x}",
    "a$",
    "$(echo x)",
    "`echo x`",
    "a;b&c|d",
    "# no comment",
    "a#b",
    "a #b",
    "~",
    "~root",
    "*",
    "[a]",
    "{a,b}",
    "!!",
    "=",
    "=ls",
    "x:=ls",
    "export x",
    "tab\there",
    "é ü 漢字 🔑",
    "\u{a0}\u{2003}",
    "\u{2028}\u{feff}a\u{200b}",
    " both ",
    "#{x}",
    "<%= x %>",
    "%s %n",
    "-n",
    "o’neil",
];

/// Writes the values, and compares what each installed reader returns.
fn come_back(values: &[&str], quotes: Quotes, kinds: &[Reads]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("env");
    let written: Vec<_> = values.iter().map(|value| (*value, after_name(value, quotes, &path))).collect();
    for reader in installed(kinds) {
        let shown: Vec<_> = written.iter().filter(|(value, _)| !(reader.skips)(value)).collect();
        let lines: Vec<_> = shown.iter().enumerate().map(|(n, (_, line))| format!("V{n}{line}")).collect();
        fs::write(&path, lines.concat()).unwrap();
        let read = reader.read(&path, shown.len()).unwrap_or_else(|error| panic!("{}: {error}", reader.name));
        for (read, (value, _)) in read.iter().zip(&shown) {
            assert_eq!(read, value, "{}, {quotes:?}", reader.name);
        }
        assert_eq!(read.len(), shown.len(), "{}", reader.name);
    }
}

/// What an output writes for the value behind the name of a variable.
fn after_name(value: &str, quotes: Quotes, path: &Path) -> String {
    let session = Session {
        jwt: Secret::new("head.body.stamp".to_owned()),
        grant: Grant { lifetime: Duration::from_secs(600), refresh_after: None },
        claims: Claims { subject: Some(value.to_owned()), ..Claims::default() },
        fields: ReplyFields::new(),
    };
    let times = Times { issued_at: UNIX_EPOCH, expires_at: UNIX_EPOCH, renew_at: UNIX_EPOCH };
    let content = Content { session: &session, credential: "billing", project: "P2abc", times };
    let variables = vec![Variable { name: "V".into(), field: Field::Subject }];
    let output = Output { format: Format::Env { variables, quotes }, ..Output::at(path.to_owned()) };
    output::publish(&[output], &[], &content, &Locks::default(), &ProtectedKeys::default()).remove(0).unwrap();
    fs::read_to_string(path).unwrap().split_off(1)
}

/// Which spellings a reader understands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// Bare values, and those in quotes.
    Any,
    /// Only values in quotes.
    Quoted,
    /// Only bare values: quotes are a part of the value.
    Bare,
}

struct Reader {
    name: &'static str,
    reads: Reads,
    /// Its command, to which the file and the number of values are added. It prints each value with a NUL behind it.
    command: Vec<&'static str>,
    /// Values that this way of calling the reader cannot show.
    skips: fn(&str) -> bool,
}

impl Reader {
    fn new(name: &'static str, reads: Reads, command: Vec<&'static str>) -> Self {
        Self { name, reads, command, skips: |_| false }
    }

    fn read(&self, path: &Path, values: usize) -> Result<Vec<String>, String> {
        let ran = self.run(path, values);
        if !ran.status.success() || !ran.stderr.is_empty() {
            return Err(String::from_utf8_lossy(&ran.stderr).into_owned());
        }
        let text = String::from_utf8(ran.stdout).map_err(|_| "not UTF-8")?;
        Ok(text.strip_suffix('\0').unwrap_or_default().split('\0').map(str::to_owned).collect())
    }

    fn run(&self, path: &Path, values: usize) -> Ran {
        let mut command = Command::new(self.command[0]);
        command.args(&self.command[1..]).arg(path).arg(values.to_string()).env_clear().env("LC_ALL", "C.UTF-8");
        for name in ["HOME", "PATH", "NODE_PATH", "PYTHONPATH"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.output().unwrap()
    }

    /// Whether it reads a harmless file.
    fn is_installed(&self) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("env");
        fs::write(&path, if self.reads == Reads::Quoted { "V0='x'\n" } else { "V0=x\n" }).unwrap();
        let is_there = is_on_path(self.command[0]) && self.read(&path, 1).as_deref() == Ok(&["x".to_owned()]);
        if !is_there {
            skipped::on_this_machine(&format!("{} is not installed; `tests/system/env/run` installs it", self.name));
        }
        is_there
    }
}

/// The readers that are installed and understand one of the spellings. A test that lacks one records it.
fn installed(kinds: &[Reads]) -> Vec<Reader> {
    let shells = ["sh", "dash", "bash", "zsh", "ksh", "mksh"].into_iter().filter(|shell| needs(shell));
    let shells = shells.map(|shell| Reader::new(shell, Reads::Any, vec![shell, "-c", SHELL, "read"]));
    let others = [
        Reader::new("node", Reads::Any, vec!["bash", "-c", NODE, "read"]),
        Reader::new("dotenv", Reads::Any, vec!["node", "-e", DOTENV]),
        Reader::new("python-dotenv", Reads::Any, vec!["python3", "-c", PYTHON]),
        Reader::new("ruby-dotenv", Reads::Any, vec!["ruby", "-e", RUBY]),
        Reader::new("godotenv", Reads::Any, vec!["env-godotenv"]),
        Reader::new("compose", Reads::Any, vec!["env-compose"]),
        Reader::new("kubelet", Reads::Quoted, vec!["env-kubelet"]),
        Reader::new("docker", Reads::Bare, vec!["env-docker"]),
    ];
    let others = others.into_iter().filter(|reader| kinds.contains(&reader.reads) && reader.is_installed());
    let shells = shells.filter(|reader| kinds.contains(&reader.reads));
    shells.chain(systemd().filter(|_| kinds.contains(&Reads::Any))).chain(others).collect()
}

/// systemd reads `environment.d` with the parser of `EnvironmentFile=`, but then also expands variables and `~`, ignores what
/// is empty, and prints control characters as escapes.
fn systemd() -> Option<Reader> {
    if !SYSTEMD_PARSERS.iter().any(|path| Path::new(path).exists()) {
        skipped::without_program("systemd is not installed");
        return None;
    }
    let skips = |value: &str| value.is_empty() || value.starts_with('~') || value.contains(['$', '\t']);
    Some(Reader { skips, ..Reader::new("systemd", Reads::Any, vec!["bash", "-c", SYSTEMD, "read"]) })
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder: PathBuf| folder.join(program)).any(|file| file.is_file())
}

const SYSTEMD_PARSERS: [&str; 2] = [
    "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator",
    "/lib/systemd/user-environment-generators/30-systemd-environment-d-generator",
];

const SHELL: &str = r#". "$1"; i=0; while [ $i -lt "$2" ]; do eval "printf '%s\\0' \"\$V$i\""; i=$((i + 1)); done"#;

/// The generator prints its output in shell syntax.
const SYSTEMD: &str = r#"
    folder=$(mktemp -d) && trap 'rm -r "$folder"' EXIT && mkdir "$folder/environment.d" && cp "$1" "$folder/environment.d/a.conf"
    for parser in {,/usr}/lib/systemd/user-environment-generators/30-systemd-environment-d-generator; do
        [ -x "$parser" ] && break
    done
    HOME=$folder XDG_CONFIG_HOME=$folder "$parser" | grep -aE '^V[0-9]+=' >"$folder/read"
    . "$folder/read"
    for ((i = 0; i < $2; i++)); do name=V$i; printf '%s\0' "${!name}"; done
"#;

const NODE: &str = r#"
    exec node --env-file="$1" -e 'for (let n = 0; n < +process.argv[1]; n++) process.stdout.write(process.env[`V${n}`] + "\0")' "$2"
"#;

const DOTENV: &str = r#"
    const [file, values] = process.argv.slice(1);
    const read = require("dotenv").parse(require("fs").readFileSync(file));
    for (let n = 0; n < +values; n++) process.stdout.write(read[`V${n}`] + "\0");
"#;

const PYTHON: &str = r#"
import sys, dotenv
read = dotenv.dotenv_values(sys.argv[1])
for n in range(int(sys.argv[2])):
    sys.stdout.write(str(read.get(f"V{n}")) + "\0")
"#;

const RUBY: &str = r#"
    require "dotenv"
    read = Dotenv::Parser.call(File.read(ARGV[0], encoding: "UTF-8"))
    ARGV[1].to_i.times { |n| print(read["V#{n}"].to_s, "\0") }
"#;
