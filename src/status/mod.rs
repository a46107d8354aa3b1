//! Status: one report of plain data, and the formats in which it is published.
//!
//! ```text
//!   identity.rs ──── report.rs            which daemon it is
//!   problem.rs ── grouping.rs ── causes.rs   what is wrong, by reason, with the pages of runbook.rs
//!   report.rs ─┬─ json.rs ── file.rs      status.json in the state directory
//!              ├─ token_report.rs          the newest token of one credential
//!              ├─ metrics.rs + process.rs
//!              ├─ service.rs              the sentence that `systemctl status` shows
//!              └─ http/ ─ page/           the server with its web page, and the client that queries it
//! ```
//!
//! Invariant: no format shows more than the report. A connection queries the loop, which owns all state, and the loop
//! answers with plain data.

mod causes;
mod durations;
mod file;
mod grouping;
mod http;
mod identity;
mod json;
mod metrics;
mod outcome;
mod page;
mod problem;
mod process;
mod report;
mod runbook;
mod service;
mod token_report;
mod wording;

pub use causes::Cause;
pub use durations::{DURATION_BOUNDS, Durations};
pub use file::{FILE_BYTES_MAX, ReadError, WriteError, check, path_in, read, remove, write};
pub use http::{
    Address, AllowedHosts, ClosedControl, ClosingConnections, ControlClient, ControlError, ControlListener,
    ControlRequest, ControlServer, HOST_LABEL_BYTES_MAX, HostPattern, InheritedSocket, Listen, ListenError,
    ListenProbe, NotAHost, NotPassed, PortHolder, Query, Readiness, ReloadOutcome, RenewalAnswer, RequestError, Server,
    Snapshot, SocketId, TokenAnswer, TokenQuestion, Unready, WAIT_MAX, WAITING_MAX, WantedToken, control_report,
    control_socket, fetch_report, fetch_token, fetch_unready, listen_probe, port_holder, request_reload,
    request_renewal,
};
pub use identity::{DaemonIdentity, Placement};
pub use json::Word;
pub use metrics::{Format as MetricsFormat, metrics};
pub use outcome::{ExchangeResult, HookResult, WriteResult};
pub use process::{Process, is_signalled_daemon, is_writer_running};
pub use report::{
    BucketReport, ConfigurationReport, CredentialReport, HistoryReport, HookReport, NextAction, OutputReport,
    REPORT_VERSION, RefusalReport, Report,
};
pub use runbook::documentation;
pub use service::{awaited_by_start, sentence, sentence_of_start};
pub use token_report::{TokenReport, TokenTimes};
pub use wording::Wording;
