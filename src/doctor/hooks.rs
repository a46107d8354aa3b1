//! The hooks: whether each would reach its target. No hook is run.

use std::time::{Duration, SystemTime};

use super::{finding::Finding, programs};
use crate::hook::{Hook, HookProbe, probe_listener, probe_process};

/// Checks whether the target of a hook is reachable. `booted_at` is by the current wall clock.
pub(super) async fn probe(hook: &Hook, booted_at: SystemTime, timeout: Duration) -> HookProbe {
    match hook {
        Hook::Signal { to, .. } => probe_process(to, booted_at, timeout).await,
        Hook::Post { url, .. } => probe_listener(url, timeout).await,
        Hook::Command { program, .. } => {
            let path = program.clone();
            let probing = tokio::task::spawn_blocking(move || programs::trouble(&path));
            match tokio::time::timeout(timeout, probing).await {
                Ok(Ok(None)) => HookProbe::Reachable(format!("`{}` can be run", program.display())),
                Ok(Ok(Some(trouble))) => HookProbe::WouldFail(trouble),
                Ok(Err(_)) | Err(_) => {
                    HookProbe::WouldFail(format!("the disk of `{}` takes too long", program.display()))
                }
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
