//! Hooks after a write.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tokenwell::status::HookResult;
use tracing::Level;

use crate::world::{World, told};

#[test]
fn a_hook_runs_after_a_new_token_and_not_after_a_repair() {
    told(async |world| {
        let script = script(world, "echo \"$TOKENWELL_CREDENTIAL $TOKENWELL_PATH\" >>\"$0.told\"");
        world.put_key("a", "a");
        world.configure(&hooked(world, &[&script]));
        world.start();
        until_told(world, 1).await;
        let line = format!("a {}", world.path("out/a.jwt").display());
        assert_eq!(lines(&script), [line.as_str()]);
        world.until("the outputs are guarded", |world| world.guards_its_outputs()).await;

        fs::remove_file(world.path("out/a.jwt")).unwrap();
        world.until_said(Level::WARN, "it is written again").await;
        world.until("it is there again", |world| world.state("a") == Some("fresh")).await;
        world.put_key("a", "new");
        world.until("the token of the new key", |world| world.report("a").unwrap().writes == 3).await;
        until_told(world, 2).await;
        // The daemon records the end of the hook after the hook's last line of output.
        world.until("no hook runs", |world| !world.is_telling()).await;
        assert_eq!(lines(&script).len(), 2, "the repair was no news");
        assert_eq!(
            world.report("a").unwrap().hooks[0].outcomes,
            [(HookResult::Ok, 2), (HookResult::Failed, 0), (HookResult::TimedOut, 0)]
        );
    });
}

#[test]
fn a_restart_runs_a_hook_only_if_a_crash_missed_it() {
    told(async |world| {
        let script = script(world, "echo told >>\"$0.told\"");
        world.put_key("a", "a");
        world.configure(&hooked(world, &[&script]));
        world.start();
        until_told(world, 1).await;
        world.until("it is remembered", |world| owes_hooks(world) == Some(false)).await;
        world.stop().await;
        world.start();
        world.until_fresh("a").await;
        world.until("no hook runs", |world| !world.is_telling()).await;
        assert_eq!(lines(&script).len(), 1);
        world.stop().await;

        // This is the state after a crash between the write and the end of the hook.
        let record = world.path("state/state/a.json");
        let text = fs::read_to_string(&record).unwrap();
        assert!(text.contains("\"hooksOwed\": false"), "{text}");
        fs::write(&record, text.replace("\"hooksOwed\": false", "\"hooksOwed\": true")).unwrap();
        world.start();
        until_told(world, 2).await;
        world.until("it is remembered", |world| owes_hooks(world) == Some(false)).await;
        assert_eq!(world.exchanges(), 1);
    });
}

#[test]
fn a_process_that_dies_while_a_hook_runs_leaves_it_to_the_next() {
    told(async |world| {
        let script = script(world, "echo told >>\"$0.told\"; [ ! -e \"$0.hang\" ] || exec sleep 1000");
        let hang = script.with_extension("hang");
        fs::write(&hang, "").unwrap();
        world.put_key("a", "a");
        world.configure(&hooked(world, &[&script]));
        world.start();
        until_told(world, 1).await;
        world.until_fresh("a").await;
        assert_eq!(owes_hooks(world), Some(true));
        world.stop().await;
        fs::remove_file(&hang).unwrap();
        world.start();
        until_told(world, 2).await;
        world.until("it is remembered", |world| owes_hooks(world) == Some(false)).await;
        assert_eq!(world.exchanges(), 1);
    });
}

#[test]
fn rotations_during_a_hook_run_it_once_more() {
    told(async |world| {
        let script = script(world, "echo told >>\"$0.told\"; while [ -e \"$0.hang\" ]; do sleep 0.05; done");
        let hang = script.with_extension("hang");
        fs::write(&hang, "").unwrap();
        world.put_key("a", "a");
        world.configure(&hooked(world, &[&script]));
        world.start();
        until_told(world, 1).await;
        for writes in 2..=5 {
            world.put_key("a", &format!("a{writes}"));
            world.until("the next token", |world| world.report("a").unwrap().writes == writes).await;
        }
        assert_eq!(lines(&script).len(), 1, "the first one still runs, and delays no renewal");
        fs::remove_file(&hang).unwrap();
        world.until("no hook runs", |world| !world.is_telling()).await;
        assert_eq!(lines(&script).len(), 2, "the last rotation is told, those between are not");
    });
}

