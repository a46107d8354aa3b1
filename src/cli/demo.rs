//! `tokenwell demo`: the sandbox, the daemon and a live table in one command.
//!
//! ```text
//! scenario ─ scenes ─> stage (temporary folder, mounted Secret, sandbox) <─> the real daemon ─ reports ─> show
//!                                                    └── token files ─> reader (counts results) ──────────┘
//! ```

mod changes;
mod frame;
mod reader;
mod scenario;
mod secret_volume;
mod show;
mod stage;
mod summary;
mod table;

use std::{
    env,
    io::{self, IsTerminal as _},
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use clap::Args;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use tokio::time::sleep;

use self::{
    reader::Reader,
    scenario::{RENEW_AT_PERCENT, Scenario, Scene},
    show::Show,
    stage::Stage,
    summary::Summary,
    table::seconds,
};
use super::{failure::Failure, logging, print, process, shell, terminal::screen};
use crate::{
    clock,
    config::{self, Environment, LogSettings, duration},
    daemon::{self, Daemon, Turn},
    renewal::Moment,
    status::Placement,
};

/// See it work: a sandbox for Descope's API, the daemon and a live table in one command
///
/// Needs no account, no network and no configuration. Rotates a key, makes the API fail for a few seconds, and explains
/// each step. Stop it with Ctrl-C.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Stop after this time, such as `20s`
    #[arg(long = "for", value_name = "DURATION", value_parser = duration::parse)]
    length: Option<Duration>,
}

/// Runs the demo until it is stopped or its time is over. Fails if a token was missing, torn or expired at any time.
#[expect(clippy::needless_pass_by_value, reason = "every command owns its arguments")]
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    // Catches signals from before the first file is created until the daemon listens to signals itself.
    let stopped = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register(signal, Arc::clone(&stopped))?;
    }
    let logs = env::var_os("TOKENWELL_LOG").is_some_and(|filter| !filter.is_empty());
    if logs {
        logging::start(&LogSettings::default())?;
    }
    process::harden();
    let scenario = Scenario::new(arguments.length);
    let mut stage = Stage::set_up(&scenario).map_err(Failure::at_run_time)?;
    let drawable = screen::is_drawable() && !(logs && io::stderr().is_terminal());
    let played = process::block_on(play(scenario, &mut stage, drawable, &stopped));
    let cleared = stage.clear().map_err(Failure::at_run_time);
    let summary = played?;
    cleared?;
    // `None` if the reader of the output closed it, as `head` does.
    summary.map_or(Ok(()), |summary| print_summary(&summary))?;
    Ok(ExitCode::SUCCESS)
}

async fn play(
    scenario: Scenario,
    stage: &mut Stage,
    drawable: bool,
    stopped: &AtomicBool,
) -> Result<Option<Summary>, Failure> {
    let mut daemon = start_daemon(stage)?;
    let reader = Reader::start(stage.tokens(), stage.signing_keys().map_err(Failure::at_run_time)?)?;
    let watch_command =
        format!("watch -d -n1 tail -c40 {}/*", shell::quoted(&stage.path("tokens").display().to_string()));
    let show = Show::open(drawable, daemon.report(), watch_command)?;
    let mut play = Play { scenario, stage, show, began: clock::now(), scenes_played: 0, drawn: None };
    let ended = play.run(&mut daemon, &reader, stopped).await;
    let (elapsed, tally) = (play.elapsed(), reader.stop());
    let closed = play.show.close(elapsed, tally);
    let credentials = daemon.report().credentials;
    daemon.drain().await;
    match ended.and(closed) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(None),
        other => other?,
    }
    let late = credentials.iter().filter(|credential| credential.writes == 0 && elapsed > scenario.life);
    Ok(Some(Summary {
        elapsed,
        answers: stage.answers(),
        writes: credentials.iter().map(|credential| credential.writes).sum(),
        without_token: late.map(|credential| credential.name.clone()).collect(),
        tally,
        program: shell::program(),
    }))
}

/// Starts the daemon as `run` does, but without the environment, which is meant for real projects.
fn start_daemon(stage: &Stage) -> Result<Daemon, Failure> {
    let (source, environment) = (stage.source(), Environment::default());
    let config = config::load(&source, &environment)?.config;
    let file = source.path().map(Path::to_owned);
    let load = Arc::new(move || config::load_with_digest(&source, &environment));
    Daemon::start(
        config,
        daemon::ReloadSource { file, load, log_changed: Arc::new(|_| ()), placement: Placement::default() },
    )
    .map_err(Failure::at_run_time)
}

/// A running demo.
struct Play<'a> {
    scenario: Scenario,
    stage: &'a mut Stage,
    show: Show,
    began: Moment,
    scenes_played: u32,
    /// When the table was last drawn.
    drawn: Option<Duration>,
}

