//! The spacing between the dry exchanges and those of a daemon: whether it finds a note of them, and if not, what to do.

use std::{collections::BTreeMap, time::Duration};

use super::{
    exchange_probe::ExchangeProbe,
    finding::{Finding, named},
};
use crate::{
    config::{Credential, duration::short},
    offline::NotRecorded,
};

/// What it means. Credentials of which the same is to be said share a line.
pub(super) fn findings(exchanges: &[ExchangeProbe], credentials: &[Credential]) -> Vec<Finding> {
    let mut alike = BTreeMap::<_, (Vec<&str>, Duration)>::new();
    for ExchangeProbe { credential: name, noted, .. } in exchanges {
        let Some(noted) = noted else { continue };
        let spacing = credentials.iter().find(|credential| credential.name == *name);
        let spacing = spacing.map(|credential| credential.policy.spacing).unwrap_or_default();
        let (names, longest) = alike.entry(noted).or_default();
        names.push(name);
        *longest = spacing.max(*longest);
    }
    alike.into_iter().map(|(noted, (names, spacing))| finding(noted, spacing).of(&named(&names))).collect()
}

fn finding(noted: &Result<(), NotRecorded>, spacing: Duration) -> Finding {
    let spacing = short(spacing);
    let text = match noted {
        Ok(()) => {
            let text = format!("noted in the state directory: a daemon that starts now keeps its {spacing}");
            return Finding::passed(SUBJECT, text);
        }
        Err(why @ (NotRecorded::Held(_) | NotRecorded::Unseen)) => {
            format!("not noted, because {why}; that may ask within its {spacing} after this check")
        }
        Err(why @ (NotRecorded::Missing(_) | NotRecorded::Foreign { .. } | NotRecorded::Unkept(_))) => {
            format!("not noted, because {why}; wait {spacing} before you start a daemon")
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
            Err(NotRecorded::Unseen),
            Err(NotRecorded::Missing("/var/lib/t".into())),
            Err(foreign),
        ];
        let told = all.map(|noted| {
            let Finding { verdict, text, .. } = finding(&noted, Duration::from_secs(2));
            format!("{verdict:?} {text}")
        });
        insta::assert_snapshot!(told.join("\n"), @r"
        Passed noted in the state directory: a daemon that starts now keeps its 2s
        Remark not noted, because process 7 (`tokenwell`) writes to the outputs; that may ask within its 2s after this check
        Remark not noted, because this user cannot see whether a daemon writes to the outputs; that may ask within its 2s after this check
        Remark not noted, because state directory `/var/lib/t` is not there yet; wait 2s before you start a daemon
        Remark not noted, because state directory `/var/lib/t` is of user 7; wait 2s before you start a daemon
        ");
    }
}
