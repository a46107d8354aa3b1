//! `tokenwell status`: how every credential is, for a person at a terminal.

mod account;
mod headline;
mod row;
mod same_config;
mod table;

use std::{process::ExitCode, sync::Arc, time::Duration};

use clap::Args;
use futures_util::StreamExt as _;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook_tokio::Signals;
use tokio::time::sleep;

use self::{
    account::{Account, ReportSource},
    same_config::Meant,
    table::{Room, table},
};
use super::{
    Failure, print, process,
    source::SourceArguments,
    terminal::{
        screen::{self, Screen},
        text::{Color, Line, Style, wrapped},
    },
};
use crate::clock;

/// Show how every credential is, what is wrong first
///
/// Asks the daemon where the configuration says that it serves its status (`status.listen`); else reads what it left in the
/// state directory, and looks at the files and the clock itself. Ends with 0 if every required token is on disk and lives,
/// else with 1.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Draw it anew every second, on a terminal, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Print the whole report as JSON
    #[arg(long, conflicts_with = "watch")]
    json: bool,
    #[command(flatten)]
    source: SourceArguments,
}

/// Shows it once, or again and again.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { watch: watches, json, source } = arguments;
    if watches && !screen::is_drawable() {
        let said = "`--watch` draws on a terminal, and standard output is none; leave it out";
        return Err(Failure::CommandLine(said.to_owned()));
    }
    let (config, file) = source.load_with_its_file()?;
    let meant = Arc::new(Meant { config: Arc::new(config), file });
    process::harden();
    let ready = process::block_on(async { if watches { watch(&meant).await } else { show(&meant, json).await } })?;
    Ok(if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn show(meant: &Arc<Meant>, json: bool) -> Result<bool, Failure> {
    let account = Account::take(meant).await.map_err(Failure::at_run_time)?;
    if json {
        if let ReportSource::File(_) = account.teller {
            print::complaint(&account.told_by(clock::wall()));
        }
        print::result(&account.report.to_json().trim_end())?;
    } else {
        let style = screen::style();
        let room = Room { columns: screen::columns().unwrap_or(PIPE_COLUMNS), rows: None };
        let lines: Vec<_> = shown(&table(&account, clock::wall(), room, style), style);
        print::result(&lines.join("\n"))?;
    }
    Ok(account.report.ready)
}

fn shown(lines: &[Line], style: Style) -> Vec<String> {
    lines.iter().map(|line| line.shown(style).trim_end().to_owned()).collect()
}

/// Until a signal comes; whether all was ready then. What cannot be told now may be told in a second.
async fn watch(meant: &Arc<Meant>) -> Result<bool, Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let mut screen = Screen::open()?;
    let mut ready = false;
    loop {
        let account = tokio::select! {
            account = Account::take(meant) => account,
            _ = signals.next() => return Ok(ready),
        };
        ready = account.as_ref().is_ok_and(|account| account.report.ready);
        screen.draw(|size, style| match &account {
            Ok(account) => table(account, clock::wall(), Room { columns: size.columns, rows: Some(size.rows) }, style),
            Err(why) => {
                let lines = wrapped(why, size.columns).into_iter().take(size.rows);
                lines.map(|line| Line::new(Color::Bad, line)).collect()
            }
        })?;
        tokio::select! {
            () = sleep(REDRAW_EVERY) => {}
            _ = signals.next() => return Ok(ready),
        }
    }
}

const REDRAW_EVERY: Duration = Duration::from_secs(1);

/// Where standard output is no terminal.
const PIPE_COLUMNS: usize = 120;

const EXAMPLES: &str = "\
Examples:
  tokenwell status --config tokenwell.yaml
  tokenwell status --watch                          redraw every second
  tokenwell status --json | jq .credentials         for scripts; the exit code says whether all is ready";
