//! The script of the demo as data: lifetimes, and what happens when.
//!
//! The times are chosen to show the effects however short the demo is: an outage lasts longer than the time between two
//! renewals, so that it is noticed, and ends well before the last valid tokens expire. For that, tokens are renewed
//! after a smaller share of their lifetime than by default.

use std::time::Duration;

/// A demo from start to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Scenario {
    /// The lifetime of a token, in whole seconds like the API's.
    pub(super) life: Duration,
    /// The duration of an API outage.
    pub(super) outage: Duration,
    /// The time after which the scenes repeat.
    pub(super) round: Duration,
    /// When the demo ends by itself, if it does.
    pub(super) end: Option<Duration>,
}

/// An event in the daemon's environment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scene {
    /// This credential's access key is rotated.
    Rotate(&'static str),
    /// The API starts to fail.
    Break,
    /// The API works again.
    Mend,
    /// Everything has been shown once.
    Close,
}

impl Scenario {
    /// Creates a scenario that fits the length, which is clamped to [`LENGTH_MAX`], or one without an end.
    pub(super) fn new(length: Option<Duration>) -> Self {
        let end = length.map(|length| length.min(LENGTH_MAX));
        let round = end.map_or(ROUND, |end| {
            let rounds = (end + ROUND / 2).as_secs() / ROUND.as_secs();
            end / u32::try_from(rounds.max(1)).unwrap_or(u32::MAX)
        });
        let life = LIFE_MIN + round / 6;
        let life = Duration::from_secs(life.as_secs() + u64::from(life.subsec_nanos() > 0));
        let outage = (life * 35 / 100).min(round / 4);
        Self { life, outage, round, end }
    }

    /// Returns a scene by its index, counted from 0, and its time. `None` after the end of the demo.
    pub(super) fn scene(&self, ordinal: u32) -> Option<(Duration, Scene)> {
        let (round, scene) = (ordinal / SCENES, ordinal % SCENES);
        let begins = self.round.saturating_mul(round);
        let breaks = self.round * 55 / 100;
        let (after, scene) = match scene {
            0 => (self.round * 3 / 10, Scene::Rotate(CREDENTIALS[round as usize % CREDENTIALS.len()])),
            1 => (breaks, Scene::Break),
            2 => (breaks + self.outage, Scene::Mend),
            _ => (self.round * 95 / 100, Scene::Close),
        };
        let at = begins.saturating_add(after);
        self.end.is_none_or(|end| at < end).then_some((at, scene))
    }
}

/// The names of the credentials.
pub(super) const CREDENTIALS: [&str; 2] = ["billing", "search"];

/// The share of its lifetime after which a token is renewed, in percent. Jitter only reduces it.
pub(super) const RENEW_AT_PERCENT: u32 = 30;

/// The longest wait between two exchanges during an outage.
pub(super) const RETRY_MAX: Duration = Duration::from_secs(1);

/// The number of scenes in a round.
const SCENES: u32 = 4;

/// The approximate duration of a round.
const ROUND: Duration = Duration::from_secs(30);
const LIFE_MIN: Duration = Duration::from_secs(5);
const LENGTH_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn described(length: Option<&str>, scenes: u32) -> String {
        let scenario = Scenario::new(length.map(|length| humantime::parse_duration(length).unwrap()));
        let mut text = format!("life {:?}", scenario.life);
        for (at, scene) in (0..scenes).map_while(|ordinal| scenario.scene(ordinal)) {
            let _ = write!(text, "\n{:>6.2} {scene:?}", at.as_secs_f64());
        }
        text
    }

    #[test]
    fn without_an_end_each_half_minute_rotates_the_other_key() {
        insta::assert_snapshot!(described(None, 6), @r#"
        life 10s
          9.00 Rotate("billing")
         16.50 Break
         20.00 Mend
         28.50 Close
         39.00 Rotate("search")
         46.50 Break
        "#);
    }

    #[test]
    fn ten_seconds_contain_every_scene() {
        insta::assert_snapshot!(described(Some("10s"), 9), @r#"
        life 7s
          3.00 Rotate("billing")
          5.50 Break
          7.95 Mend
          9.50 Close
        "#);
    }

    #[test]
    fn a_minute_contains_two_rounds() {
        insta::assert_snapshot!(described(Some("1m"), 99), @r#"
        life 10s
          9.00 Rotate("billing")
         16.50 Break
         20.00 Mend
         28.50 Close
         39.00 Rotate("search")
         46.50 Break
         50.00 Mend
         58.50 Close
        "#);
    }

    #[test]
    fn no_length_is_too_short_or_too_long() {
        assert_eq!(described(Some("0s"), 9), "life 5s");
        assert_eq!(
            described(Some("1ns"), 9),
            "life 5s\n  0.00 Rotate(\"billing\")\n  0.00 Break\n  0.00 Mend\n  0.00 Close"
        );
        assert!(described(Some("500000years"), 3).contains("Mend"));
    }

    /// Computed from a renewal that is due when the outage begins, which is the worst case.
    #[test]
    fn an_outage_is_noticed_and_ends_before_the_tokens_expire() {
        for seconds in 10..200 {
            let scenario = Scenario::new(Some(Duration::from_secs(seconds)));
            let renewal = scenario.life * RENEW_AT_PERCENT / 100;
            assert!(scenario.outage > renewal, "{seconds}");
            let whole_second = Duration::from_secs(1); // `exp` is cut to whole seconds, and that is what readers see
            let retry = RETRY_MAX.min(scenario.life / 10);
            let needed = renewal + scenario.outage + retry + whole_second + Duration::from_millis(500);
            assert!(needed <= scenario.life, "{seconds}: {needed:?}");
            let recovered = scenario.scene(2).unwrap().0 + retry;
            let closed = scenario.scene(3).unwrap().0;
            assert!(recovered < closed && closed < scenario.round, "{seconds}: {recovered:?} {closed:?}");
        }
    }
}