#[test]
fn a_failed_hook_is_logged_once_and_delays_nothing() {
    told(async |world| {
        let bad = script(world, "cat \"$TOKENWELL_PATH\"; echo; exit 3");
        let good = world.path("good");
        fs::write(&good, "echo told >>\"$0.told\"\n").unwrap();
        world.put_key("a", "a");
        world.configure(&hooked(world, &[&bad, &good]));
        world.start();
        for rotations in 1..=3 {
            world.until("the next token", |world| world.report("a").is_some_and(|a| a.writes == rotations)).await;
            world.until("no hook runs", |world| !world.is_telling()).await;
            world.token("a");
            assert_eq!(lines(&good).len() as u64, rotations);
            world.put_key("a", &format!("a{rotations}"));
        }
        assert_eq!(world.said(Level::WARN, "hook failed"), 1);
        assert_eq!(world.said(Level::WARN, "exit code 3"), 1);
        assert_eq!(world.said(Level::WARN, "[secret]"), 1, "the token that it printed is masked");
        let report = world.report("a").unwrap();
        assert!(report.hooks[0].error.as_deref().unwrap().contains("exit code 3"));
        assert_eq!(report.hooks[1].error, None);
        assert!(world.is_ready());
    });
}

#[test]
fn each_hook_has_a_time_of_its_own() {
    told(async |world| {
        let first = script(world, "echo told >>\"$0.told\"");
        let second = world.path("second");
        fs::copy(&first, &second).unwrap();
        fs::write(&second, "#!/bin/sh\nsleep 0.5\n").unwrap();
        world.put_key("a", "a");
        world.configure(&hooked(world, &[&first, &second]));
        world.start();
        let times = |world: &World| world.report("a").map(|a| [0, 1].map(|n| a.hooks[n].ran_at));
        world.until("both have run", |world| times(world).is_some_and(|times| times[1].is_some())).await;
        let [first, second] = times(world).unwrap().map(Option::unwrap);
        assert!(first < second, "the second takes a while");
    });
}

/// Writes a script that records its run in `<its name>.told`.
fn script(world: &World, text: &str) -> PathBuf {
    let path = world.path("hook");
    fs::write(&path, format!("{text}\n")).unwrap();
    path
}

/// Runs each script through `/bin/sh`: a concurrent fork of another test may hold the script open for writing, and then
/// it could not be executed directly. The time-out is the longest permitted, so that no hook is killed on a slow
/// machine.
fn hooked(world: &World, scripts: &[&Path]) -> String {
    let hook = |script: &&Path| format!("{{command: [/bin/sh, {}], timeout: 5m}}", script.display());
    let hooks: Vec<_> = scripts.iter().map(hook).collect();
    world.named(&["a"]).replace("name: a", &format!("name: a, hooks: [{}]", hooks.join(", ")))
}

async fn until_told(world: &mut World, times: usize) {
    let script = world.path("hook");
    world.until("the hook was told", |_| lines(&script).len() >= times).await;
}

fn lines(script: &Path) -> Vec<String> {
    let told = PathBuf::from(format!("{}.told", script.display()));
    fs::read_to_string(told).unwrap_or_default().lines().map(str::to_owned).collect()
}

fn owes_hooks(world: &World) -> Option<bool> {
    let text = fs::read_to_string(world.path("state/state/a.json")).ok()?;
    let record: serde_json::Value = serde_json::from_str(&text).ok()?;
    record["session"]["hooksOwed"].as_bool()
}
