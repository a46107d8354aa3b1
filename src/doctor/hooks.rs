//! The hooks: whether each would reach its target. No hook is run.

use std::time::{Duration, SystemTime};

use super::{finding::Finding, programs};
use crate::{
    blocking::{self, Lane, NotDone},
    hook::{Hook, HookProbe, probe_listener, probe_process},
};

/// Checks whether the target of a hook is reachable. `booted_at` is by the current wall clock.
pub(super) async fn probe(hook: &Hook, booted_at: SystemTime, timeout: Duration) -> HookProbe {
    match hook {
        Hook::Signal { to, .. } => probe_process(to, booted_at, timeout).await,
        Hook::Post { url, .. } => probe_listener(url, timeout).await,
        Hook::Command { program, .. } => {
            let path = program.clone();
            match blocking::run_within(Lane::Read, timeout, move || programs::trouble(&path)).await {
                Ok(None) => HookProbe::Reachable(format!("`{}` can be run", program.display())),
                Ok(Some(trouble)) => HookProbe::WouldFail(trouble),
                Err(NotDone::Panicked | NotDone::TooLong) => {
                    HookProbe::WouldFail(format!("the disk of `{}` takes too long", program.display()))
                }
                Err(NotDone::NoThread(shortage)) => HookProbe::WouldFail(shortage.to_string()),
            }
        }
    }
}

/// Reports whether the target is reachable.
pub(super) fn finding(reach: &HookProbe) -> Finding {
    match reach {
        HookProbe::Reachable(who) => Finding::passed(SUBJECT, who),
        HookProbe::NotRunning(why) => {
            Finding::remark(SUBJECT, format!("{why}; a program that starts later reads the new token by itself"))
        }
        HookProbe::WouldFail(why) => Finding::failed(SUBJECT, why),
    }
}

const SUBJECT: &str = "hook";