impl Play<'_> {
    /// Runs until the scenario ends or a signal stops it.
    async fn run(&mut self, daemon: &mut Daemon, reader: &Reader, stopped: &AtomicBool) -> io::Result<()> {
        self.introduce()?;
        while !stopped.load(Ordering::Relaxed) && self.scenario.end.is_none_or(|end| self.elapsed() < end) {
            self.play_scenes()?;
            if self.frame_due().is_some_and(|due| due <= self.elapsed()) {
                self.draw(reader)?;
            }
            let wake = [self.scenario.end, self.scene_due(), self.frame_due()].into_iter().flatten().min();
            let wait = wake.map_or(Duration::MAX, |wake| wake.saturating_sub(self.elapsed()));
            let turn = tokio::select! {
                turn = daemon.turn() => turn?,
                () = sleep(wait) => Turn::Goes,
            };
            self.show.report_changes(self.elapsed(), daemon.report())?;
            if let Turn::Stop(_) = turn {
                return Ok(());
            }
        }
        // If the machine was suspended until the end, the remaining scenes are still played.
        if stopped.load(Ordering::Relaxed) { Ok(()) } else { self.play_scenes() }
    }

    fn introduce(&mut self) -> io::Result<()> {
        let (api, life) = (self.stage.api(), self.scenario.life.as_secs());
        let (secret, tokens) = (self.stage.path("secret"), self.stage.path("tokens"));
        self.narrate(format!("a sandbox for Descope's API listens on {api}; its tokens are valid for {life}s"))?;
        let (round, outage) = (seconds(self.scenario.round), seconds(self.scenario.outage));
        self.narrate(format!("on stage in the next {round}: first tokens, a new access key, an outage of {outage}"))?;
        self.narrate(format!("two access keys, laid out like a mounted Kubernetes Secret: {}", secret.display()))?;
        self.narrate(format!(
            "the daemon writes a token for each and renews it after {RENEW_AT_PERCENT}% of its lifetime (default: 67%): {}",
            tokens.display()
        ))?;
        self.show.show_watch_command(self.elapsed())
    }

    fn play_scenes(&mut self) -> io::Result<()> {
        while let Some((at, scene)) = self.scenario.scene(self.scenes_played)
            && at <= self.elapsed()
        {
            self.scenes_played += 1;
            match scene {
                Scene::Rotate(name) => {
                    self.stage.rotate(name).map_err(io::Error::other)?;
                    self.narrate(format!(
                        "the access key of `{name}` is rotated in the mounted Secret, as the kubelet does it: \
                        the old key stops working immediately"
                    ))?;
                }
                Scene::Break => {
                    self.stage.break_api();
                    self.show.set_api_down(true);
                    let outage = seconds(self.scenario.outage);
                    self.narrate(format!("the API is down for {outage}: the last valid tokens stay in their files"))?;
                }
                Scene::Mend => {
                    self.stage.mend_api();
                    self.show.set_api_down(false);
                    self.narrate("the API is back".to_owned())?;
                }
                Scene::Close => self.narrate(self.last_act())?,
            }
        }
        Ok(())
    }

    /// Returns what was shown, and what comes now.
    fn last_act(&self) -> String {
        let next = match self.scenario.scene(self.scenes_played) {
            Some(_) => "the same follows for the other key; Ctrl-C ends it and prints a summary",
            None => "the demo is over",
        };
        format!("that was all: a new key and an outage, and apps had a valid token all the time; {next}")
    }

    fn narrate(&mut self, text: String) -> io::Result<()> {
        self.show.narrate(self.elapsed(), text)
    }

    fn draw(&mut self, reader: &Reader) -> io::Result<()> {
        let elapsed = self.elapsed();
        self.drawn = Some(elapsed);
        self.show.draw(elapsed, reader.tally())
    }

    fn scene_due(&self) -> Option<Duration> {
        self.scenario.scene(self.scenes_played).map(|(at, _)| at)
    }

    fn frame_due(&self) -> Option<Duration> {
        let every = self.show.frame_interval()?;
        Some(self.drawn.map_or(Duration::ZERO, |drawn| drawn + every))
    }

    fn elapsed(&self) -> Duration {
        clock::now() - self.began
    }
}

/// Prints the summary, and fails if a token was missing, torn or expired.
fn print_summary(summary: &Summary) -> Result<(), Failure> {
    print::result(&format_args!("\n{}", summary.text()))?;
    summary.failure().map_or(Ok(()), |failure| Err(Failure::at_run_time(failure)))
}

const EXAMPLES: &str = "\
Examples:
  tokenwell demo
  tokenwell demo --for 20s | cat                    plain lines instead of a table";
