//! The flags that select the configuration.

use std::{
    io,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use tracing::warn;

use super::{failure::Failure, logging, print};
use crate::{
    config::{
        self, Config, ConfigSource, DEFAULT_FILE, Diagnostic, Environment, Loaded, Origin, Unexpanded,
        looks_like_a_secret,
    },
    daemon,
    status::Placement,
};

/// The source of the configuration.
#[derive(Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct SourceArguments {
    #[arg(long, value_name = "FILE", help = CONFIG_HELP, conflicts_with_all = ["access_key_file", "outputs"])]
    config: Option<PathBuf>,
    #[arg(long, value_name = "ID", help = "Descope project; overrides $DESCOPE_PROJECT_ID and the file")]
    project_id: Option<String>,
    #[arg(long, value_name = "URL", help = BASE_URL_HELP)]
    base_url: Option<String>,
    /// Without a configuration file: the file that contains the access key
    #[arg(long, value_name = "FILE", requires = "outputs")]
    access_key_file: Option<PathBuf>,
    /// Without a configuration file: the file to write the token to; may be given more than once
    #[arg(long = "output", value_name = "FILE", requires = "access_key_file")]
    outputs: Vec<PathBuf>,
}

/// The configuration file, for commands that need one.
#[derive(Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct ConfigArguments {
    #[arg(long, value_name = "FILE", help = CONFIG_HELP)]
    config: Option<PathBuf>,
    #[arg(long, value_name = "ID", help = "Descope project; overrides $DESCOPE_PROJECT_ID and the file")]
    project_id: Option<String>,
    #[arg(long, value_name = "URL", help = BASE_URL_HELP)]
    base_url: Option<String>,
}

impl ConfigArguments {
    /// Loads the configuration for requests, and ignores its warnings.
    pub(super) fn load_quietly(self) -> Result<Config, Failure> {
        let Self { config, project_id, base_url } = self;
        let source = SourceArguments { config, project_id, base_url, access_key_file: None, outputs: Vec::new() };
        let environment = Environment::of_process();
        Ok(config::load(&source.source(&environment)?, &environment)?.for_requests()?.config)
    }
}

/// Returns the absolute path of a secret's file on the command line. `noun` names the secret with its article.
pub(super) fn secret_file(path: &Path, flag: &str, noun: &str) -> Result<PathBuf, Failure> {
    refuse_a_secret(path, flag, noun)?;
    absolute(path)
}

impl SourceArguments {
    /// Loads the configuration, and prints the warnings for a command that sends no request.
    pub(super) fn load(self) -> Result<(ConfigSource, Environment, Loaded), Failure> {
        let (source, environment, loaded) = self.read()?;
        print_warnings(loaded.warnings_of_check());
        Ok((source, environment, loaded))
    }

    /// Loads the configuration for requests, and prints its warnings.
    pub(super) fn load_for_requests(self) -> Result<(ConfigSource, Environment, Loaded), Failure> {
        let (source, environment, loaded) = self.read()?;
        let loaded = loaded.for_requests()?;
        print_warnings(&loaded.warnings);
        Ok((source, environment, loaded))
    }

    fn read(self) -> Result<(ConfigSource, Environment, Loaded), Failure> {
        let environment = Environment::of_process();
        let source = self.source(&environment)?;
        let loaded = config::load(&source, &environment)?;
        Ok((source, environment, loaded))
    }

    /// Loads the configuration and ignores its warnings, which the daemon logs. Returns the path of its file, if there is one.
    pub(super) fn load_with_file(self) -> Result<(Config, Option<PathBuf>), Failure> {
        let environment = Environment::of_process();
        let source = self.source(&environment)?;
        let config = config::load(&source, &environment)?.config;
        Ok((config, source.path().map(Path::to_owned)))
    }

    /// Loads the configuration for a daemon, starts the log and logs the warnings. The caller hardens the process next.
    pub(super) fn begin(self) -> Result<(Config, daemon::ReloadSource), Failure> {
        let environment = Environment::of_process();
        let source = self.source(&environment)?;
        let Loaded { config, warnings, .. } = config::load(&source, &environment)?.for_requests()?;
        let log = logging::start(&config.log)?;
        for warning in &warnings {
            warn!("{warning}");
        }
        let file = source.path().map(Path::to_owned);
        let placement = Placement::inspect(|name| environment.setting(name)?.to_str().map(str::to_owned));
        let load = Arc::new(move || {
            let (digest, loaded) = config::load_with_digest(&source, &environment);
            (digest, loaded.and_then(Loaded::for_requests))
        });
        let log_changed = Arc::new(move |settings: &_| log.apply(settings));
        Ok((config, daemon::ReloadSource { file, load, log_changed, placement }))
    }

