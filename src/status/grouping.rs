//! What is wrong, without repetition: credentials that fail for the same reason share one cause, and what needs a person is
//! told from what heals by itself.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{
    causes::Cause,
    json::Word,
    problem::Problem,
    report::{CredentialReport, OutputReport, Report},
};

impl Report {
    /// Fills in what follows from the rest: the causes, which credentials share them, and which credentials need a person.
    #[must_use]
    pub fn with_causes(mut self) -> Self {
        let problems: Vec<_> = self.credentials.iter().map(Problem::of).collect();
        let mut by_reason: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (n, problem) in problems.iter().enumerate() {
            if let Some(problem) = problem {
                by_reason.entry(problem.reason()).or_default().push(n);
            }
        }
        let shared = by_reason.into_values().filter(|members| members.len() >= SHARED_MIN);
        let members_of = |places: &[usize]| -> Vec<Member> {
            let of = |n: &usize| Some(Member { credential: &self.credentials[*n], problem: problems[*n].as_ref()? });
            places.iter().filter_map(of).collect()
        };
        let mut causes: Vec<_> =
            shared.filter_map(|places| Some((shared_cause(&members_of(&places))?, places))).collect();
        causes.sort_by_key(|(cause, _)| (!cause.needs_person, Reverse(cause.credentials)));
        let mut places = vec![None; problems.len()];
        for (place, (_, members)) in causes.iter().enumerate() {
            for member in members {
                places[*member] = Some(place);
            }
        }
        self.causes = causes.into_iter().map(|(cause, _)| cause).collect();
        for ((credential, problem), cause) in self.credentials.iter_mut().zip(&problems).zip(places) {
            credential.cause = cause;
            credential.needs_person = problem.as_ref().is_some_and(Problem::needs_person);
            credential.runbook = problem.as_ref().and_then(Problem::runbook);
        }
        self
    }
}

/// A credential with its problem.
struct Member<'a> {
    credential: &'a CredentialReport,
    problem: &'a Problem,
}

/// Returns the cause that these have in common; `None` without any.
fn shared_cause(members: &[Member]) -> Option<Cause> {
    let first = members.first()?.problem;
    let is_same = |of: fn(&Problem) -> Option<&str>| members.iter().all(|member| of(member.problem) == of(first));
    let message = if is_same(|problem| Some(problem.message())) { first.message() } else { first.common_message() };
    let credentials = || members.iter().map(|member| member.credential);
    let in_state = |state: Word| credentials().filter(|credential| credential.state == state).count();
    let is_on_disk = |credential: &&CredentialReport| credential.state != "expired" && !has_no_token(credential);
    Some(Cause {
        class: first.class_word(),
        summary: first.summary(),
        message: message.to_owned(),
        remedy: first.remedy().filter(|_| is_same(Problem::remedy)).map(str::to_owned),
        needs_person: members.iter().any(|member| member.problem.needs_person()),
        credentials: members.len(),
        names: credentials().take(NAMES_MAX).map(|credential| credential.name.clone()).collect(),
        dead: in_state("expired"),
        without_token: credentials().filter(|credential| has_no_token(credential)).count(),
        next_expiry: credentials().filter(is_on_disk).filter_map(|credential| credential.expires_at).min(),
        since: credentials().filter_map(|credential| credential.since).min(),
        runbook: first.runbook(),
    })
}

/// Whether no output has held a token yet: none was granted, or every write of the first one failed.
fn has_no_token(credential: &CredentialReport) -> bool {
    let is_unwritten = |output: &OutputReport| output.written_at.is_none() && output.error.is_some();
    match credential.state {
        "starting" => true,
        "failing" => !credential.ready && credential.outputs.iter().all(is_unwritten),
        _ => false,
    }
}

/// The number of credentials from which on a cause is shared.
const SHARED_MIN: usize = 2;

