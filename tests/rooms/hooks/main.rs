//! Hooks with real processes and sockets: recipients of signals, environment and leftovers of commands, content of
//! POSTs.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails is a test that fails")]

mod app;
mod commands;
mod posts;
mod signals;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use tokenwell::{
    child::ChildRegistry,
    clock,
    hook::{self, Hook, HookContext, HookOutcome, HookRun},
    renewal::{Grant, Moment},
    secret::Secret,
    session::{Claims, ReplyFields, Session},
    source::{AccessKey, Source},
};
use tokio::task::JoinHandle;

#[test]
fn a_hook_may_run_in_a_task() {
    fn is_for_a_task(_: impl Future<Output = HookRun> + Send) {}
    let hook = Hook::Post { url: hook::LoopbackUrl::parse("http://127.0.0.1/").unwrap(), timeout: PATIENCE };
    is_for_a_task(hook::run(&hook, &context(), &ChildRegistry::default()));
}

#[tokio::test]
async fn a_time_that_no_calendar_has_breaks_nothing() {
    let env = Hook::Command { program: "/usr/bin/env".into(), arguments: Vec::new(), timeout: PATIENCE };
    for (expires_at, told) in [
        (UNIX_EPOCH + Duration::from_secs(1 << 40), "9999-12-31T23:59:59Z"),
        (UNIX_EPOCH - Duration::from_secs(1), "1970-01-01T00:00:00Z"),
    ] {
        let ran = hook::run(&env, &HookContext { expires_at, ..context() }, &ChildRegistry::default()).await;
        assert!(ran.printed.contains(told), "{ran:?}");
    }
}

/// Runs a hook with the usual context. Fails if the hook never ends.
async fn run(hook: &Hook) -> HookRun {
    let (context, children) = (context(), ChildRegistry::default());
    tokio::time::timeout(PATIENCE, hook::run(hook, &context, &children)).await.expect("it ends")
}

fn context() -> HookContext {
    let jwt = Secret::new(TOKEN.to_owned());
    let grant = Grant { lifetime: Duration::from_secs(600), refresh_after: None };
    HookContext {
        credential: "billing".to_owned(),
        path: "/run/tokenwell/billing.jwt".into(),
        expires_at: UNIX_EPOCH + Duration::from_secs(1_800_000_000),
        session: Arc::new(Session { jwt, grant, claims: Claims::default(), fields: ReplyFields::new() }),
        source: access_key("/run/secrets/no-such-key"),
        booted_at: clock::wall_of(Moment::default()),
    }
}

fn access_key(file: impl Into<PathBuf>) -> Source {
    Source::from(AccessKey::at(file))
}

/// Returns the reason why a hook failed.
fn failure(ran: &HookRun) -> &str {
    let HookOutcome::Failed(why) = &ran.outcome else { panic!("not a failure: {ran:?}") };
    why
}

/// Returns the reason why the hook found no recipient.
fn nobody(ran: &HookRun) -> &str {
    let HookOutcome::NoRecipient(why) = &ran.outcome else { panic!("somebody was there: {ran:?}") };
    why
}

/// Polls until the condition is true. Yields between polls, so it also works while tokio's clock is paused.
async fn until(mut is_so: impl FnMut() -> bool) {
    let end = clock::now() + PATIENCE;
    while !is_so() {
        assert!(clock::now() < end, "in vain for 30 seconds");
        tokio::task::yield_now().await;
    }
}

/// Pauses tokio's clock until it is dropped, so that no time-out fires early. Tokio advances a paused clock whenever
/// every task is idle, so a background task is always busy.
struct StoppedClock(JoinHandle<()>);

impl StoppedClock {
    fn new() -> Self {
        tokio::time::pause();
        Self(tokio::spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        }))
    }
}

impl Drop for StoppedClock {
    fn drop(&mut self) {
        self.0.abort();
        tokio::time::resume();
    }
}

const PATIENCE: Duration = Duration::from_secs(30);
const TOKEN: &str =
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJQMiIsImV4cCI6MTgwMDAwMDAwMH0.c2lnbmF0dXJlLW9mLXNvbWUtbGVuZ3RoLWFuZC1tb3Jl";
