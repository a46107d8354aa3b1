//! Where the report comes from: the daemon, or what it left. What was left is judged again by the disk and the clock of now.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{task, time};

use super::same_config::Meant;
use crate::{
    cli::terminal::span::past,
    clock,
    config::Config,
    offline::{self, DiskStatus},
    status::{self, Address, ReadError, Report},
};

/// A report and who told it.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) report: Report,
    /// Credentials whose tokens a reader does not find whole and alive, and why; looked for only where no daemon answers.
    pub(super) missing: BTreeMap<String, String>,
    pub(super) teller: ReportSource,
}

/// Who told it.
#[derive(Debug)]
pub(super) enum ReportSource {
    /// The daemon that was asked here.
    Daemon(String),
    /// A file that a process left.
    File(TimeLeft),
}

/// What is known of a file and its writer.
#[derive(Debug)]
pub(super) struct TimeLeft {
    pub(super) path: PathBuf,
    /// Whether its process still runs, as far as can be seen from here.
    pub(super) is_writer_running: bool,
    /// Why no daemon could be asked, if one serves its status.
    pub(super) unanswered: Option<String>,
}

impl Account {
    /// Asks, and reads if nobody answers. Fails with a sentence for people. Must be called within a runtime.
    pub(super) async fn take(meant: &Arc<Meant>) -> Result<Self, String> {
        let config = &meant.config;
        let path = status::path_in(&config.state_directory);
        let read = off_the_loop({
            let path = path.clone();
            move || {
                let report = status::read(&path)?;
                let is_writer_running = status::is_writer_running(&report);
                Ok((report, is_writer_running))
            }
        })
        .await;
        let mut unanswered = None;
        for address in addresses(config, read.as_ref().and_then(|read| read.as_ref().ok()).map(|(report, _)| report)) {
            match status::fetch_report(&address).await {
                Ok(report) => match judged(meant, report).await {
                    Some((report, true)) => {
                        let teller = ReportSource::Daemon(address.to_string());
                        return Ok(Self { report, missing: BTreeMap::new(), teller });
                    }
                    Some((report, false)) => {
                        unanswered.get_or_insert(another(&address, &report));
                    }
                    None => {}
                },
                Err(why) => {
                    unanswered.get_or_insert(format!("{address} does not answer: {why}"));
                }
            }
        }
        let (report, is_writer_running) = match read {
            Some(Ok(read)) => read,
            Some(Err(why)) => return Err(with(said(&why), unanswered)),
            None => return Err(with(format!("cannot read `{}`: the disk takes too long", path.display()), unanswered)),
        };
        let tokens = offline::wait(config, Duration::ZERO).await;
        let teller = ReportSource::File(TimeLeft { path, is_writer_running, unanswered });
        Ok(Self { report, missing: BTreeMap::new(), teller }.judged(tokens, clock::wall()))
    }

    /// Whether a daemon is at work, as far as can be told.
    pub(super) fn has_daemon(&self) -> bool {
        match &self.teller {
            ReportSource::Daemon(_) => true,
            ReportSource::File(left) => left.is_writer_running,
        }
    }

    /// Who told it and how old it is.
    pub(super) fn told_by(&self, now: SystemTime) -> String {
        let left = match &self.teller {
            ReportSource::Daemon(address) => {
                return format!("asked the daemon at {address}, {}", past(now, self.report.at));
            }
            ReportSource::File(left) => left,
        };
        let writer = match self.report.stopped_at {
            Some(at) => format!("which stopped {}", past(now, at)),
            None if left.is_writer_running => "which still runs".to_owned(),
            None => "which is gone, or does not run here".to_owned(),
        };
        let (path, written, process) = (left.path.display(), past(now, self.report.at), self.report.process_id);
        let told = format!("read from {path}, written {written} by process {process}, {writer}");
        with(told, left.unanswered.clone())
    }

    /// By the disk and the clock: what has been written down is as old as it is.
    fn judged(mut self, tokens: Option<DiskStatus>, now: SystemTime) -> Self {
        let report = &mut self.report;
        report.ready = tokens.as_ref().is_some_and(DiskStatus::are_good);
        let DiskStatus { missing, troubles, .. } = tokens.unwrap_or_else(|| DiskStatus {
            troubles: vec!["the disk takes too long to be looked at".to_owned()],
            ..DiskStatus::default()
        });
        for credential in &mut report.credentials {
            if let Some(ended) = credential.expires_at.filter(|at| *at <= now)
                && matches!(credential.state, "fresh" | "failing")
            {
                credential.state = "expired";
                credential.since = Some(ended);
                credential.ready = false;
                // The look was a moment ago, when it may still have lived.
                report.ready &= !credential.required;
            }
        }
        let mut unknown = Vec::new();
        for (name, why) in missing {
            match report.credentials.iter_mut().find(|credential| credential.name == name) {
                Some(credential) => {
                    credential.ready = false;
                    self.missing.insert(name, why);
                }
                None => unknown.push(format!("{name}: {why}")),
            }
        }
        for trouble in troubles.into_iter().chain(unknown) {
            if !report.troubles.contains(&trouble) {
                report.troubles.push(trouble);
            }
        }
        self
    }
}

