//! Command hooks: environment, exit, and the log of their output.

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use nix::sys::signal::{Signal, kill};
use tokenwell::{
    child::ChildRegistry,
    hook::{self, Hook, HookContext, HookOutcome, HookRun, PRINTED_BYTES_MAX},
};

use super::{
    PATIENCE, StoppedClock, TOKEN, access_key,
    app::{copied, pid, runs},
    context, failure, run, until,
};

#[tokio::test]
async fn a_command_gets_a_clean_environment_and_never_the_token() {
    assert!(std::env::vars_os().count() > 3, "there is something to inherit");
    let ran = run(&Hook::Command { program: "/usr/bin/env".into(), arguments: Vec::new(), timeout: PATIENCE }).await;
    let mut lines: Vec<_> = ran.printed.split('\n').collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "TOKENWELL_CREDENTIAL=billing",
            "TOKENWELL_EXPIRES_AT=2027-01-15T08:00:00Z",
            "TOKENWELL_PATH=/run/tokenwell/billing.jwt",
        ]
    );
}

#[tokio::test]
async fn a_command_gets_its_arguments_as_they_are_and_nothing_else() {
    let script = r#"printf '<%s>' "$@"; pwd; cat; cut -d ' ' -f 5 "/proc/$$/stat" | grep -qx $$ && echo leads"#;
    let arguments = ["-c", script, "sh", "a b", "$HOME", "*", "", "ü"].map(str::to_owned).to_vec();
    let ran = run(&Hook::Command { program: "/bin/sh".into(), arguments, timeout: PATIENCE }).await;
    assert_eq!(ran, done("<a b><$HOME><*><><ü>/\nleads"));
}

#[tokio::test]
async fn the_end_of_a_command_is_reported_with_its_output() {
    let ran = run(&shell("echo one; echo two >&2; echo three; exit 3")).await;
    assert_eq!(failure(&ran), "exit code 3");
    assert_eq!(ran.printed, "one\ntwo\nthree");
    assert_eq!(ran.to_string(), "exit code 3; it printed: one\\ntwo\\nthree");
    assert_eq!(failure(&run(&shell("kill -9 $$")).await), "ended by signal 9 (SIGKILL)");
    assert_eq!(run(&shell("")).await, done(""));
}

#[tokio::test]
async fn a_command_that_cannot_start_is_reported_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reload");
    let hook = Hook::Command { program: path.clone(), arguments: Vec::new(), timeout: PATIENCE };
    let shown = |ran: &HookRun| failure(ran).replace(path.to_str().unwrap(), "/opt/reload");
    insta::assert_snapshot!(shown(&run(&hook).await), @"cannot start `/opt/reload`: no such file; name a program that exists on this machine or image; a script's first line must name one too");
    let script = folder.path().join("script");
    fs::write(&script, "#!/no/such/shell\n").unwrap();
    copied(&script, &path);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    insta::assert_snapshot!(shown(&run(&hook).await), @"cannot start `/opt/reload`: permission denied; make it executable for tokenwell's user (`chmod +x`), on a file system without `noexec`");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(shown(&run(&hook).await).contains("no such file"));
}

#[tokio::test]
async fn a_command_that_hangs_is_killed_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let said = ["one", "other"].map(|name| folder.path().join(name));
    let script = "trap '' TERM; sleep 1000 & echo $!; (trap '' TERM; sleep 1001 & echo $!; :>\"$0\"; wait) & echo $$; :>\"$1\"; wait; wait";
    let timeout = Duration::from_secs(2);
    let files = said.each_ref().map(|file| file.display().to_string());
    let arguments = [words(script), files.to_vec()].concat();
    let hook = Hook::Command { program: "/bin/sh".into(), arguments, timeout };
    let (ran, ()) = tokio::join!(run(&hook), async {
        let clock = StoppedClock::new();
        until(|| said.iter().all(|file| file.exists())).await;
        drop(clock);
    });
    assert_eq!(ran.outcome, HookOutcome::TimedOut(timeout));
    assert_eq!(ran.to_string().split(';').next(), Some("not done within 2s, so it was stopped"));
    let numbers: Vec<_> = ran.printed.split('\n').collect();
    assert_eq!(numbers.len(), 3, "{ran:?}");
    until(|| !numbers.iter().any(|number| runs(number))).await;
}

#[tokio::test]
async fn a_command_that_hangs_may_tidy_up_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let (ready, tidied) = (folder.path().join("ready"), folder.path().join("tidied"));
    let timeout = Duration::from_secs(2);
    let script = "trap 'echo tidied; :>\"$1\"; exit 0' TERM; sleep 1000 & echo ready; :>\"$0\"; wait";
    let files = [&ready, &tidied].map(|file| file.display().to_string());
    let arguments = [words(script), files.to_vec()].concat();
    let hook = Hook::Command { program: "/bin/sh".into(), arguments, timeout };
    let (ran, ()) = tokio::join!(run(&hook), async {
        let clock = StoppedClock::new();
        until(|| ready.exists()).await;
        tokio::time::advance(timeout * 2).await;
        until(|| tidied.exists()).await;
        drop(clock);
    });
    assert_eq!(ran, HookRun { outcome: HookOutcome::TimedOut(timeout), printed: "ready\ntidied".to_owned() });
}

