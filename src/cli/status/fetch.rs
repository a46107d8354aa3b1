//! Gets the report: from the daemon, or from the status file, which is then updated by the current files and clock.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use crate::{
    cli::{
        midway,
        running_daemon::{Asked, LastStatus, RunningDaemon},
        same_config::TargetConfig,
        terminal::span::past,
    },
    clock,
    offline::DiskStatus,
    status::{self, DaemonIdentity, ReadError, Report},
};

/// A report and its source.
#[derive(Debug)]
pub(super) struct FetchedReport {
    pub(super) report: Report,
    /// Credentials without a whole and valid token on disk, and why; checked only if no daemon answers.
    pub(super) missing: BTreeMap<String, String>,
    pub(super) source: ReportSource,
}

/// Where a report comes from.
#[derive(Debug)]
pub(super) enum ReportSource {
    /// The daemon at this address.
    Daemon(String),
    /// The status file of a process.
    File(StatusFile),
}

/// A status file and the process that wrote it.
#[derive(Debug)]
pub(super) struct StatusFile {
    pub(super) path: PathBuf,
    /// Whether that process still runs, as far as it is visible from here.
    pub(super) is_writer_running: bool,
    /// Why no daemon answered, if one should serve its status.
    pub(super) unanswered: Option<String>,
}

/// Why there is no report, in a sentence for people. It has no source, because the sentence says it already.
#[derive(Debug, thiserror::Error)]
#[error("{}", append(why.to_string(), unanswered.as_deref()))]
pub(super) struct FetchError {
    why: NoReport,
    /// Why no daemon answered, if one should serve its status.
    unanswered: Option<String>,
}

/// What is wrong with the status file.
#[derive(Debug, thiserror::Error)]
enum NoReport {
    #[error("{}", describe(.0))]
    Unreadable(ReadError),
    #[error("cannot read `{path}`: the disk takes too long", path = path.display())]
    Hangs { path: PathBuf },
}

impl FetchedReport {
    /// Asks the daemon, and reads the status file if no daemon answers. Must be
    /// called within a runtime.
    pub(super) async fn fetch(target: &Arc<TargetConfig>) -> Result<Self, FetchError> {
        let LastStatus { read, unanswered } = match Asked::of(target).await {
            Asked::Daemon(RunningDaemon { address, report }) => {
                let source = ReportSource::Daemon(address.to_string());
                return Ok(Self { report, missing: BTreeMap::new(), source });
            }
            Asked::NoDaemon(last) => last,
        };
        let path = status::path_in(&target.config.state_directory);
        let (report, is_writer_running) = match read {
            Some(Ok(read)) => read,
            Some(Err(why)) => return Err(FetchError { why: NoReport::Unreadable(why), unanswered }),
            None => return Err(FetchError { why: NoReport::Hangs { path }, unanswered }),
        };
        let disk = midway::disk_status(&target.config, is_writer_running).await;
        let source = ReportSource::File(StatusFile { path, is_writer_running, unanswered });
        Ok(Self { report, missing: BTreeMap::new(), source }.updated(disk, clock::wall()))
    }

    /// Leaves only the credential of that name, and makes the report's readiness its own; else returns the names that there are.
    pub(super) fn only(mut self, name: &str) -> Result<Self, Vec<String>> {
        let report = &mut self.report;
        let Some(n) = report.credentials.iter().position(|credential| credential.name == name) else {
            return Err(report.credentials.drain(..).map(|credential| credential.name).collect());
        };
        report.credentials = vec![report.credentials.swap_remove(n)];
        report.ready = report.credentials.iter().all(|credential| credential.ready);
        Ok(self)
    }

    /// Whether a daemon runs, as far as is known.
    pub(super) fn has_daemon(&self) -> bool {
        match &self.source {
            ReportSource::Daemon(_) => true,
            ReportSource::File(file) => file.is_writer_running,
        }
    }

    /// Describes the source of the report and its age.
    pub(super) fn source_line(&self, now: SystemTime) -> String {
        let file = match &self.source {
            ReportSource::Daemon(address) => {
                return format!("asked the daemon{} at {address}, {}", self.named(), past(now, self.report.at));
            }
            ReportSource::File(file) => file,
        };
        let writer = match self.report.stopped_at {
            Some(at) => format!("which stopped {}", past(now, at)),
            None if file.is_writer_running => "which still runs".to_owned(),
            None => "which is gone, or runs elsewhere".to_owned(),
        };
        let (path, written, process) = (file.path.display(), past(now, self.report.at), self.report.process_id);
        let line = format!("read from {path}, written {written} by process {process}{}, {writer}", self.named());
        append(line, file.unanswered.as_deref())
    }

    /// Returns the names of the daemon, such as ` blue on host node7`; empty if none is known.
    fn named(&self) -> String {
        let DaemonIdentity { host, pod, namespace, instance } = &self.report.identity;
        let part = |before: &str, name: &Option<String>| name.as_ref().map(|name| format!(" {before}{name}"));
        let parts =
            [part("", instance), part("of pod ", pod), part("in namespace ", namespace), part("on host ", host)];
        parts.into_iter().flatten().collect()
    }

