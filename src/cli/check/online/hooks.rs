//! The hooks: whether each would reach somebody. Nobody is told anything.

use std::time::{Duration, SystemTime};

use super::finding::Finding;
use crate::{
    cli::check::programs,
    hook::{Hook, Reach, reach_listener, reach_process},
};

/// Looks where a hook leads. `booted_at` is by the wall clock of now.
pub(super) async fn look(hook: &Hook, booted_at: SystemTime, timeout: Duration) -> Reach {
    match hook {
        Hook::Signal { to, .. } => reach_process(to, booted_at, timeout).await,
        Hook::Post { url, .. } => reach_listener(url, timeout).await,
        Hook::Command { program, .. } => {
            let path = program.clone();
            let looking = tokio::task::spawn_blocking(move || programs::trouble(&path));
            match tokio::time::timeout(timeout, looking).await {
                Ok(Ok(None)) => Reach::There(format!("`{}` can be run", program.display())),
                Ok(Ok(Some(trouble))) => Reach::Barred(trouble),
                Ok(Err(_)) | Err(_) => Reach::Barred(format!("the disk of `{}` takes too long", program.display())),
            }
        }
    }
}

/// What it means.
pub(super) fn finding(reach: &Reach) -> Finding {
    match reach {
        Reach::There(who) => Finding::passed(SUBJECT, who),
        Reach::NotYet(why) => {
            Finding::remark(SUBJECT, format!("{why}; who starts later reads the new token by itself"))
        }
        Reach::Barred(why) => Finding::failed(SUBJECT, why),
    }
}

const SUBJECT: &str = "hook";
