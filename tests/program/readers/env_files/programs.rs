//! The readers of `env` files, and how each is called.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output as Ran},
};

use crate::{skipped, tools::needs};

/// Which spellings a reader understands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// Bare values, and those in quotes of both kinds.
    Any,
    /// Only values in single quotes.
    SingleQuoted,
    /// Only bare values: quotes are a part of the value.
    Bare,
}

pub(super) struct Reader {
    pub(super) name: &'static str,
    reads: Reads,
    /// Its command, to which the file and the number of values are added. It prints each value with a NUL behind it.
    command: Vec<&'static str>,
    /// Values that this way of calling the reader cannot show.
    pub(super) skips: fn(&str) -> bool,
}

impl Reader {
    fn new(name: &'static str, reads: Reads, command: Vec<&'static str>) -> Self {
        Self { name, reads, command, skips: |_| false }
    }

    /// The program of its command.
    pub(super) fn program(&self) -> &'static str {
        self.command[0]
    }

    pub(super) fn read(&self, path: &Path, values: usize) -> Result<Vec<String>, String> {
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
        fs::write(&path, if self.reads == Reads::SingleQuoted { "V0='x'\n" } else { "V0=x\n" }).unwrap();
        let is_there = is_on_path(self.command[0]) && self.read(&path, 1).as_deref() == Ok(&["x".to_owned()]);
        if !is_there {
            skipped::on_this_machine(&format!("{} is not installed; `tests/system/env/run` installs it", self.name));
        }
        is_there
    }
}

/// The readers that are installed and understand one of the spellings. A test that lacks one records it.
pub(super) fn installed(kinds: &[Reads]) -> Vec<Reader> {
    let shells = ["sh", "dash", "bash", "zsh", "ksh", "mksh"].into_iter().filter(|shell| needs(shell));
    let shells = shells.map(|shell| Reader::new(shell, Reads::Any, vec![shell, "-c", SHELL, "read"]));
    let others = [
        Reader::new("node", Reads::Any, vec!["bash", "-c", NODE, "read"]),
        Reader::new("dotenv", Reads::Any, vec!["node", "-e", DOTENV]),
        Reader::new("python-dotenv", Reads::Any, vec!["python3", "-c", PYTHON]),
        Reader::new("ruby-dotenv", Reads::Any, vec!["ruby", "-e", RUBY]),
        Reader::new("godotenv", Reads::Any, vec!["env-godotenv"]),
        Reader::new("compose", Reads::Any, vec!["env-compose"]),
        Reader::new("kubelet", Reads::SingleQuoted, vec!["env-kubelet"]),
        Reader::new("docker", Reads::Bare, vec!["env-docker"]),
        Reader::new("podman", Reads::Bare, vec!["env-podman"]),
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
