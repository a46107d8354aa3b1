//! `tokenwell status`: shows the state of every credential at a terminal.

mod fetch;
mod headline;
mod layout;
mod row;
mod table;

use std::{process::ExitCode, sync::Arc, time::Duration};

use clap::Args;
use futures_util::StreamExt as _;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook_tokio::Signals;
use tokio::time::sleep;

use self::{
    fetch::{FetchedReport, ReportSource},
    table::{Area, table},
};
use super::{
    failure::Failure,
    print, process,
    same_config::TargetConfig,
    source::SourceArguments,
    terminal::{
        screen::{self, Screen},
        text::{Color, Line, Style, wrapped},
    },
};
use crate::clock;

/// Show the state of every credential, problems first
///
/// Asks the daemon at the address in the configuration (`status.listen`); without one, reads the status file in the
/// state directory, and checks the token files and the clock itself. Exits with 0 if every required token is on disk
/// and valid, else with 1.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Redraw every second on a terminal, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Print the whole report as JSON
    #[arg(long, conflicts_with = "watch")]
    json: bool,
    #[command(flatten)]
    source: SourceArguments,
}

impl Arguments {
    /// How long the command may take; `None` if it goes on until a signal.
    pub(super) fn limit(&self) -> Option<Duration> {
        (!self.watch).then_some(LIMIT)
    }
}

/// Shows the status once, or repeatedly.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { watch: watches, json, source } = arguments;
    if watches && !screen::is_drawable() {
        let message = "`--watch` needs a terminal, and standard output is not one; omit it";
        return Err(Failure::CommandLine(message.to_owned()));
    }
    let (config, file) = source.load_with_file()?;
    let target = Arc::new(TargetConfig { config: Arc::new(config), file });
    process::harden();
    let ready = process::block_on(async { if watches { watch(&target).await } else { show(&target, json).await } })?;
    Ok(if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn show(target: &Arc<TargetConfig>, json: bool) -> Result<bool, Failure> {
    let fetched = FetchedReport::fetch(target).await.map_err(Failure::at_run_time)?;
    if json {
        if let ReportSource::File(_) = fetched.source {
            print::notice(&fetched.source_line(clock::wall()));
        }
        print::result(&fetched.report.to_json().trim_end())?;
    } else {
        let style = screen::style();
        let area = Area { columns: screen::columns().unwrap_or(PIPE_COLUMNS), rows: None };
        let lines: Vec<_> = shown(&table(&fetched, clock::wall(), area, style), style);
        print::result(&lines.join("\n"))?;
    }
    Ok(fetched.report.ready)
}

fn shown(lines: &[Line], style: Style) -> Vec<String> {
    lines.iter().map(|line| line.shown(style).trim_end().to_owned()).collect()
}

/// Redraws until a signal arrives; returns whether everything was ready then. Failures are shown, and the next second
/// tries again.
async fn watch(target: &Arc<TargetConfig>) -> Result<bool, Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let mut screen = Screen::open()?;
    let mut ready = false;
    loop {
        let fetched = tokio::select! {
            fetched = FetchedReport::fetch(target) => fetched,
            _ = signals.next() => return Ok(ready),
        };
        ready = fetched.as_ref().is_ok_and(|fetched| fetched.report.ready);
        screen.draw(|size, style| match &fetched {
            Ok(fetched) => table(fetched, clock::wall(), Area { columns: size.columns, rows: Some(size.rows) }, style),
            Err(why) => {
                let lines = wrapped(&why.to_string(), size.columns).into_iter().take(size.rows);
                lines.map(|line| Line::new(Color::Bad, line)).collect()
            }
        })?;
        tokio::select! {
            () = sleep(REDRAW_EVERY) => {}
            _ = signals.next() => return Ok(ready),
        }
    }
}

/// A daemon and the disk may each take some seconds to answer.
const LIMIT: Duration = Duration::from_secs(20);
const REDRAW_EVERY: Duration = Duration::from_secs(1);

/// The width if standard output is not a terminal.
const PIPE_COLUMNS: usize = 120;

const EXAMPLES: &str = "\
Examples:
  tokenwell status --config tokenwell.yaml
  tokenwell status --watch                          redraw every second
  tokenwell status --json | jq .credentials         for scripts; the exit code is 0 if all is ready";
