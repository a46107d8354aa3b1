//! `tokenwell man`: the manual pages, generated from `--help` and the schema.
//!
//! A page of section 1 for the program and for each command, and `tokenwell.yaml(5)` for the configuration.

mod command;
mod configuration;
mod roff;
mod sections;

use std::{
    fs, io, iter,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Command};

use self::roff::PROGRAM;
use super::{failure::Failure, print};

/// Print a manual page, for packagers and `man -l -`
///
/// There is a page for each command, one for the program, and one for the configuration file.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A command, or `tokenwell.yaml`; by default the program itself
    #[arg(value_name = "PAGE")]
    page: Option<String>,
    /// Write all pages into this folder instead, as `man1/…` and `man5/…`
    #[arg(long = "dir", value_name = "FOLDER", conflicts_with = "page")]
    folder: Option<PathBuf>,
}

/// Prints one page, or writes all of them.
#[expect(clippy::needless_pass_by_value, reason = "every command owns its arguments")]
pub(super) fn run(arguments: Arguments, program: Command) -> Result<ExitCode, Failure> {
    if let Some(folder) = &arguments.folder {
        write_all(folder, &program)?;
        return Ok(ExitCode::SUCCESS);
    }
    let name = arguments.page.as_deref().unwrap_or(PROGRAM);
    let page = pages(&program).into_iter().find(|page| page.name == name).ok_or_else(|| unknown(name, &program))?;
    print::result(&page.text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the names of all pages.
pub(super) fn names(program: &Command) -> impl Iterator<Item = String> + use<> {
    pages(program).into_iter().map(|page| page.name)
}

struct Page {
    /// The argument that selects it.
    name: String,
    /// Its path in a folder of pages, such as `man1/tokenwell-run.1`.
    file: String,
    text: String,
}

fn pages(program: &Command) -> Vec<Page> {
    let mut program = program.clone();
    program.build();

    let of_command = |command: &Command| {
        let whole = command.get_display_name().unwrap_or(PROGRAM);
        let file = format!("man1/{whole}.1");
        let name = whole.strip_prefix("tokenwell-").unwrap_or(whole).to_owned();
        Page { name, file, text: command::page(command, &program) }
    };
    let configuration = Page {
        name: "tokenwell.yaml".to_owned(),
        file: "man5/tokenwell.yaml.5".to_owned(),
        text: configuration::page(),
    };
    let commands = program.get_subcommands().flat_map(|command| iter::once(command).chain(command.get_subcommands()));
    iter::once(&program).chain(commands).map(of_command).chain([configuration]).collect()
}

fn write_all(folder: &Path, program: &Command) -> Result<(), Failure> {
    for page in pages(program) {
        let path = folder.join(&page.file);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, &page.text));
        written.map_err(|source| NotWritten { path, source }).map_err(Failure::at_run_time)?;
    }
    Ok(())
}

fn unknown(name: &str, program: &Command) -> Failure {
    let known: Vec<_> = names(program).map(|name| format!("`{name}`")).collect();
    let shown = if crate::config::looks_like_a_secret(name) { "(not shown: it may be a secret)" } else { name };
    Failure::CommandLine(format!("there is no page `{shown}`; name one of {}", known.join(", ")))
}

#[derive(Debug, thiserror::Error)]
#[error("cannot write page `{}`: {source}; name a folder that this user may write", path.display())]
struct NotWritten {
    path: PathBuf,
    source: io::Error,
}

const EXAMPLES: &str = "\
Examples:
  tokenwell man run | man -l -                        read a page
  tokenwell man tokenwell.yaml | man -l -             every field of the configuration
  tokenwell man --dir \"$DESTDIR/usr/share/man\"        every page, for a package";
