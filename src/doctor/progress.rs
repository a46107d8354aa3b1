//! What the doctor reports while it works.

use std::{io, time::Duration};

use super::finding::Finding;

/// A part of the report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// The findings of one examination.
    Findings(Vec<Finding>),
    /// Something takes long: this, as in "connecting".
    Waiting(String),
}

/// The report as it grows. Each part goes to the caller as soon as it is known.
pub struct Report<'a> {
    receive: &'a mut dyn FnMut(Progress) -> io::Result<()>,
}

impl<'a> Report<'a> {
    /// Passes each part to `receive`. An error of it ends the examination.
    pub fn new(receive: &'a mut dyn FnMut(Progress) -> io::Result<()>) -> Self {
        Self { receive }
    }

    /// Reports the findings of one examination.
    pub(super) fn say(&mut self, findings: Vec<Finding>) -> io::Result<()> {
        (self.receive)(Progress::Findings(findings))
    }

    /// Waits for `work`, and reports `what` if that takes long.
    pub(super) async fn wait<T>(&mut self, what: &str, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(LONG) => {}
        }
        // A caller that cannot show it gets the findings all the same.
        let _ = (self.receive)(Progress::Waiting(what.to_owned()));
        work.await
    }
}

/// After this time a wait is reported.
const LONG: Duration = Duration::from_secs(1);
