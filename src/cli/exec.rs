//! `tokenwell exec`: gets the tokens and runs a program that uses them.

mod variables;

use std::{ffi::OsString, process::ExitCode, time::Duration};

use clap::Args;
use tracing::{error, info, warn};

use self::variables::{TokenVariable, Variables};
use super::{
    failure::Failure,
    process::{self, CoreLimit},
    source::SourceArguments,
    tokens,
};
use crate::{
    blocking,
    child::{self, OnRotation, Program, Signals, Supervisor},
    config::duration,
    daemon::Daemon,
};

/// Get every token, then run a program and keep its tokens fresh: for containers without a sidecar
///
/// The environment of the program names its token files: TOKENWELL_<CREDENTIAL>_FILE for each credential, in uppercase
/// and with `_` for `-`, and `DESCOPE_SESSION_TOKEN_FILE` if there is only one. Signals are forwarded to it, including
/// HUP and USR1. The exit code is the program's, or 128 plus the number of the signal that ended it; 127 if the program
/// was not found, 126 if it cannot be executed, 1 if a token is still missing after the timeout. As the first process
/// of a container tokenwell reaps orphaned processes.
///
/// After TERM or INT the program has the grace period to exit before it is killed; further signals are forwarded and
/// change nothing. The program must stay in the foreground, and a shell must `exec` it, because signals go only to the
/// process that tokenwell started.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// How long to try to get every token before the program starts
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration::parse)]
    timeout: Duration,
    /// When a token is replaced: do `nothing`, `restart` the program, or send it a signal such as `HUP` or `USR1`
    #[arg(long, value_name = "WHAT", default_value = "nothing", value_parser = on_rotation)]
    on_rotation: OnRotation,
    /// How long the program may take to exit after TERM, on a stop or restart, before it is killed
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration::parse)]
    grace: Duration,
    /// Put the token itself into a variable, for a program that cannot read a file; may be given more than once. Other
    /// processes of the same user can read it there. Needs `--on-rotation restart`. The credential can be omitted if
    /// there is only one
    #[arg(long = "token-env", value_name = "NAME[=CREDENTIAL]")]
    token_variables: Vec<TokenVariable>,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
    #[command(flatten)]
    source: SourceArguments,
}

/// Runs the program until it ends.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { timeout, on_rotation, grace, token_variables, source, program } = arguments;
    if !token_variables.is_empty() && on_rotation != OnRotation::Restart {
        return Err(Failure::CommandLine(STALE.to_owned()));
    }
    let mut program = program.into_iter();
    let program = Program { name: program.next().unwrap_or_default(), arguments: program.collect() };
    let (config, source) = source.begin()?;
    let core_limit = process::harden_with_programs();
    let variables =
        Variables::new(token_variables, &config).map_err(|error| Failure::CommandLine(error.to_string()))?;
    process::block_on(async {
        blocking::keep_thread();
        let signals = Signals::listen()?;
        let mut daemon = Daemon::start_beside_a_program(config, source).map_err(Failure::at_run_time)?;
        daemon.serve_status();
        daemon.serve_control();
        daemon.tell_service_manager();
        let mut supervisor = Supervisor::new(signals, daemon.children().clone(), on_rotation, grace);
        let begun = tokio::select! {
            every = tokens::wait_for_all(&mut daemon, timeout) => every.map(|()| None),
            signal = supervisor.termination_signal() => Ok(Some(signal)),
        };
        let code = match begun {
            Ok(None) => Launch { program, variables, core_limit }.supervise(&mut daemon, &mut supervisor).await,
            // The program was the target of the signal, so the exit code is the one that it would have had.
            Ok(Some(signal)) => {
                info!("{} came before the program was started", child::name(signal));
                Ok(child::code_after(signal))
            }
            Err(failure) => Err(failure),
        };
        tokio::select! {
            () = daemon.drain() => {}
            signal = supervisor.stop_signal() => warn!("{} came again; stopping at once", child::name(signal)),
        }
        code.map(ExitCode::from)
    })
}

/// What the program is started with, each time.
struct Launch {
    program: Program,
    variables: Variables,
    core_limit: CoreLimit,
}

impl Launch {
    /// Runs the daemon and the program's supervisor until the program ends; returns its exit code.
    async fn supervise(&self, daemon: &mut Daemon, supervisor: &mut Supervisor) -> Result<u8, Failure> {
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
                        error!("tokens are no longer renewed, stopping the program: {why}");
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
        self.core_limit.with_inherited(|| supervisor.start(&self.program, values))?;
        Ok(())
    }

    /// Applies a rotation. Does not end a program that could not be started again.
    fn rotated(&self, daemon: &Daemon, supervisor: &mut Supervisor) {
        match self.variables.values(daemon) {
            Ok(_) => supervisor.rotated(),
            Err(why) => error!("the program continues with the old token: {why}"),
        }
    }
}

/// Why a text is no action for a replaced token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("write `nothing`, `restart` or the name of a signal; {0}")]
struct NotARotationAction(child::UnknownSignal);

/// Parses the action for a replaced token.
fn on_rotation(text: &str) -> Result<OnRotation, NotARotationAction> {
    match text {
        "nothing" => Ok(OnRotation::Nothing),
        "restart" => Ok(OnRotation::Restart),
        text => child::parse(text).map(OnRotation::Signal).map_err(NotARotationAction),
    }
}

const STALE: &str = "`--token-env` passes the token only at the start, so it would become stale; add `--on-rotation restart`, or let \
the program read the file that TOKENWELL_<CREDENTIAL>_FILE names";
const EXAMPLES: &str = "\
Examples:
  tokenwell exec --config tokenwell.yaml -- /usr/bin/app --port 8080
  tokenwell exec --on-rotation HUP -- nginx -g 'daemon off;'
  tokenwell exec --on-rotation restart --token-env API_TOKEN=billing -- node server.js
  tokenwell exec --project-id P2… --access-key-file key --output app.jwt -- sh -c 'exec app --token-file \"$DESCOPE_SESSION_TOKEN_FILE\"'";
