//! `tokenwell exec`: the tokens, and a program beside them.

mod variables;

use std::{ffi::OsString, process::ExitCode, time::Duration};

use clap::Args;
use tracing::{error, info};

use self::variables::{TokenVariable, Variables};
use super::{
    Failure,
    process::{self, CoreLimit},
    source::SourceArguments,
    tokens,
};
use crate::{
    child::{self, OnRotation, Program, Signals, Supervisor},
    config::duration,
    daemon::Daemon,
};

/// Get every token, then run a program and keep its tokens fresh: for containers with no sidecar
///
/// The program finds its token files by its environment: TOKENWELL_<CREDENTIAL>_FILE for each credential, in capitals and
/// with `_` for `-`, and `DESCOPE_SESSION_TOKEN_FILE` where there is only one. Signals go to it, HUP and USR1 too, and tokenwell
/// exits as it did: with its code, or with 128 and the number of the signal that ended it. 127 means that it was not found,
/// 126 that it cannot be run, 1 that a token is missing when the time is over. As the first process of a container tokenwell
/// sees orphans off.
///
/// After TERM or INT the program has the grace to end before it is killed; further ones are passed on and change nothing. Let
/// it stay in the foreground, and let a shell `exec` it, for signals go to the one process that was started.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// How long to try to get every token before the program is started
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration::parse)]
    timeout: Duration,
    /// When a token is replaced: do `nothing`, `restart` the program, or send it a signal such as `HUP` or `USR1`
    #[arg(long, value_name = "WHAT", default_value = "nothing", value_parser = on_rotation)]
    on_rotation: OnRotation,
    /// How long the program may take to end after TERM, at a stop or a restart, before it is killed
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration::parse)]
    grace: Duration,
    /// Put the token itself into a variable, for a program that reads no file; may be given more than once. Others of the
    /// same user can read it there. Needs `--on-rotation restart`. The credential can be left out if there is only one
    #[arg(long = "token-env", value_name = "NAME[=CREDENTIAL]")]
    token_variables: Vec<TokenVariable>,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
    #[command(flatten)]
    source: SourceArguments,
}

/// Runs the program to its end.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { timeout, on_rotation, grace, token_variables, source, program } = arguments;
    if !token_variables.is_empty() && on_rotation != OnRotation::Restart {
        return Err(Failure::CommandLine(STALE.to_owned()));
    }
    let mut program = program.into_iter();
    let program = Program { name: program.next().unwrap_or_default(), arguments: program.collect() };
    let (config, source) = source.begin()?;
    let core_limit = process::harden_with_programs();
    let variables = Variables::new(token_variables, &config).map_err(Failure::CommandLine)?;
    process::block_on(async {
        let signals = Signals::listen()?;
        let mut daemon = Daemon::start_beside_a_program(config, source).map_err(Failure::at_run_time)?;
        daemon.serve_status().map_err(Failure::at_run_time)?;
        daemon.tell_service_manager();
        let mut supervisor = Supervisor::new(signals, daemon.children().clone(), on_rotation, grace);
        let begun = tokio::select! {
            every = tokens::every(&mut daemon, timeout) => every.map(|()| None),
            signal = supervisor.termination_signal() => Ok(Some(signal)),
        };
        let code = match begun {
            Ok(None) => Stand { program, variables, core_limit }.keep(&mut daemon, &mut supervisor).await,
            // Whoever ended it wanted to end the program, and sees what he would have seen then.
            Ok(Some(signal)) => {
                info!("{} came before the program was started", child::name(signal));
                Ok(child::code_after(signal))
            }
            Err(failure) => Err(failure),
        };
        daemon.drain().await;
        code.map(ExitCode::from)
    })
}

/// What the program is started with, each time.
struct Stand {
    program: Program,
    variables: Variables,
    core_limit: CoreLimit,
}

impl Stand {
    /// Turns the daemon and the program's supervisor until the program has ended; answers with its code.
    async fn keep(&self, daemon: &mut Daemon, supervisor: &mut Supervisor) -> Result<u8, Failure> {
        let mut failure = None;
        let mut rotations = daemon.rotations();
        loop {
            tokio::select! {
                turn = daemon.turn(), if failure.is_none() => match turn {
                    Ok(_) if daemon.rotations() == rotations => {}
                    Ok(_) => {
                        rotations = daemon.rotations();
                        self.rotated(daemon, supervisor);
                    }
                    Err(why) => {
                        error!("tokens are renewed no longer, the program is stopped: {why}");
                        failure = Some(why);
                        supervisor.stop();
                    }
                },
                turn = supervisor.turn() => match turn? {
                    child::Progress::Handled if supervisor.is_stopping() => daemon.announce_stopping(),
                    child::Progress::Handled => {}
                    child::Progress::Start => {
                        rotations = daemon.rotations();
                        self.start(daemon, supervisor)?;
                        daemon.program_runs();
                    }
                    child::Progress::Ended(status) => return match failure {
                        None => Ok(child::code(status)),
                        Some(why) => Err(why.into()),
                    },
                },
            }
        }
    }

    fn start(&self, daemon: &Daemon, supervisor: &mut Supervisor) -> Result<(), Failure> {
        let values = self.variables.values(daemon).map_err(Failure::at_run_time)?;
        let values = values.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
        self.core_limit.lifted(|| supervisor.start(&self.program, values))?;
        Ok(())
    }

    /// A program that could not be started again is not ended.
    fn rotated(&self, daemon: &Daemon, supervisor: &mut Supervisor) {
        match self.variables.values(daemon) {
            Ok(_) => supervisor.rotated(),
            Err(why) => error!("the program goes on with the old token: {why}"),
        }
    }
}

/// Reads what is to be done when a token is replaced.
fn on_rotation(text: &str) -> Result<OnRotation, String> {
    match text {
        "nothing" => Ok(OnRotation::Nothing),
        "restart" => Ok(OnRotation::Restart),
        text => child::parse(text)
            .map(OnRotation::Signal)
            .map_err(|error| format!("write `nothing`, `restart` or the name of a signal; {error}")),
    }
}

const STALE: &str = "`--token-env` hands the token over once, and it would grow stale; add `--on-rotation restart`, or let the \
    program read the file that TOKENWELL_<CREDENTIAL>_FILE names";
const EXAMPLES: &str = "\
Examples:
  tokenwell exec --config tokenwell.yaml -- /usr/bin/app --port 8080
  tokenwell exec --on-rotation HUP -- nginx -g 'daemon off;'
  tokenwell exec --on-rotation restart --token-env API_TOKEN=billing -- node server.js
  tokenwell exec --project-id P2… --access-key-file key --output app.jwt -- sh -c 'exec app --token-file \"$DESCOPE_SESSION_TOKEN_FILE\"'";
