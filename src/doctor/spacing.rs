//! The spacing between the dry exchanges and those of a daemon: whether the dry exchanges are recorded, and if not, what to do.

use std::{collections::BTreeMap, time::Duration};

use super::{
    exchange_probe::ExchangeProbe,
    finding::{Finding, joined},
};
use crate::{
    config::{Credential, duration::short},
    offline::NotRecorded,
};

/// Reports whether each exchange is recorded. Credentials with equal results share a line.
pub(super) fn findings(exchanges: &[ExchangeProbe], credentials: &[Credential]) -> Vec<Finding> {
    let mut alike = BTreeMap::<_, (Vec<&str>, Duration)>::new();
    for ExchangeProbe { credential: name, recorded, .. } in exchanges {
        let Some(recorded) = recorded else { continue };
        let spacing = credentials.iter().find(|credential| credential.name == *name);
        let spacing = spacing.map(|credential| credential.policy.spacing).unwrap_or_default();
        let (names, longest) = alike.entry(recorded).or_default();
        names.push(name);
        *longest = spacing.max(*longest);
    }
    alike.into_iter().map(|(recorded, (names, spacing))| finding(recorded, spacing).of(&joined(&names))).collect()
}

fn finding(recorded: &Result<(), NotRecorded>, spacing: Duration) -> Finding {
    let spacing = short(spacing);
    let text = match recorded {
        Ok(()) => {
            let text =
                format!("recorded in the state directory: a daemon that starts now keeps its spacing of {spacing}");
            return Finding::passed(SUBJECT, text);
        }
        Err(why @ (NotRecorded::Held(_) | NotRecorded::StateHeld(_) | NotRecorded::UnknownHolder)) => {
            format!("not recorded, because {why}; a daemon may make an exchange within {spacing} of this check")
        }
        Err(why @ (NotRecorded::Missing(_) | NotRecorded::Foreign { .. } | NotRecorded::StoreFailed(_))) => {
            format!("not recorded, because {why}; wait {spacing} before you start a daemon")
        }
    };
    Finding::remark(SUBJECT, text)
}

const SUBJECT: &str = "spacing";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_may_not_know_of_the_exchange_is_reported() {
        let foreign = NotRecorded::Foreign { directory: "/var/lib/t".into(), owner: 7 };
        let all = [
            Ok(()),
            Err(NotRecorded::Held("process 7 (`tokenwell`)".to_owned())),
            Err(NotRecorded::UnknownHolder),
            Err(NotRecorded::Missing("/var/lib/t".into())),
            Err(foreign),
        ];
        let lines = all.map(|recorded| {
            let Finding { status, text, .. } = finding(&recorded, Duration::from_secs(2));
            format!("{status:?} {text}")
        });
        insta::assert_snapshot!(lines.join("\n"), @r"
        Passed recorded in the state directory: a daemon that starts now keeps its spacing of 2s
        Remark not recorded, because process 7 (`tokenwell`) writes to the outputs; a daemon may make an exchange within 2s of this check
        Remark not recorded, because this user cannot see whether a daemon writes to the outputs; a daemon may make an exchange within 2s of this check
        Remark not recorded, because state directory `/var/lib/t` does not exist yet; wait 2s before you start a daemon
        Remark not recorded, because state directory `/var/lib/t` belongs to user 7; wait 2s before you start a daemon
        ");
    }
}
