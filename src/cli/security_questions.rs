//! `tokenwell security-questions`: stores a user's answers to security questions at Descope.

mod prompt;

use std::{io::IsTerminal as _, path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};

use super::{
    failure::Failure,
    print, process,
    source::{ConfigArguments, secret_file},
};
use crate::offline::{QuestionsSetup, SetupAnswers, SetupError, denial_remains, questions_of};

/// Set up the security questions of a user
///
/// A credential with `securityQuestions` gets sessions from the answers of a user to security questions. Descope has to know
/// the answers first.
#[derive(Args)]
#[command(after_help = EXAMPLES, subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Setup(SetupArguments),
}

/// Store the answers of a credential's user at Descope
///
/// The answers come from a file, or from a prompt on the terminal that does not show them. They are never arguments or
/// environment variables. The request presents the newest refresh token of the credential, beside its daemon or without one.
/// No session is requested and no file is changed.
///
/// If the API asks to wait for at most 60 s, the request is sent once more after that time. Redirects are not followed. At most 4
/// requests are sent. If the credential was denied before, the next start sends its answers again. Exits with 0 if the answers are stored, with 1 if the server or the network refuses, and with 2 if the
/// command line, the configuration or a file is wrong; nothing is sent then.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
struct SetupArguments {
    /// The credential, which has `securityQuestions`
    #[arg(long, value_name = "NAME")]
    credential: String,
    /// The answers, a JSON list like `[{"id": "…", "answer": "…"}]` [default: a prompt on the terminal]
    #[arg(long, value_name = "FILE")]
    answers_file: Option<PathBuf>,
    #[command(flatten)]
    source: ConfigArguments,
}

/// Runs the command.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    match arguments.action {
        Action::Setup(arguments) => set_up(arguments),
    }
}

fn set_up(arguments: SetupArguments) -> Result<ExitCode, Failure> {
    let SetupArguments { credential, answers_file, source } = arguments;
    let answers_file = answers_file.map(|path| secret_file(&path, "--answers-file", "an answer")).transpose()?;
    let config = source.load_quietly()?;
    process::harden();
    let questions = questions_of(&config, &credential)?;
    let (login_id, own_file) = (questions.login_id.clone(), questions.answers_file.clone());
    process::block_on(async {
        let answers = match &answers_file {
            Some(path) => SetupAnswers::File(path.clone()),
            None if std::io::stdin().is_terminal() => SetupAnswers::Given(prompt::answers(&login_id).await?),
            None => return Err(Failure::CommandLine(NO_ANSWERS.to_owned())),
        };
        let setup = QuestionsSetup::prepare(&config, questions, answers)?;
        setup.send(&mut |text| print::notice(&text)).await?;
        print::result(&format_args!("the security questions of `{login_id}` are set up"))?;
        if answers_file.as_ref() != Some(&own_file) {
            print::notice(&format_args!("next: put the same answers into `{}`", own_file.display()));
        }
        if denial_remains(&config, &credential) {
            print::notice(&AFTER_A_DENIAL);
        }
        Ok(ExitCode::SUCCESS)
    })
}

impl From<SetupError> for Failure {
    fn from(error: SetupError) -> Self {
        if error.is_usage() { Self::CommandLine(error.to_string()) } else { Self::at_run_time(error) }
    }
}

const NO_ANSWERS: &str = "there is no terminal to ask for the answers; name their file with `--answers-file`";
const AFTER_A_DENIAL: &str =
    "next: the daemon was denied, so it waits for a change of its files; if they stay as they are, send it USR1";
const EXAMPLES: &str = "\
Examples:
  tokenwell security-questions setup --config tokenwell.yaml --credential verified-user
  tokenwell security-questions setup --credential verified-user --answers-file answers.json";
