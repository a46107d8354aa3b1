//! The clocks: how far the server's is from this machine's.

use super::{
    edge::{EdgeAnswer, EdgeProbe},
    finding::Finding,
};
use crate::exchange::Skew;

/// What was seen with the first answer.
pub(super) fn findings(seen: &EdgeProbe) -> Vec<Finding> {
    match seen.date {
        Some(date) => vec![finding(Skew::of(date, seen.sent, seen.received))],
        None if matches!(seen.answer, EdgeAnswer::None(_)) => vec![Finding::skipped(SUBJECT, "nobody answered")],
        None => {
            vec![Finding::remark(SUBJECT, "the answer has no `Date`, so nobody knows; something in front removes it")]
        }
    }
}

fn finding(skew: Skew) -> Finding {
    let off = skew.seconds().abs();
    let text = || format!("the server's clock is {} this machine's", skew.words());
    if off <= REMARKED_SECONDS {
        Finding::passed(SUBJECT, "the server's and this machine's agree")
    } else if off <= FAILED_SECONDS {
        Finding::remark(SUBJECT, format!("{}; {REMEDY}", text()))
    } else {
        let harm = "tokens look expired, or not yet valid, to all who check them here";
        Finding::failed(SUBJECT, format!("{}: {harm}; {REMEDY}", text()))
    }
}

const SUBJECT: &str = "clock";
const REMEDY: &str = "set the one that is wrong, by NTP (`timedatectl`)";
const REMARKED_SECONDS: f64 = 5.0;
const FAILED_SECONDS: f64 = 300.0;

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn a_clock_is_judged_by_how_far_it_is_off() {
        let here = UNIX_EPOCH + Duration::from_secs(1_795_000_000);
        let told = |date| finding(Skew::of(date, here, here));
        assert_eq!(told(here).text, "the server's and this machine's agree");
        insta::assert_snapshot!(told(here + Duration::from_secs(59)).text, @"the server's clock is 59s ahead of this machine's; set the one that is wrong, by NTP (`timedatectl`)");
        insta::assert_snapshot!(told(here - Duration::from_secs(7200)).text, @"the server's clock is 1h 59m 59s behind this machine's: tokens look expired, or not yet valid, to all who check them here; set the one that is wrong, by NTP (`timedatectl`)");
    }
}
