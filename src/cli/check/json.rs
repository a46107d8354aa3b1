//! `check --json`: the plan, the mistakes and the findings, for editors, scripts and CI. docs/commands.md describes the form.

use std::path::Path;

use serde_json::{Value, json};

use super::json_plan::plan;
use crate::{
    config::{Config, Diagnostic, Mistakes, Place},
    doctor::{Finding, FindingStatus, KeyMetadata, Orchestrator},
};

/// The version of the form: fields may be added to it, and none is removed or changes its meaning.
const VERSION: u32 = 1;

/// Returns the report of a configuration that is refused.
pub(super) fn refused(mistakes: &Mistakes) -> Value {
    let unusable = mistakes.unusable().map(|(why, remedy)| {
        json!({
            "file": mistakes.file(), "line": null, "column": null, "field": null,
            "message": format!("cannot use configuration: {why}"), "remedy": remedy,
        })
    });
    let found = mistakes.diagnostics().iter().map(|mistake| diagnostic(mistake, mistakes.file()));
    let list: Vec<_> = unusable.into_iter().chain(found).collect();
    json!({
        "version": VERSION, "ok": false, "file": mistakes.file(),
        "mistakes": list, "mistakesLeftOut": mistakes.left_out(),
        "warnings": [], "plan": null, "online": null,
    })
}

/// Returns the report of a valid configuration.
pub(super) fn valid(
    config: &Config,
    file: Option<&Path>,
    keys: &KeyMetadata,
    warnings: &[Value],
    online: Option<&Online>,
) -> Value {
    json!({
        "version": VERSION, "ok": online.is_none_or(Online::is_ok), "file": file,
        "mistakes": [], "mistakesLeftOut": 0,
        "warnings": warnings, "plan": plan(config, keys), "online": online.map(Online::to_json),
    })
}

/// Returns a warning about a place of the configuration.
pub(super) fn diagnostic(found: &Diagnostic, file: Option<&Path>) -> Value {
    let Diagnostic { place, what, remedy } = found;
    let (file, line, column) = match place {
        Place::Field { line, column, .. } => (file, *line, *column),
        Place::Flag(_) | Place::Variable(_) => (None, None, None),
    };
    let field = Some(place.name()).filter(|name| !name.is_empty());
    json!({"file": file, "line": line, "column": column, "field": field, "message": what, "remedy": remedy})
}

/// Returns a warning about something beside the configuration, such as a key file.
pub(super) fn warning(message: &str) -> Value {
    json!({"file": null, "line": null, "column": null, "field": null, "message": message, "remedy": null})
}

/// What `--online` found, and what the process lacks.
pub(super) struct Online {
    pub(super) findings: Vec<Finding>,
    pub(super) orchestrator: Orchestrator,
}

impl Online {
    fn is_ok(&self) -> bool {
        self.findings.iter().all(|finding| match finding.status {
            FindingStatus::Passed | FindingStatus::Remark | FindingStatus::Skipped => true,
            FindingStatus::Failed => false,
        })
    }

    fn to_json(&self) -> Value {
        let findings: Vec<_> = self.findings.iter().map(finding).collect();
        let needs = self.findings.iter().flat_map(|finding| finding.needs.clone()).collect();
        json!({"findings": findings, "missingRights": self.orchestrator.lines(&needs)})
    }
}

fn finding(finding: &Finding) -> Value {
    let Finding { status, subject, text, .. } = finding;
    let (status, has_remedy) = match status {
        FindingStatus::Passed => ("ok", false),
        FindingStatus::Remark => ("warning", true),
        FindingStatus::Failed => ("failure", true),
        FindingStatus::Skipped => ("skipped", false),
    };
    // A text is the problem and, after the last semicolon, the remedy.
    let remedy = text.rsplit_once("; ").map(|(_, remedy)| remedy).filter(|_| has_remedy);
    json!({"step": subject, "status": status, "text": text, "remedy": remedy})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(status: FindingStatus, text: &str) -> Finding {
        Finding { status, subject: "DNS", text: text.to_owned(), needs: Vec::new() }
    }

    #[test]
    fn a_failed_step_has_a_remedy_and_fails_the_report() {
        let failed = found(FindingStatus::Failed, "`a.invalid` cannot be looked up; check `baseUrl`");
        let expected = json!({
            "step": "DNS", "status": "failure",
            "text": "`a.invalid` cannot be looked up; check `baseUrl`", "remedy": "check `baseUrl`",
        });
        assert_eq!(finding(&failed), expected);
        let online = |findings| Online { findings, orchestrator: Orchestrator::Unknown };
        assert!(!online(vec![failed]).is_ok());
        assert!(online(vec![found(FindingStatus::Remark, "slow"), found(FindingStatus::Skipped, "no")]).is_ok());
    }

    #[test]
    fn a_step_that_passes_has_no_remedy() {
        assert_eq!(finding(&found(FindingStatus::Passed, "in 3 ms; from a cache"))["remedy"], Value::Null);
    }
}
