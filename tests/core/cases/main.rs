//! The cases by which other projects test the schedule of their tools, run against the real fleet: the same question under
//! the same name. A case that `tests/core/stories/` covers already is not repeated but is listed in this table.
//!
//! | their case | test here |
//! | --- | --- |
//! | kubelet, `TestRequiresRefresh`, and a clock before issued-at, which the kubelet does not test | `requires_refresh` |
//! | kubelet, `TestTokenCachingAndExpiration`: 1 h at 50 min, 40 h at 25 h | `requires_refresh` |
//! | kubelet: a refresh fails, the token is valid | `a_refresh_that_fails_keeps_the_last_token` |
//! | kubelet: the subject was created anew | `a_changed_key_is_used_after_a_second_at_most` |
//! | Vault, `TestLifetimeWatcher`: `no_error`, `short_increment_duration` | `no_error`, `short_increment_duration` |
//! | Vault, the same: `one_error`, `many_errors`, `only_errors` | `one_error`, `many_errors`, `only_errors` |
//! | Vault, the same: `negative_lease_duration` | `a_life_of_next_to_nothing_is_no_hot_loop`; the reply is refused in `tests/rooms/replies.rs` |
//! | Vault, `TestCalcSleepPeriod` | `ten_thousand_sleeps_end_before_the_token_does` |
//! | Vault agent, back-off: within bounds, the cap over 100 steps, a minimum of one's own | `a_hundred_steps_of_back_off_stay_in_bounds` |
//! | Vault agent, back-off: reset | `back_off_resets_after_a_success` |
//! | Vault agent, `TestSinkServerRetry` | `a_failed_write_is_written_again_and_not_asked_for_again` |
//! | ztunnel, `test_priority`: the order | `the_nearest_expiry_goes_first_and_timeouts_go_last` |
//! | ztunnel, `test_priority`: nothing before, refreshed after; `cache_refresh` | `at_one_nanosecond_before_a_renewal_nothing_happens`, `lives_of_50_ms_are_renewed_at_the_spacing` |
//! | ztunnel, `duplicate_requests` | `many_nudges_during_an_exchange_make_one_more` |
//! | ztunnel, `concurrency` | `exactly_as_many_as_may_be_are_in_flight` |
//! | ztunnel, `unused_cleanup`, `forget_pending`, `forget` | `a_credential_removed_at_any_stage_leaves_nothing` |
//! | ztunnel, `backoff_resets_on_successful_fetch_after_failure` | `back_off_resets_after_a_success` |
//! | ztunnel, `certificate_retention_on_refresh_failure` | `a_refresh_that_fails_keeps_the_last_token` |
//! | ztunnel, `stress_caching` | `eight_times_a_hundred_are_each_asked_for_once` |
//! | ztunnel, refresh time of a valid, an expired and a not yet valid certificate | `requires_refresh` |
//! | linkerd: ready only once certified | `a_start_without_a_server_heals` |
//! | SPIRE, rotationutil: new, almost expired, expired | `requires_refresh` |
//! | SPIRE, rotationutil: one nanosecond before and after | all of `boundaries.rs` |
//! | tbot, the loop: three intervals | `three_intervals_are_three_exchanges` |
//! | tbot, `TestBot_IdentityRenewalFails` | `a_start_without_a_server_heals` |

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may stop the test")]

#[path = "../play.rs"]
mod play;

mod boundaries;
mod hosts;
mod loops;
mod memories;
mod numbers;
mod server;

#[test]
fn every_test_of_the_table_is_there() {
    let told = [
        include_str!("../stories/admission.rs"),
        include_str!("../stories/busy_host.rs"),
        include_str!("../stories/keys.rs"),
        include_str!("../stories/repairs.rs"),
        include_str!("../stories/requested.rs"),
        include_str!("../stories/retries.rs"),
        include_str!("../stories/schedule.rs"),
        include_str!("../stories/writes.rs"),
        include_str!("boundaries.rs"),
        include_str!("hosts.rs"),
        include_str!("loops.rs"),
        include_str!("memories.rs"),
        include_str!("numbers.rs"),
    ]
    .concat();
    let rows = include_str!("main.rs").lines().filter_map(|line| line.strip_prefix("//! | "));
    let ours = rows.skip(2).filter_map(|row| row.split(" | ").nth(1));
    let names = ours.flat_map(|ours| ours.split('`').skip(1).step_by(2)).filter(|name| !name.contains('.'));
    let missing: Vec<_> = names.filter(|name| !told.contains(&format!("fn {name}()"))).collect();
    assert!(missing.is_empty(), "named in the table and told nowhere: {missing:?}");
}
