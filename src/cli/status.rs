//! `tokenwell status`: shows the state of every credential at a terminal.

mod detail;
mod fetch;
mod folded;
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
    detail::{SecretFile, detail},
    fetch::{FetchedReport, ReportSource},
    table::{Area, long_table, table},
};
use super::{
    credential_name::not_found,
    failure::Failure,
    print, process,
    same_config::TargetConfig,
    source::SourceArguments,
    terminal::{
        screen::{self, Screen},
        text::{Color, Line, Style, wrapped},
    },
};
use crate::{clock, config::Config};

/// Show the state of every credential, problems first
///
/// Asks the daemon at the address in the configuration (`status.listen`); without one, reads the status file in the
/// state directory, and checks the token files and the clock itself. Exits with 0 if every required token is on disk
/// and valid, else with 1.
///
/// If the table is longer than the terminal, or has more than 20 rows in a pipe, rows without a problem are folded into one line,
/// and the summary is the last line.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Show everything about this credential; the exit code is then about it alone
    name: Option<String>,
    /// Show every credential, however many there are
    #[arg(long, conflicts_with_all = ["watch", "name"])]
    all: bool,
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
    let Arguments { name, all, watch: watches, json, source } = arguments;
    if watches && !screen::is_terminal() {
        let message = "`--watch` needs a terminal, and standard output is not one; omit it";
        return Err(Failure::CommandLine(message.to_owned()));
    }
    let (config, file) = source.load_with_file()?;
    let target = Arc::new(TargetConfig { config: Arc::new(config), file });
    let view = match name {
        Some(name) => View::Credential { files: secret_files(&target.config, &name), name },
        None if all => View::All,
        None => View::Folded,
    };
    process::harden();
    let ready = process::block_on(async {
        if watches { watch(&target, &view).await } else { show(&target, &view, json).await }
    })?;
    Ok(if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is shown.
enum View {
    /// Every credential.
    All,
    /// Every credential, those without a problem in one line if there are many.
    Folded,
    /// Everything about one credential, with its secret files.
    Credential { name: String, files: Vec<SecretFile> },
}

impl View {
    fn of_report(&self, fetched: &FetchedReport, area: Area, style: Style) -> Vec<Line> {
        let now = clock::wall();
        match (self, area.rows) {
            (Self::Credential { files, .. }, rows) => {
                let mut lines = detail(fetched, files, now, area.columns);
                lines.truncate(rows.unwrap_or(usize::MAX));
                lines
            }
            (Self::All | Self::Folded, drawn) => {
                let whole = table(fetched, now, area.columns, style);
                let terminal = drawn.or_else(screen::rows);
                let is_long = match terminal {
                    Some(rows) => whole.len() > rows,
                    None => fetched.report.credentials.len() > PIPE_CREDENTIALS_MAX,
                };
                match self {
                    Self::Folded if is_long => {
                        long_table(fetched, now, area.columns, Some(terminal.unwrap_or(PIPE_ROWS)), style)
                    }
                    Self::All if is_long => long_table(fetched, now, area.columns, None, style),
                    Self::All | Self::Folded | Self::Credential { .. } => whole,
                }
            }
        }
    }

    /// Fetches the report; if one credential is shown, without the others.
    async fn fetch(&self, target: &Arc<TargetConfig>) -> Result<FetchedReport, Failure> {
        let fetched = FetchedReport::fetch(target).await.map_err(Failure::at_run_time)?;
        match self {
            Self::All | Self::Folded => Ok(fetched),
            Self::Credential { name, .. } => fetched.only(name).map_err(|known| {
                let known: Vec<_> = known.iter().map(String::as_str).collect();
                not_found(Some(name), &known, &[])
            }),
        }
    }
}

/// Returns the secret files of a credential, as far as the configuration names them.
fn secret_files(config: &Config, name: &str) -> Vec<SecretFile> {
    let from_folders = config.key_directories.iter().filter_map(|directory| {
        directory.credential(directory.selection.file_of(name)).ok().filter(|credential| credential.name == name)
    });
    let named = config.credentials.iter().find(|credential| credential.name == name).cloned();
    let Some(credential) = named.or_else(|| from_folders.into_iter().next()) else { return Vec::new() };
    let files = credential.source.files();
    files.iter().map(|file| (file.kind.file_noun(), file.path.to_owned())).collect()
}

async fn show(target: &Arc<TargetConfig>, view: &View, json: bool) -> Result<bool, Failure> {
    let fetched = view.fetch(target).await?;
    if json {
        if let ReportSource::File(_) = fetched.source {
            print::notice(&fetched.source_line(clock::wall()));
        }
        print::result(&fetched.report.to_json().trim_end())?;
    } else {
        let style = screen::style();
        let area = Area { columns: screen::columns().unwrap_or(PIPE_COLUMNS), rows: None };
        let lines: Vec<_> = shown(&view.of_report(&fetched, area, style), style);
        print::result(&lines.join("\n"))?;
    }
    Ok(fetched.report.ready)
}

fn shown(lines: &[Line], style: Style) -> Vec<String> {
    lines.iter().map(|line| line.shown(style).trim_end().to_owned()).collect()
}

/// Redraws until a signal arrives; returns whether everything was ready then. Failures are shown, and the next second
/// tries again. A terminal that cannot be drawn on, such as Emacs's shell, gets a new table below the last one, less often.
async fn watch(target: &Arc<TargetConfig>, view: &View) -> Result<bool, Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let mut screen = screen::is_drawable().then(Screen::open).transpose()?;
    let every = if screen.is_some() { REDRAW_EVERY } else { REPRINT_EVERY };
    let mut ready = false;
    loop {
        let fetched = tokio::select! {
            fetched = view.fetch(target) => fetched,
            _ = signals.next() => return Ok(ready),
        };
        if let Err(why @ Failure::CommandLine(_)) = fetched {
            return Err(why);
        }
        ready = fetched.as_ref().is_ok_and(|fetched| fetched.report.ready);
        let lines = |area: Area, style| match &fetched {
            Ok(fetched) => view.of_report(fetched, area, style),
            Err(why) => {
                let lines = wrapped(&why.to_string(), area.columns).into_iter().take(area.rows.unwrap_or(usize::MAX));
                lines.map(|line| Line::new(Color::Bad, line)).collect()
            }
        };
        match &mut screen {
            Some(screen) => {
                screen.draw(|size, style| lines(Area { columns: size.columns, rows: Some(size.rows) }, style))?;
            }
            None => screen::print_below(|columns, style| lines(Area { columns, rows: None }, style))?,
        }
        tokio::select! {
            () = sleep(every) => {}
            _ = signals.next() => return Ok(ready),
        }
    }
}

