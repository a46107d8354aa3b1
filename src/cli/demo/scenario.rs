//! What the demo plays, as data: how fast everything goes, and what happens when.
//!
//! The lengths are chosen so that the point shows, however short the demo is: an outage lasts longer than it takes from
//! one renewal to the next, so that it is noticed, and ends well before the last good tokens do, so that they are still
//! there. For that a token is renewed after a smaller share of its life than is usual.

use std::time::Duration;

/// A demo from its start to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Scenario {
    /// How long a token lives, in whole seconds as the API counts them.
    pub(super) life: Duration,
    /// How long the API is down.
    pub(super) outage: Duration,
    /// After this long the scenes begin anew.
    round: Duration,
    /// When the demo ends by itself, if it does.
    pub(super) end: Option<Duration>,
}

/// Something that happens to the daemon's surroundings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scene {
    /// This credential's access key is replaced.
    Rotate(&'static str),
    /// The API is down from here on.
    Break,
    /// The API is back.
    Mend,
}

impl Scenario {
    /// One that fits into the length, of which at most [`LENGTH_MAX`] is believed, or one without end.
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

    /// The scene of this ordinal, counted from 0, and when it is due. None once the demo is over.
    pub(super) fn scene(&self, ordinal: u32) -> Option<(Duration, Scene)> {
        let (round, scene) = (ordinal / 3, ordinal % 3);
        let begins = self.round.saturating_mul(round);
        let breaks = self.round * 55 / 100;
        let (after, scene) = match scene {
            0 => (self.round * 3 / 10, Scene::Rotate(CREDENTIALS[round as usize % CREDENTIALS.len()])),
            1 => (breaks, Scene::Break),
            _ => (breaks + self.outage, Scene::Mend),
        };
        let at = begins.saturating_add(after);
        self.end.is_none_or(|end| at < end).then_some((at, scene))
    }
}

/// The names of the credentials.
pub(super) const CREDENTIALS: [&str; 2] = ["billing", "search"];

/// The share of its life after which a token is renewed, in percent; jitter only ever makes it less.
pub(super) const RENEW_AT_PERCENT: u32 = 30;

/// The longest wait between two exchanges while the API is down.
pub(super) const RETRY_MAX: Duration = Duration::from_secs(1);

/// About how long a round takes.
const ROUND: Duration = Duration::from_secs(30);
const LIFE_MIN: Duration = Duration::from_secs(5);
const LENGTH_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn told(length: Option<&str>, scenes: u32) -> String {
        let scenario = Scenario::new(length.map(|length| humantime::parse_duration(length).unwrap()));
        let mut text = format!("life {:?}", scenario.life);
        for (at, scene) in (0..scenes).map_while(|ordinal| scenario.scene(ordinal)) {
            let _ = write!(text, "\n{:>6.2} {scene:?}", at.as_secs_f64());
        }
        text
    }

    #[test]
    fn without_end_a_round_takes_half_a_minute_and_the_next_rotates_the_other_key() {
        insta::assert_snapshot!(told(None, 6), @r#"
        life 10s
          9.00 Rotate("billing")
         16.50 Break
         20.00 Mend
         39.00 Rotate("search")
         46.50 Break
         50.00 Mend
        "#);
    }

    #[test]
    fn ten_seconds_hold_all_of_it() {
        insta::assert_snapshot!(told(Some("10s"), 9), @r#"
        life 7s
          3.00 Rotate("billing")
          5.50 Break
          7.95 Mend
        "#);
    }

    #[test]
    fn a_minute_holds_two_rounds() {
        insta::assert_snapshot!(told(Some("1m"), 99), @r#"
        life 10s
          9.00 Rotate("billing")
         16.50 Break
         20.00 Mend
         39.00 Rotate("search")
         46.50 Break
         50.00 Mend
        "#);
    }

    #[test]
    fn no_length_is_too_short_or_too_long() {
        assert_eq!(told(Some("0s"), 9), "life 5s");
        assert_eq!(told(Some("1ns"), 9), "life 5s\n  0.00 Rotate(\"billing\")\n  0.00 Break\n  0.00 Mend");
        assert!(told(Some("500000years"), 3).contains("Mend"));
    }

    /// Counted from a renewal that falls due as the API breaks, which is the worst moment for it.
    #[test]
    fn an_outage_is_noticed_and_over_before_the_last_good_tokens_are() {
        for seconds in 10..200 {
            let scenario = Scenario::new(Some(Duration::from_secs(seconds)));
            let renewal = scenario.life * RENEW_AT_PERCENT / 100;
            assert!(scenario.outage > renewal, "{seconds}");
            let whole_second = Duration::from_secs(1); // `exp` is cut to whole seconds, and that is what readers see
            let retry = RETRY_MAX.min(scenario.life / 10);
            let needed = renewal + scenario.outage + retry + whole_second + Duration::from_millis(500);
            assert!(needed <= scenario.life, "{seconds}: {needed:?}");
            let healed = scenario.scene(2).unwrap().0 + retry;
            assert!(healed < scenario.round, "{seconds}");
        }
    }
}
