//! Progress: what the doctor reports while it runs.

use std::{io, time::Duration};

use super::finding::Finding;

/// One part of the report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// The findings of one examination.
    Findings(Vec<Finding>),
    /// A step that takes long, such as "connecting".
    Waiting(String),
}

/// Passes each part of the report to the caller as soon as it is known.
pub struct Report<'a> {
    receive: &'a mut dyn FnMut(Progress) -> io::Result<()>,
}

impl<'a> Report<'a> {
    /// Creates a report that passes each part to `receive`. An error from `receive` ends the examination.
    pub fn new(receive: &'a mut dyn FnMut(Progress) -> io::Result<()>) -> Self {
        Self { receive }
    }

    /// Reports the findings of one examination.
    pub(super) fn emit(&mut self, findings: Vec<Finding>) -> io::Result<()> {
        (self.receive)(Progress::Findings(findings))
    }

    /// Waits for `work`, and reports `what` if that takes long.
    pub(super) async fn wait<T>(&mut self, what: &str, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(LONG) => {}
        }
        // A caller that cannot show progress still receives the findings.
        let _ = (self.receive)(Progress::Waiting(what.to_owned()));
        work.await
    }
}

/// A wait is reported after this time.
const LONG: Duration = Duration::from_secs(1);
