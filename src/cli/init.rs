//! `tokenwell init`: writes a first configuration, from flags and from questions on the terminal.

mod answers;
mod files;
mod given;
mod places;
mod questions;
mod texts;

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;

use self::{
    answers::{Answers, StoredKey},
    given::Given,
    places::Places,
    texts::NextSteps,
};
use super::{failure::Failure, print, process, shell, source, terminal::prompt};
use crate::config::{self, ConfigSource, DEFAULT_FILE, Environment};

/// Write a first configuration
///
/// Asks on the terminal for everything that no flag gives: the project id, a name, the access key (which is not shown) and the token
/// file. Checks every answer at once, writes the configuration with the JSON Schema for editors beside it, and prints the
/// commands to run next. Makes no request.
///
/// An existing file is never overwritten: the configuration only with --force, a key file not even then. Nothing is written
/// before the last answer. Without a terminal, --project-id and either --access-key-file or --name are needed.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[arg(long, value_name = "FILE", help = CONFIG_HELP)]
    config: Option<PathBuf>,
    #[arg(long, value_name = "ID", help = PROJECT_HELP)]
    project_id: Option<String>,
    /// Base URL of Descope's API [default: by the project's region]
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Name of the credential, for logs and metrics [default: after the key file]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// File that contains the access key, or will contain it [default: keys/NAME beside the configuration]
    #[arg(long, value_name = "FILE")]
    access_key_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE", help = OUTPUT_HELP)]
    output: Option<PathBuf>,
    /// Replace a configuration that exists
    #[arg(long)]
    force: bool,
}

/// Writes the configuration and prints what to do next.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let environment = Environment::of_process();
    let places = Places::of_process(&environment);
    let Arguments { config, project_id, base_url, name, access_key_file, output, force } = arguments;
    let named = environment.setting(CONFIG_VARIABLE).map(PathBuf::from);
    let config = match config.or_else(|| named.clone()) {
        Some(path) => source::absolute(&path)?,
        None => places.config_file().ok_or_else(|| Failure::CommandLine(NO_HOME.to_owned()))?,
    };
    files::check_writable(&config, force)?;
    let project_id = project_id.or_else(|| environment.setting(PROJECT_VARIABLE)?.to_str().map(str::to_owned));
    let given = Given { project_id, base_url, name, access_key_file, output }.checked()?;
    let answers = if prompt::is_possible() {
        process::harden();
        process::block_on(questions::complete(given, &config, &places))?
    } else {
        given.complete(&config, &places)?
    };
    texts::check(&answers, &config)?;
    files::check_output(&answers.output)?;
    files::check_key_file(&answers.key_file, &config)?;
    let key = files::write(&config, &answers, force)?;
    // What is on the disk now, as every command will read it.
    let loaded = config::load(&ConfigSource::file(&config), &environment)?;
    report(key, &config, &answers)?;
    if loaded.config.project.as_str() != answers.project_id {
        print::warning(&PROJECT_IS_OVERRIDDEN);
    }
    let by_default = named.map_or_else(|| Ok(DEFAULT_FILE.into()), |path| source::absolute(&path))?;
    let steps = NextSteps {
        program: &shell::program(),
        config: &config,
        is_default: by_default == config,
        key_file: &answers.key_file,
        key,
        name: &answers.name,
    };
    print::result(&format_args!("\n{steps}"))?;
    Ok(ExitCode::SUCCESS)
}

fn report(key: StoredKey, config: &Path, answers: &Answers) -> io::Result<()> {
    print::result(&format_args!("wrote `{}`", config.display()))?;
    if let StoredKey::New = key {
        print::result(&format_args!("wrote `{}`, which only you can read", answers.key_file.display()))?;
    }
    if files::exists(&answers.output) {
        print::warning(&format_args!(
            "warning: `{}` exists; the first token will replace it, or name another file",
            answers.output.display()
        ));
    }
    Ok(())
}

const CONFIG_HELP: &str = "Configuration file to write [default: $TOKENWELL_CONFIG, else tokenwell/tokenwell.yaml in \
     $XDG_CONFIG_HOME or ~/.config; for root /etc/tokenwell/tokenwell.yaml]";
const PROJECT_HELP: &str = "Descope project [default: $DESCOPE_PROJECT_ID]";
const OUTPUT_HELP: &str = "File to write the token to [default: tokenwell/NAME.jwt in $XDG_RUNTIME_DIR, else in \
     $XDG_STATE_HOME or ~/.local/state; for root /run/tokenwell/NAME.jwt]";
const NO_HOME: &str = "there is no `$HOME` to write a configuration to; name the file with `--config`";
const PROJECT_IS_OVERRIDDEN: &str =
    "warning: `$DESCOPE_PROJECT_ID` overrides the `projectId` of the file as long as it is set; unset it";
const CONFIG_VARIABLE: &str = "TOKENWELL_CONFIG";
const PROJECT_VARIABLE: &str = "DESCOPE_PROJECT_ID";
const EXAMPLES: &str = "\
Examples:
  tokenwell init                                    ask for everything
  tokenwell init --project-id P2… --name billing --config ./tokenwell.yaml
  tokenwell init --project-id P2… --access-key-file billing.key --output billing.jwt < /dev/null";
