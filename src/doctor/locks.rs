//! The locks: which process writes to the outputs at present. None is taken.

use std::collections::BTreeMap;

use super::finding::Finding;
use crate::output::Output;

/// Who has an output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct OutputHolder {
    name: String,
    /// In words; an error is why that is not known.
    by: Result<Option<String>, String>,
}

/// Asks the kernel. Blocks on the disk.
pub(super) fn look(output: &Output) -> OutputHolder {
    let by = output.holder().map(|held| held.map(|held| held.by()));
    OutputHolder { name: output.name().into_owned(), by: by.map_err(|error| error.to_string().to_lowercase()) }
}

impl OutputHolder {
    /// Who has it, in words; `None` if nobody does, or if that is not known.
    pub(super) fn holder(&self) -> Option<&str> {
        self.by.as_ref().ok()?.as_deref()
    }
}

/// What it means.
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
        let why = why.split(" (os error").next().unwrap_or_default();
        findings.push(Finding::skipped(SUBJECT, &format!("the lock beside `{name}` cannot be opened: {why}")));
    }
    let several = held.len() > 1;
    for (by, count) in held {
        let text = format!("{} written by {by}", outputs(count));
        findings.push(if several {
            Finding::remark(SUBJECT, format!("{text}, others by another one; is one of them left over?"))
        } else {
            Finding::passed(SUBJECT, text)
        });
    }
    if free > 0 {
        findings.push(Finding::passed(SUBJECT, format!("{} written by nobody now", outputs(free))));
    }
    findings
}

const SUBJECT: &str = "lock";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writing_process_is_reported() {
        let seen = |by: Result<Option<&str>, &str>| OutputHolder {
            name: "/run/a".into(),
            by: by.map(|by| by.map(str::to_owned)).map_err(str::to_owned),
        };
        let all = [
            seen(Ok(None)),
            seen(Ok(Some("process 7 (`tokenwell`)"))),
            seen(Ok(Some("process 7 (`tokenwell`)"))),
            seen(Ok(Some("process 8"))),
            seen(Err("permission denied (os error 13)")),
        ];
        let told: Vec<_> =
            findings(&all).iter().map(|finding| format!("{:?} {}", finding.verdict, finding.text)).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        Skipped not looked at, because the lock beside `/run/a` cannot be opened: permission denied
        Remark 2 outputs written by process 7 (`tokenwell`), others by another one; is one of them left over?
        Remark 1 output written by process 8, others by another one; is one of them left over?
        Passed 1 output written by nobody now
        ");
    }
}
