//! Skew between the server's clock and this machine's.

use super::{
    edge::{EdgeAnswer, EdgeProbe},
    finding::Finding,
};
use crate::exchange::Skew;

/// Reports the skew by the `Date` header of the first answer.
pub(super) fn findings(probe: &EdgeProbe) -> Vec<Finding> {
    match probe.date {
        Some(date) => vec![finding(Skew::of(date, probe.sent, probe.received))],
        None if matches!(probe.answer, EdgeAnswer::None(_)) => vec![Finding::skipped(SUBJECT, "there was no answer")],
        None => {
            vec![Finding::remark(
                SUBJECT,
                "the answer has no `Date` header, so the skew is unknown; something in front of the API removes it",
            )]
        }
    }
}

fn finding(skew: Skew) -> Finding {
    let off = skew.seconds().abs();
    let text = || format!("the server's clock is {} this machine's", skew.words());
    if off <= REMARK_SECONDS {
        Finding::passed(SUBJECT, "the server's and this machine's agree")
    } else if off <= FAILED_SECONDS {
        Finding::remark(SUBJECT, format!("{}; {REMEDY}", text()))
    } else {
        let harm = "tokens look expired, or not yet valid, to every program that verifies them here";
        Finding::failed(SUBJECT, format!("{}: {harm}; {REMEDY}", text()))
    }
}

const SUBJECT: &str = "clock";
const REMEDY: &str = "set the one that is wrong, by NTP (`timedatectl`)";
const REMARK_SECONDS: f64 = 5.0;
const FAILED_SECONDS: f64 = 300.0;

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn a_clock_is_judged_by_how_far_it_is_off() {
        let here = UNIX_EPOCH + Duration::from_secs(1_795_000_000);
        let found = |date| finding(Skew::of(date, here, here));
        assert_eq!(found(here).text, "the server's and this machine's agree");
        insta::assert_snapshot!(found(here + Duration::from_secs(59)).text, @"the server's clock is 59s ahead of this machine's; set the one that is wrong, by NTP (`timedatectl`)");
        insta::assert_snapshot!(found(here - Duration::from_secs(7200)).text, @"the server's clock is 1h 59m 59s behind this machine's: tokens look expired, or not yet valid, to every program that verifies them here; set the one that is wrong, by NTP (`timedatectl`)");
    }
}
