//! Runs one hook.

use super::{
    command,
    definition::Hook,
    outcome::{HookContext, HookRun},
    post, send,
};
use crate::child::ChildRegistry;

/// Runs a hook until it ends, which takes at most its time limit plus three seconds. Must be called on the loop's thread,
/// which it does not block. Dropping the future kills a command with its whole process group.
pub async fn run(hook: &Hook, context: &HookContext, children: &ChildRegistry) -> HookRun {
    match hook {
        Hook::Signal { signal, to } => HookRun::silent(send::send(*signal, to, context.booted_at).await),
        Hook::Command { program, arguments, timeout } => {
            command::run(program, arguments, *timeout, context, children).await
        }
        Hook::Post { url, timeout } => HookRun::silent(post::post(url, *timeout, context).await),
    }
}