#[tokio::test]
async fn a_commands_background_process_neither_delays_nor_dies() {
    let ran = run(&shell("sleep 1000 & echo $!")).await;
    assert_eq!(ran.outcome, HookOutcome::Done);
    assert!(runs(&ran.printed), "{ran:?}");
    kill(pid(ran.printed.parse().unwrap()), Signal::SIGKILL).unwrap();
}

#[tokio::test]
async fn a_command_ends_when_its_hook_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("numbers");
    let script = format!("trap '' TERM; sleep 1000 & echo $$ $! >{0}.new; mv {0}.new {0}; wait", file.display());
    let (hook, context, children) = (shell(&script), context(), ChildRegistry::default());
    tokio::select! {
        ran = hook::run(&hook, &context, &children) => panic!("{ran:?}"),
        () = until(|| file.exists()) => {}
    }
    let numbers = fs::read_to_string(&file).unwrap();
    until(|| !numbers.split_whitespace().any(runs)).await;
}

#[tokio::test]
async fn a_command_is_registered_while_it_is_awaited() {
    let folder = tempfile::tempdir().unwrap();
    let (file, go) = (folder.path().join("number"), folder.path().join("go"));
    nix::unistd::mkfifo(&go, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let script = format!("echo $$ >{0}.new; mv {0}.new {0}; read line <{1}", file.display(), go.display());
    let (hook, context, children) = (shell(&script), context(), ChildRegistry::default());
    let number = || fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
    let (ran, ()) = tokio::join!(hook::run(&hook, &context, &children), async {
        until(|| number().is_some_and(|number| children.contains(number))).await;
        fs::write(&go, "\n").unwrap();
    });
    assert_eq!(ran, done(""));
    assert!(!children.contains(number().unwrap()));
}

#[tokio::test]
async fn the_token_is_masked_in_output_that_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, TOKEN).unwrap();
    let ran = run(&shell(&format!("echo \"Authorization: Bearer $(cat {})\"; exit 1", file.display()))).await;
    assert_eq!(ran.printed, "Authorization: Bearer [secret]");
    for before in [PRINTED_BYTES_MAX - 1, PRINTED_BYTES_MAX - 5, PRINTED_BYTES_MAX - TOKEN.len() + 1] {
        let script = format!("head -c {before} /dev/zero | tr '\\0' '#'; cat {}", file.display());
        let printed = run(&shell(&script)).await.printed;
        let more = before + TOKEN.len() - PRINTED_BYTES_MAX;
        assert_eq!(printed, format!("{}[secret] (and {more} bytes more)", "#".repeat(before)));
    }
}

#[tokio::test]
async fn the_current_access_key_is_masked_in_a_commands_output() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let context = HookContext { source: access_key(&file), ..context() };
    let hook = shell(&format!("cat {0}; base64 {0}; exit 1", file.display()));
    for key in ["K2aB3dEfGh1JkLmN0pQrStUvWxYz98765432100123456789abcdef", "K2another-one-of-a-key-that-came-later"] {
        fs::write(&file, key).unwrap();
        let ran = hook::run(&hook, &context, &ChildRegistry::default()).await;
        assert_eq!(failure(&ran), "exit code 1");
        let told = ran.printed.replace("[secret]", "");
        assert!(told.trim_matches(['=', '\n']).is_empty() && ran.printed.contains("[secret]"), "{ran:?}");
    }
    fs::remove_file(&file).unwrap();
    let ran = hook::run(&shell("echo told"), &context, &ChildRegistry::default()).await;
    assert_eq!(ran, done("told"), "a key that is away masks nothing");
    nix::unistd::mkfifo(&file, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let ran = hook::run(&shell("echo told"), &context, &ChildRegistry::default()).await;
    assert_eq!(ran, done("told"), "nor is it waited for");
}

#[tokio::test]
async fn a_command_that_prints_much_is_not_held_up() {
    let ran = run(&shell("head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2; exit 4")).await;
    assert_eq!(failure(&ran), "exit code 4");
    let more = 3_000_004 - PRINTED_BYTES_MAX;
    assert_eq!(ran.printed, format!("{} (and {more} bytes more)", "x".repeat(PRINTED_BYTES_MAX)));
}

#[tokio::test]
async fn a_command_that_prints_without_end_is_stopped() {
    let timeout = Duration::from_millis(500);
    let ran = run(&Hook::Command { program: "/usr/bin/yes".into(), arguments: Vec::new(), timeout }).await;
    assert_eq!(ran.outcome, HookOutcome::TimedOut(timeout));
    assert!(ran.printed.len() < 3 * PRINTED_BYTES_MAX, "{}", ran.printed.len());
}

#[tokio::test]
async fn a_commands_output_is_logged_escaped_for_people() {
    let ran = run(&shell(r"printf 'a\033[31m\r\nlevel=ERROR \377\000'")).await;
    assert_eq!(ran, done("a\x1b[31m\r\nlevel=ERROR \u{fffd}\0"));
    assert_eq!(ran.to_string(), "done; it printed: a\\u{1b}[31m\\r\\nlevel=ERROR \u{fffd}\\0");
}

fn shell(script: &str) -> Hook {
    Hook::Command { program: "/bin/sh".into(), arguments: words(script), timeout: PATIENCE * 2 }
}

fn words(script: &str) -> Vec<String> {
    vec!["-c".to_owned(), script.to_owned()]
}

fn done(printed: &str) -> HookRun {
    HookRun { outcome: HookOutcome::Done, printed: printed.to_owned() }
}