    /// Updates an old report by the current files and clock.
    fn updated(mut self, disk: Option<DiskStatus>, now: SystemTime) -> Self {
        self.update(disk, now);
        self.report = self.report.with_causes();
        self
    }

    fn update(&mut self, disk: Option<DiskStatus>, now: SystemTime) {
        let report = &mut self.report;
        report.ready = disk.as_ref().is_some_and(DiskStatus::all_valid);
        let DiskStatus { missing, troubles, .. } = disk.unwrap_or_else(|| DiskStatus {
            troubles: vec!["the disk takes too long to respond".to_owned()],
            ..DiskStatus::default()
        });
        for credential in &mut report.credentials {
            if let Some(ended) = credential.expires_at.filter(|at| *at <= now)
                && matches!(credential.state, "fresh" | "failing")
            {
                credential.state = "expired";
                credential.since = Some(ended);
                credential.ready = false;
                // The files were checked a moment ago, when the token may still have been valid.
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
        for problem in troubles.into_iter().chain(unknown) {
            if !report.troubles.contains(&problem) {
                report.troubles.push(problem);
            }
        }
    }
}

fn describe(why: &ReadError) -> String {
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
        ReadError::Io { .. } | ReadError::Other { .. } | ReadError::Foreign { .. } => why.to_string(),
    }
}

fn append(mut line: String, unanswered: Option<&str>) -> String {
    if let Some(unanswered) = unanswered {
        line.push_str("; ");
        line.push_str(unanswered);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::samples::{at, failing, fresh, report};

    fn from_file(now: f64) -> FetchedReport {
        let file = StatusFile { path: "/s/status.json".into(), is_writer_running: false, unanswered: None };
        let report = report(now, vec![fresh("a"), failing("b")]);
        FetchedReport { report, missing: BTreeMap::new(), source: ReportSource::File(file) }
    }

    fn disk(missing: &[(&str, &str)]) -> DiskStatus {
        let missing = missing.iter().map(|(name, why)| ((*name).to_owned(), (*why).to_owned())).collect();
        DiskStatus { credentials: 2, required: 2, missing, ..DiskStatus::default() }
    }

    #[test]
    fn a_token_may_have_expired_since_the_report_was_written() {
        let states = |fetched: &FetchedReport| -> Vec<_> {
            fetched.report.credentials.iter().map(|credential| (credential.state, credential.ready)).collect()
        };
        let fetched = from_file(4.0).updated(Some(disk(&[])), at(9.9));
        assert_eq!(states(&fetched), [("fresh", true), ("failing", true)]);
        assert!(fetched.report.ready);
        let fetched = from_file(4.0).updated(Some(disk(&[("a", "the token has expired")])), at(10.0));
        assert_eq!(states(&fetched), [("expired", false), ("expired", false)]);
        assert!(!fetched.report.ready);
        assert_eq!(fetched.report.credentials[0].since, Some(at(10.0)));
    }

    #[test]
    fn a_token_that_expires_after_the_check_is_not_ready() {
        let fetched = from_file(4.0).updated(Some(disk(&[])), at(10.0));
        assert!(!fetched.report.ready, "a row that says expired, and an exit code that says ready");
        let mut optional = from_file(4.0);
        for credential in &mut optional.report.credentials {
            credential.required = false;
        }
        assert!(optional.updated(Some(disk(&[])), at(10.0)).report.ready);
    }

    #[test]
    fn missing_tokens_are_listed_and_a_hanging_disk_is_not_ready() {
        let fetched = from_file(4.0).updated(Some(disk(&[("a", "no file"), ("new", "nothing yet")])), at(5.0));
        assert_eq!(fetched.missing.get("a").unwrap(), "no file");
        assert!(!fetched.report.credentials[0].ready && !fetched.report.ready);
        assert_eq!(fetched.report.troubles, ["new: nothing yet"]);
        let fetched = from_file(4.0).updated(None, at(5.0));
        assert_eq!((fetched.report.ready, fetched.report.troubles.len()), (false, 1));
    }

    #[test]
    fn the_age_of_a_file_and_the_end_of_its_writer_are_shown() {
        let mut fetched = from_file(4.0);
        let line = |fetched: &FetchedReport| fetched.source_line(at(200.0));
        let gone = "read from /s/status.json, written 3m 16s ago by process 1, which is gone, or runs elsewhere";
        assert_eq!(line(&fetched), gone);
        fetched.report.stopped_at = Some(at(140.0));
        assert!(line(&fetched).ends_with("by process 1, which stopped 1m ago"));
        fetched.source = ReportSource::Daemon("unix:/s".to_owned());
        fetched.report.at = at(200.0);
        assert_eq!(line(&fetched), "asked the daemon at unix:/s, just now");
    }
}