/// The bound on the names of a cause.
const NAMES_MAX: usize = 10;

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use serde_json::{Value, json};

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn report(credentials: &[Value]) -> Report {
        let report = json!({
            "version": 1, "ready": true, "at": "1970-01-01T00:01:40Z", "startedAt": "1970-01-01T00:00:00Z",
            "programVersion": "1", "processId": 1, "projectId": "P2", "baseUrl": "http://localhost",
            "clockSkewSeconds": null, "troubles": [], "credentials": credentials,
            "configuration": {"file": null, "since": "1970-01-01T00:00:00Z", "refused": null},
        });
        serde_json::from_value::<Report>(report).unwrap().with_causes()
    }

    fn credential(name: &str, state: &str, ends: &str, refusal: Option<(&str, &str)>) -> Value {
        let refusal = refusal.map(|(class, message)| {
            json!({"class": class, "summary": "s", "message": message, "at": "1970-01-01T00:01:00Z"})
        });
        json!({
            "name": name, "required": true, "state": state, "since": "1970-01-01T00:00:50Z", "ready": state != "expired",
            "remedy": refusal.as_ref().map(|_| "wait"), "keyFingerprint": null, "tokenKeyFingerprint": null,
            "issuedAt": null, "expiresAt": ends, "renewAt": null, "lastSuccessAt": null, "keyTrouble": null,
            "exchanges": 0, "writes": 0, "failures": 0, "lastRefusal": refusal, "nextAction": null, "lastEvent": null,
            "outputs": [], "hooks": [],
        })
    }

    const OUTAGE: Option<(&str, &str)> = Some(("failed", "Descope's API fails: HTTP 503"));

    #[test]
    fn an_outage_is_one_cause_with_the_dead_and_the_next_to_die() {
        let mut credentials: Vec<_> = (0..18)
            .map(|n| {
                credential(&format!("live-{n:02}"), "failing", &format!("1970-01-01T00:1{}:00Z", n % 4 + 1), OUTAGE)
            })
            .collect();
        credentials.push(credential("dead-a", "expired", "1970-01-01T00:01:00Z", OUTAGE));
        credentials.push(credential("dead-b", "expired", "1970-01-01T00:01:10Z", OUTAGE));
        let report = report(&credentials);
        let [cause] = &report.causes[..] else { panic!("{:?}", report.causes) };
        assert_eq!((cause.class, cause.message.as_str()), ("failed", "Descope's API fails: HTTP 503"));
        assert_eq!((cause.credentials, cause.dead, cause.without_token), (20, 2, 0));
        assert_eq!((cause.next_expiry, cause.since), (Some(at(660)), Some(at(50))));
        assert_eq!((cause.names.len(), cause.remedy.as_deref()), (NAMES_MAX, Some("wait")));
        assert!(report.credentials.iter().all(|credential| credential.cause == Some(0)));
        let people = report.credentials.iter().filter(|credential| credential.needs_person).count();
        assert_eq!(people, 2, "an outage heals, but readers of a dead token are refused");
    }

    #[test]
    fn what_needs_a_person_comes_before_what_heals() {
        let mut credentials: Vec<_> =
            ["a", "b", "c"].map(|name| credential(name, "failing", "1970-01-01T01:00:00Z", OUTAGE)).into();
        for name in ["x", "y"] {
            let mut missing = credential(name, "failing", "1970-01-01T01:00:00Z", None);
            missing["keyTrouble"] = json!(format!("key file `/k/{name}` is missing"));
            credentials.push(missing);
        }
        credentials.push(credential("only", "failing", "1970-01-01T01:00:00Z", Some(("denied", "no"))));
        credentials.push(credential("well", "fresh", "1970-01-01T01:00:00Z", None));
        let report = report(&credentials);
        let causes: Vec<_> =
            report.causes.iter().map(|cause| (cause.class, cause.credentials, cause.message.as_str())).collect();
        assert_eq!(causes, [("key", 2, "key file `/k/…` is missing"), ("failed", 3, "Descope's API fails: HTTP 503")]);
        let needy = report.credentials.iter().filter(|credential| credential.needs_person);
        assert_eq!(needy.map(|credential| credential.name.as_str()).collect::<Vec<_>>(), ["x", "y", "only"]);
        let places: Vec<_> = report.credentials.iter().map(|credential| credential.cause).collect();
        assert_eq!(places, [Some(1), Some(1), Some(1), Some(0), Some(0), None, None]);
    }

    #[test]
    fn a_first_token_that_no_output_took_is_no_token() {
        let unwritten = |name: &str, written_at: Option<&str>| {
            let mut credential = credential(name, "failing", "1970-01-01T01:00:00Z", OUTAGE);
            credential["ready"] = json!(false);
            credential["outputs"] =
                json!([{"path": "/o", "format": "jwt", "writtenAt": written_at, "error": "it is a named pipe"}]);
            credential
        };
        let report =
            report(&[unwritten("a", None), unwritten("b", Some("1970-01-01T00:00:10Z")), unwritten("c", None)]);
        let cause = &report.causes[0];
        assert_eq!((cause.credentials, cause.dead, cause.without_token), (3, 0, 2));
        assert_eq!(cause.next_expiry, Some(at(3600)), "of b alone");
    }
}
