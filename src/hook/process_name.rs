//! Finds processes by name, where several containers share a process namespace.

use std::{
    collections::{HashMap, HashSet},
    io,
};

use rustix::process::{Pid, getpid};

use super::{
    outcome::HookOutcome,
    process::{self, ProcessInfo},
};

/// Returns every process with that name, except descendants of another process with that name (nginx's master, not its
/// workers) and except this process. `Err` is the hook's outcome. Blocks.
pub(super) fn find(name: &str) -> Result<Vec<(Pid, ProcessInfo)>, HookOutcome> {
    let unreadable = |error: io::Error| HookOutcome::Failed(format!("cannot list processes in `/proc`: {error}"));
    let Some(pids) = process::all().map_err(unreadable)? else {
        return Err(HookOutcome::Failed(format!("there are too many processes to search for `{name}`; use `pidFile`")));
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
            "no process named `{name}` is visible; does the pod share its process namespace (`shareProcessNamespace`)?"
        ))),
        count if count > RECIPIENTS_MAX => Err(HookOutcome::Failed(format!(
            "{count} processes are named `{name}`, and none was signalled: the limit is {RECIPIENTS_MAX}; use `pidFile`"
        ))),
        _ => Ok(named),
    }
}

/// Returns the parent, its parent, and so on. Bounded, because processes read at different instants could form a cycle.
fn ancestors(pid: i32, parents: &HashMap<i32, i32>) -> impl Iterator<Item = i32> {
    std::iter::successors(parents.get(&pid).copied(), |parent| parents.get(parent).copied()).take(ANCESTORS_MAX)
}

fn raw(pid: Pid) -> i32 {
    pid.as_raw_nonzero().get()
}

const RECIPIENTS_MAX: usize = 64;
const ANCESTORS_MAX: usize = 256;
