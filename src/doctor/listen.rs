//! The address of the status server: whether it is free, and which process listens there.

use rustix::io::Errno;

use super::{
    finding::Finding,
    needs::{Need, Orchestrator, ProcessUser},
};
use crate::{
    config::Credential,
    output::Output,
    status::{Listen, ListenError, ListenProbe, PortHolder, Report},
};

/// Result of probing an address.
#[derive(Debug)]
pub(super) struct ListenInspection {
    pub(super) listen: Listen,
    pub(super) listen_probe: Result<ListenProbe, ListenError>,
    /// Status report of a tokenwell that listens there.
    pub(super) report: Option<Report>,
    /// The process that holds an address in use.
    pub(super) holder: Option<PortHolder>,
}

impl ListenInspection {
    /// Reports whether the address is usable, and the remedy.
    pub(super) fn finding(
        &self,
        credentials: &[Credential],
        identity: &ProcessUser,
        orchestrator: Orchestrator,
    ) -> Finding {
        let Self { listen, listen_probe, report, holder: _ } = self;
        match (listen_probe, report) {
            (Ok(ListenProbe::Free), _) => Finding::passed(SUBJECT, format!("`{listen}` can be listened on")),
            (Ok(ListenProbe::InheritedSocket), _) => {
                Finding::passed(SUBJECT, "the service manager has passed a socket")
            }
            (Err(ListenError::InUse(_)), Some(report)) => of_daemon(listen, report, credentials),
            (Err(ListenError::NotPassed(_)), _) if orchestrator != Orchestrator::Systemd => {
                let because = "systemd passes the socket to the unit only; `systemctl list-sockets` shows it";
                Finding::skipped(SUBJECT, because)
            }
            (Err(error), _) => {
                let holder = self.holder.as_ref().map(|holder| format!("; {holder}")).unwrap_or_default();
                Finding::failed(SUBJECT, format!("{error}{holder}")).needing(needs(listen, error, identity))
            }
        }
    }
}

/// Recognizes the daemon of this configuration by its outputs.
fn of_daemon(listen: &Listen, report: &Report, credentials: &[Credential]) -> Finding {
    let Report { process_id, program_version, .. } = report;
    let who = format!("process {process_id} (tokenwell {program_version})");
    let ours: Vec<_> = credentials.iter().flat_map(|credential| &credential.outputs).map(Output::name).collect();
    let mut theirs = report.credentials.iter().flat_map(|credential| &credential.outputs);
    if report.credentials.is_empty() || theirs.any(|output| ours.contains(&output.path.to_string_lossy())) {
        Finding::passed(SUBJECT, format!("{who} serves the status of these credentials at `{listen}`"))
    } else {
        let remedy = "stop it, or change `status.listen`";
        Finding::failed(
            SUBJECT,
            format!("another tokenwell, {who} with other outputs, listens at `{listen}`; {remedy}"),
        )
    }
}

fn needs(listen: &Listen, error: &ListenError, identity: &ProcessUser) -> Vec<Need> {
    let (Listen::Unix(path), ListenError::Io { source, .. }) = (listen, error) else { return Vec::new() };
    let Some(folder) = path.parent().map(ToOwned::to_owned) else { return Vec::new() };
    match Errno::from_io_error(source) {
        Some(Errno::ROFS) => vec![Need::MountedForWriting(folder)],
        Some(Errno::ACCESS | Errno::PERM) => vec![Need::WritableFolder { folder, group: identity.group }],
        Some(_) | None => Vec::new(),
    }
}

pub(super) const SUBJECT: &str = "listen";
