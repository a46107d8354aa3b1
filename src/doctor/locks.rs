//! The locks: which process writes to the outputs now. Takes no lock.

use std::{collections::BTreeMap, io};

use super::finding::Finding;
use crate::output::Output;

/// The process that writes to an output.
#[derive(Debug)]
pub(super) struct OutputHolder {
    name: String,
    /// Description of the process; an error if it cannot be determined.
    by: io::Result<Option<String>>,
}

/// Queries the lock of an output. Blocks on the disk.
pub(super) fn probe(output: &Output) -> OutputHolder {
    let by = output.holder().map(|held| held.map(|held| held.by()));
    OutputHolder { name: output.name().into_owned(), by }
}

impl OutputHolder {
    /// Description of the process; `None` if there is none, or if it is unknown.
    pub(super) fn holder(&self) -> Option<&str> {
        self.by.as_ref().ok()?.as_deref()
    }
}

/// Reports how many outputs each process writes to.
pub(super) fn findings(all: &[OutputHolder]) -> Vec<Finding> {
    let (mut free, mut unknown, mut held) = (0, None, BTreeMap::<&str, usize>::new());
    for OutputHolder { name, by } in all {
        match by {
            Ok(None) => free += 1,
            Ok(Some(by)) => *held.entry(by).or_default() += 1,
            Err(why) => unknown = Some((name, why)),
        }
    }
    let outputs = |count: usize| if count == 1 { "1 output".to_owned() } else { format!("{count} outputs") };
    let mut findings = Vec::new();
    if let Some((name, why)) = unknown {
        let why = why.to_string().to_lowercase();
        let why = why.split(" (os error").next().unwrap_or_default();
        findings.push(Finding::skipped(SUBJECT, &format!("the lock beside `{name}` cannot be opened: {why}")));
    }
    let several = held.len() > 1;
    for (by, count) in held {
        let text = format!("{} written by {by}", outputs(count));
        findings.push(if several {
            Finding::remark(SUBJECT, format!("{text}, others by another process; was one of them left running?"))
        } else {
            Finding::passed(SUBJECT, text)
        });
    }
    if free > 0 {
        findings.push(Finding::passed(SUBJECT, format!("{} written by no process", outputs(free))));
    }
    findings
}

const SUBJECT: &str = "lock";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writing_process_is_reported() {
        let holder_of = |by: io::Result<Option<&str>>| OutputHolder {
            name: "/run/a".into(),
            by: by.map(|by| by.map(str::to_owned)),
        };
        let all = [
            holder_of(Ok(None)),
            holder_of(Ok(Some("process 7 (`tokenwell`)"))),
            holder_of(Ok(Some("process 7 (`tokenwell`)"))),
            holder_of(Ok(Some("process 8"))),
            holder_of(Err(io::Error::from_raw_os_error(13))),
        ];
        let lines: Vec<_> =
            findings(&all).iter().map(|finding| format!("{:?} {}", finding.status, finding.text)).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        Skipped not examined, because the lock beside `/run/a` cannot be opened: permission denied
        Remark 2 outputs written by process 7 (`tokenwell`), others by another process; was one of them left running?
        Remark 1 output written by process 8, others by another process; was one of them left running?
        Passed 1 output written by no process
        ");
    }
}