/// A daemon and the disk may each take some seconds to answer.
const LIMIT: Duration = Duration::from_secs(20);
const REDRAW_EVERY: Duration = Duration::from_secs(1);
const REPRINT_EVERY: Duration = Duration::from_secs(10);

/// The width if standard output is not a terminal.
const PIPE_COLUMNS: usize = 120;
/// More credentials than this are folded there.
const PIPE_CREDENTIALS_MAX: usize = 20;
/// The height of a folded table there: a usual terminal, less the line of the prompt.
const PIPE_ROWS: usize = 23;

const EXAMPLES: &str = "\
Examples:
  tokenwell status --config tokenwell.yaml
  tokenwell status billing                          everything about one credential
  tokenwell status --watch                          redraw every second
  tokenwell status --json | jq .credentials         for scripts; the exit code is 0 if all is ready";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::cli::terminal::samples::{failing, fresh, report};

    #[test]
    fn a_drawn_table_that_is_too_long_is_folded() {
        let drawn = |count: usize| {
            let others = (1..count).map(|n| fresh(&format!("b{n}")));
            let report = report(4.2, others.chain([failing("a")]).collect());
            let source = ReportSource::Daemon("unix:/run/s.sock".to_owned());
            let fetched = FetchedReport { report, missing: BTreeMap::new(), source };
            let area = Area { columns: 79, rows: Some(20) };
            shown(&View::Folded.of_report(&fetched, area, STYLE), STYLE)
        };
        assert!(drawn(5)[0].starts_with("4 of 5 fresh; a: "), "it fits");
        let long = drawn(50);
        assert!(long.len() <= 20 && long[1].starts_with("a "), "{long:#?}");
        assert!(long.last().unwrap().starts_with("49 of 50 fresh; a: "), "{long:#?}");
        assert!(long.iter().any(|line| line.starts_with("... and 49 fresh; ")), "{long:#?}");
    }

    const STYLE: Style = Style { colours: false, unicode: false };
}
