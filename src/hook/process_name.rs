//! Processes by their name, where several containers share their processes.

use std::{
    collections::{HashMap, HashSet},
    io,
};

use rustix::process::{Pid, getpid};

use super::{
    outcome::HookOutcome,
    process::{self, ProcessInfo},
};

/// Every process of that name that does not descend from another one of that name: nginx's master, and not its workers.
/// Never ourselves. `Err` is how the hook ends. Blocks.
pub(super) fn find(name: &str) -> Result<Vec<(Pid, ProcessInfo)>, HookOutcome> {
    let unreadable = |error: io::Error| HookOutcome::Failed(format!("cannot look for processes in `/proc`: {error}"));
    let Some(pids) = process::all().map_err(unreadable)? else {
        return Err(HookOutcome::Failed(format!(
            "there are too many processes to look for `{name}` among them; use `pidFile`"
        )));
    };
    let mut parents = HashMap::new();
    let mut named = Vec::new();
    for pid in pids {
        let Some(seen) = process::inspect(pid).map_err(unreadable)?.filter(|seen| !seen.has_ended) else { continue };
        parents.insert(raw(pid), seen.parent);
        if pid != getpid() && seen.is_named(pid, name) {
            named.push((pid, seen));
        }
    }
    let numbers: HashSet<i32> = named.iter().map(|(pid, _)| raw(*pid)).collect();
    named.retain(|(pid, _)| ancestors(raw(*pid), &parents).all(|ancestor| !numbers.contains(&ancestor)));
    match named.len() {
        0 => Err(HookOutcome::NoRecipient(format!(
            "no process named `{name}` is seen; does the pod share its process namespace (`shareProcessNamespace`)?"
        ))),
        count if count > RECIPIENTS_MAX => Err(HookOutcome::Failed(format!(
            "{count} processes are named `{name}`, and none was told: more than {RECIPIENTS_MAX} are hardly meant; use \
             `pidFile`"
        ))),
        _ => Ok(named),
    }
}

/// Its parent, whose parent, and so on. What is seen at different instants could be a circle.
fn ancestors(pid: i32, parents: &HashMap<i32, i32>) -> impl Iterator<Item = i32> {
    std::iter::successors(parents.get(&pid).copied(), |parent| parents.get(parent).copied()).take(ANCESTORS_MAX)
}

fn raw(pid: Pid) -> i32 {
    pid.as_raw_nonzero().get()
}

const RECIPIENTS_MAX: usize = 64;
const ANCESTORS_MAX: usize = 256;