    /// Returns the source with absolute paths, because a daemon may change its working directory.
    pub(super) fn source(self, environment: &Environment) -> Result<ConfigSource, Failure> {
        let Self { config, project_id, base_url, access_key_file, outputs } = self;
        let origin = if let Some(access_key_file) = access_key_file {
            let access_key_file = secret_file(&access_key_file, "--access-key-file", "an access key")?;
            let outputs = outputs.iter().map(|path| output(path)).collect::<Result<_, _>>()?;
            Origin::Flags { access_key_file, outputs }
        } else {
            let named = config.or_else(|| environment.setting(CONFIG_VARIABLE).map(PathBuf::from));
            Origin::File(absolute(&named.unwrap_or_else(|| PathBuf::from(DEFAULT_FILE)))?)
        };
        Ok(ConfigSource { origin, project_id, base_url })
    }
}

fn print_warnings<'a>(warnings: impl IntoIterator<Item = &'a Diagnostic>) {
    for warning in warnings {
        print::warning(&format_args!("warning: {warning}"));
    }
}

/// Returns the absolute path of an output. `-` stays as it is: the configuration refuses it, while `./-` is a file.
pub(super) fn output(path: &Path) -> Result<PathBuf, Failure> {
    if path.as_os_str() == "-" { Ok(path.to_owned()) } else { absolute(path) }
}

/// Makes a path absolute. Resolves `..` in the file system, through links.
///
/// A `~` that the shell left in place, as in `--output=~/a.jwt`, is refused: it would become a folder of that name. So are `$HOME`, which
/// no shell expands in an `ExecStart=` or in `args` of Kubernetes, and a URL.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    if let Some(unexpanded) = path.to_str().and_then(Unexpanded::at_the_start) {
        let shown = path.display();
        let remedy = match unexpanded {
            Unexpanded::Home | Unexpanded::HomeOf(_) => {
                "the shell has not replaced `~`, which it does only at the start of a word\n       \
                 write the path in full or with `$HOME`"
                    .to_owned()
            }
            Unexpanded::Variable { .. }
            | Unexpanded::Braced(_)
            | Unexpanded::Specifier(_)
            | Unexpanded::OfWindows(_) => {
                "it is not expanded: no shell has read it, or it was in single quotes\n       write the path in full"
                    .to_owned()
            }
            Unexpanded::Template | Unexpanded::Url | Unexpanded::Drive | Unexpanded::Quote | Unexpanded::Space => {
                format!("{unexpanded}\n       {}", unexpanded.remedy())
            }
        };
        let what = format!("`{shown}`: {remedy}; a file or folder of this name is `./{shown}`");
        return Err(Failure::CommandLine(what));
    }
    let goes_up = path.components().any(|part| part == Component::ParentDir);
    if let (true, Some(folder), Some(name)) = (goes_up, path.parent(), path.file_name()) {
        let whole = folder
            .canonicalize()
            .map_err(|error| Failure::CommandLine(format!("cannot find folder `{}`: {error}", folder.display())))?;
        return Ok(whole.join(name));
    }
    match std::path::absolute(path) {
        Ok(whole) if path.as_os_str().as_encoded_bytes().ends_with(b"/") => Ok(whole.join("")),
        Ok(whole) => Ok(whole),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            Err(Failure::CommandLine("a path on the command line is empty".to_owned()))
        }
        Err(error) => Err(Failure::CommandLine(format!("cannot find the current folder: {error}"))),
    }
}

/// Refuses a secret in place of its path, because paths appear in messages.
fn refuse_a_secret(path: &Path, flag: &str, noun: &str) -> Result<(), Failure> {
    let text = path.to_string_lossy();
    let is_value = text.starts_with(['[', '{']) || (!text.contains('/') && looks_like_a_secret(&text));
    if is_value && !path.exists() {
        let message = format!(
            "the value of `{flag}` looks like {noun} itself\n       write it to a file and pass its path; replace it, because \
             `ps` and the shell's history may have it"
        );
        return Err(Failure::CommandLine(message));
    }
    Ok(())
}

const CONFIG_HELP: &str = "Configuration file [default: $TOKENWELL_CONFIG, else /etc/tokenwell/tokenwell.yaml]";
const BASE_URL_HELP: &str =
    "Base URL of Descope's API; overrides $DESCOPE_BASE_URL and the file [default: by the project's region]";
const CONFIG_VARIABLE: &str = "TOKENWELL_CONFIG";
