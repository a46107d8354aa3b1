//! `tokenwell completions`: prints a shell's completion script.

use std::process::ExitCode;

use clap::{Arg, Args, Command, ValueEnum, ValueHint, builder::PossibleValuesParser};
use clap_complete::{generate, shells};

use super::{failure::Failure, man, print};

/// Print a completion script for bash, zsh or fish
///
/// With it, the shell completes commands, flags and file names.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

#[derive(Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// Prints the script.
#[expect(clippy::needless_pass_by_value, reason = "every command owns its arguments")]
pub(super) fn run(arguments: Arguments, program: Command) -> Result<ExitCode, Failure> {
    let mut command = hinted(program);
    let (name, mut script) = (command.get_name().to_owned(), Vec::new());
    match arguments.shell {
        Shell::Bash => generate(shells::Bash, &mut command, name, &mut script),
        Shell::Zsh => generate(shells::Zsh, &mut command, name, &mut script),
        Shell::Fish => {
            generate(shells::Fish, &mut command, name, &mut script);
            script.extend(fish_values(&command).into_bytes());
        }
    }
    print::result(&String::from_utf8_lossy(&script).trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the command line with value hints. Without a hint, shells offer files for every value.
fn hinted(command: Command) -> Command {
    // Possible values must be `'static`; the program ends right after this.
    let pages = PossibleValuesParser::new(man::names(&command).map(|name| &*name.leak()));
    with_hints(command).mut_subcommand("man", |command| command.mut_arg("page", |page| page.value_parser(pages)))
}

fn with_hints(command: Command) -> Command {
    let names: Vec<_> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    names.into_iter().fold(command.mut_args(hint), |command, name| command.mut_subcommand(name, with_hints))
}

fn hint(argument: Arg) -> Arg {
    if !argument.get_action().takes_values() {
        return argument;
    }
    let value = argument.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
    let hint = match value {
        "FILE" => ValueHint::FilePath,
        "FOLDER" => ValueHint::DirPath,
        "PROGRAM" => ValueHint::CommandName,
        _ => ValueHint::Other,
    };
    argument.value_hint(hint)
}

/// Returns what `clap_complete` leaves out for fish: the possible values of positional arguments.
fn fish_values(command: &Command) -> String {
    let program = command.get_name();
    let line = |subcommand: &Command| {
        let values = subcommand.get_positionals().flat_map(Arg::get_possible_values);
        let words: Vec<_> = values.map(|value| value.get_name().to_owned()).collect();
        let (name, words) = (subcommand.get_name(), words.join(" "));
        let line = format!("complete -c {program} -n \"__fish_{program}_using_subcommand {name}\" -f -a \"{words}\"\n");
        (!words.is_empty()).then_some(line)
    };
    command.get_subcommands().filter_map(line).collect()
}

const EXAMPLES: &str = "\
Examples:
  . <(tokenwell completions bash)                     in this shell
  tokenwell completions bash > /etc/bash_completion.d/tokenwell
  tokenwell completions zsh > ~/.zfunc/_tokenwell     in a folder of $fpath
  tokenwell completions fish > ~/.config/fish/completions/tokenwell.fish";