/// Where the configuration says, and where the last process said that it was.
fn addresses(config: &Config, left: Option<&Report>) -> Vec<Address> {
    let configured = config.status.as_ref().and_then(Address::of);
    let told = left.filter(|report| report.stopped_at.is_none()).and_then(|report| report.status_address.as_deref());
    let told = told.and_then(Address::parse).filter(|address| Some(address) != configured.as_ref());
    configured.into_iter().chain(told).collect()
}

/// A report, and whether it is of the daemon that was meant. `None` if the disk takes too long.
async fn judged(meant: &Arc<Meant>, report: Report) -> Option<(Report, bool)> {
    let meant = Arc::clone(meant);
    off_the_loop(move || {
        let is_meant = meant.is_of(&report);
        (report, is_meant)
    })
    .await
}

fn another(address: &Address, report: &Report) -> String {
    // Whoever answers there may write anything into it, also what a terminal would obey.
    let shown = |path: &PathBuf| path.to_string_lossy().replace(char::is_control, " ");
    let file = report.configuration.file.as_ref().map(|file| format!(", `{}`", shown(file))).unwrap_or_default();
    format!(
        "{address} is answered by the daemon of another configuration{file}; give each its own `status.listen`, or ask for \
         that one with its own flags"
    )
}

fn said(why: &ReadError) -> String {
    let start = |path: &Path| {
        let path = path.display();
        format!(
            "no daemon has run with this configuration yet: there is no status file `{path}`; start `tokenwell run`"
        )
    };
    match why {
        ReadError::Missing { path } => start(path),
        ReadError::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
            format!("{why}; run this as the user that tokenwell runs as, or as a member of its group")
        }
        ReadError::Io { .. } | ReadError::Foreign { .. } => why.to_string(),
    }
}

fn with(mut told: String, unanswered: Option<String>) -> String {
    if let Some(unanswered) = unanswered {
        told.push_str("; ");
        told.push_str(&unanswered);
    }
    told
}

/// `None` if the disk takes too long.
async fn off_the_loop<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    time::timeout(READ_TIMEOUT, task::spawn_blocking(work)).await.ok()?.ok()
}

/// For the status file; a disk may hang.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::samples::{at, failing, fresh, report};

    fn left(now: f64) -> Account {
        let left = TimeLeft { path: "/s/status.json".into(), is_writer_running: false, unanswered: None };
        let report = report(now, vec![fresh("a"), failing("b")]);
        Account { report, missing: BTreeMap::new(), teller: ReportSource::File(left) }
    }

    fn tokens(missing: &[(&str, &str)]) -> DiskStatus {
        let missing = missing.iter().map(|(name, why)| ((*name).to_owned(), (*why).to_owned())).collect();
        DiskStatus { credentials: 2, required: 2, missing, troubles: Vec::new() }
    }

    #[test]
    fn what_was_fresh_when_it_was_written_has_expired_since() {
        let states = |account: &Account| -> Vec<_> {
            account.report.credentials.iter().map(|credential| (credential.state, credential.ready)).collect()
        };
        let account = left(4.0).judged(Some(tokens(&[])), at(9.9));
        assert_eq!(states(&account), [("fresh", true), ("failing", true)]);
        assert!(account.report.ready);
        let account = left(4.0).judged(Some(tokens(&[("a", "the token has expired")])), at(10.0));
        assert_eq!(states(&account), [("expired", false), ("expired", false)]);
        assert!(!account.report.ready);
        assert_eq!(account.report.credentials[0].since, Some(at(10.0)));
    }

    #[test]
    fn what_ends_after_the_look_is_ready_no_more() {
        let account = left(4.0).judged(Some(tokens(&[])), at(10.0));
        assert!(!account.report.ready, "a row that says expired, and an exit code that says ready");
        let mut optional = left(4.0);
        for credential in &mut optional.report.credentials {
            credential.required = false;
        }
        assert!(optional.judged(Some(tokens(&[])), at(10.0)).report.ready);
    }

    #[test]
    fn what_the_disk_lacks_is_told_and_a_disk_that_hangs_is_not_ready() {
        let account = left(4.0).judged(Some(tokens(&[("a", "no file"), ("new", "nothing yet")])), at(5.0));
        assert_eq!(account.missing.get("a").unwrap(), "no file");
        assert!(!account.report.credentials[0].ready && !account.report.ready);
        assert_eq!(account.report.troubles, ["new: nothing yet"]);
        let account = left(4.0).judged(None, at(5.0));
        assert_eq!((account.report.ready, account.report.troubles.len()), (false, 1));
    }

    #[test]
    fn the_age_of_a_file_and_the_end_of_its_writer_are_said() {
        let mut account = left(4.0);
        let said = |account: &Account| account.told_by(at(200.0));
        let gone = "read from /s/status.json, written 3m 16s ago by process 1, which is gone, or does not run here";
        assert_eq!(said(&account), gone);
        account.report.stopped_at = Some(at(140.0));
        assert!(said(&account).ends_with("by process 1, which stopped 1m ago"));
        account.teller = ReportSource::Daemon("unix:/s".to_owned());
        account.report.at = at(200.0);
        assert_eq!(said(&account), "asked the daemon at unix:/s, just now");
    }
}
