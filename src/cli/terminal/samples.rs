//! Sample reports for tests of drawing.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::renewal::RefusalClass;
use crate::status::{
    ConfigurationReport, CredentialReport, DaemonIdentity, Durations, HistoryReport, NextAction, REPORT_VERSION,
    RefusalReport, Report,
};

pub(in crate::cli) fn at(seconds: f64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs_f64(1000.0 + seconds)
}

/// A session of ten seconds, issued at 0, with its renewal due at 3.
pub(in crate::cli) fn fresh(name: &str) -> CredentialReport {
    CredentialReport {
        name: name.to_owned(),
        required: true,
        state: "fresh",
        since: Some(at(0.0)),
        ready: true,
        secret: "access key",
        remedy: None,
        needs_person: false,
        cause: None,
        runbook: None,
        key_fingerprint: Some("ba7816bf8f01cfea".to_owned()),
        token_key_fingerprint: Some("ba7816bf8f01cfea".to_owned()),
        issued_at: Some(at(0.0)),
        expires_at: Some(at(10.0)),
        renew_at: Some(at(3.0)),
        token_bytes: Some(1040),
        notes: Vec::new(),
        last_success_at: Some(at(0.0)),
        refresh_token_expires_at: None,
        generation: None,
        token_trouble: None,
        host_trouble: None,
        key_trouble: None,
        exchanges: 4,
        outcomes: Vec::new(),
        writes: 4,
        publishes: Vec::new(),
        failures: 0,
        last_refusal: None,
        next_action: Some(NextAction { what: "exchange", at: Some(at(3.0)) }),
        next_exchange_at: None,
        last_event: Some("renewed".to_owned()),
        outputs: Vec::new(),
        hooks: Vec::new(),
    }
}

pub(in crate::cli) fn failing(name: &str) -> CredentialReport {
    let message = "Descope's API fails: HTTP 503".to_owned();
    CredentialReport {
        state: "failing",
        exchanges: 5,
        failures: 1,
        last_refusal: Some(RefusalReport {
            class: Some(RefusalClass::Failed),
            summary: "the API fails".into(),
            message,
            at: at(3.1),
            in_a_row: 1,
        }),
        next_action: Some(NextAction { what: "exchange", at: Some(at(4.5)) }),
        next_exchange_at: None,
        last_event: Some("refused: failed".to_owned()),
        ..fresh(name)
    }
}

pub(in crate::cli) fn report(now: f64, credentials: Vec<CredentialReport>) -> Report {
    Report {
        version: REPORT_VERSION,
        ready: true,
        at: at(now),
        started_at: at(0.0),
        program_version: "0.0.0".into(),
        status_address: None,
        stopped_at: None,
        history: HistoryReport::default(),
        process_id: 1,
        identity: DaemonIdentity::default(),
        documentation: None,
        causes: Vec::new(),
        project_id: "P2abc".to_owned(),
        base_url: "https://api.example".to_owned(),
        clock_skew: None,
        configuration: ConfigurationReport { file: None, since: at(0.0), refused: None, applied: 0, refusals: 0 },
        troubles: Vec::new(),
        log_lines_suppressed: 0,
        exchange_durations: Durations::default(),
        credentials,
    }
}

pub(in crate::cli) fn starting(name: &str) -> CredentialReport {
    CredentialReport {
        state: "starting",
        token_key_fingerprint: None,
        issued_at: None,
        expires_at: None,
        next_action: Some(NextAction { what: "exchange", at: Some(at(0.0)) }),
        next_exchange_at: None,
        last_event: None,
        exchanges: 0,
        ..fresh(name)
    }
}
