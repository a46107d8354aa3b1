//! `tokenwell init`: questions on a terminal, flags, and what is never overwritten.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt as _, symlink},
        net::UnixListener,
    },
    path::Path,
};

use tokenwell::sandbox::{Sandbox, Settings};

use crate::{
    program::{Ended, Program, TOKENWELL, once, tokenwell},
    terminal::Terminal,
};

const PROJECT: &str = "P2initinitinitinitinitinitini";
const EXAMPLE: &str = "P2abcdefghijklmnopqrstuvwxyz";
const KEY: &str = "K2CANARYinitkeyinitkeyinitkeyinit";

/// Runs `init` without a terminal, as a user with this home.
fn init(home: &Path, arguments: &[&str]) -> Ended {
    let mut command = tokenwell(["init"]);
    command.args(arguments).env("HOME", home).env("TOKENWELL_CONFIG", home.join("t/tokenwell.yaml")).current_dir(home);
    Program::start(&mut command).ended()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The names of everything below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        names.push(entry.path().display().to_string());
        if entry.path().is_dir() {
            names.extend(files(&entry.path()));
        }
    }
    names
}

#[test]
fn flags_write_a_configuration_that_works() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let sandbox = Sandbox::start(Settings::default()).unwrap();
    fs::write(home.join("bad.key"), KEY).unwrap();
    let url = sandbox.base_url();
    let output = home.join("out/app.jwt").display().to_string();
    let config = home.join("tokenwell.yaml").display().to_string();
    let ended = init(
        home,
        &[
            "--project-id",
            PROJECT,
            "--access-key-file",
            "bad.key",
            "--output",
            &output,
            "--base-url",
            &url,
            "--config",
            &config,
        ],
    );
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
    let text = fs::read_to_string(&config).unwrap();
    assert!(text.starts_with("# yaml-language-server: $schema=tokenwell.schema.json\n"), "{text}");
    assert!(text.contains("- name: bad\n"), "named after its key file: {text}");
    let schema: serde_json::Value =
        serde_json::from_slice(&fs::read(home.join("tokenwell.schema.json")).unwrap()).unwrap();
    assert_eq!(schema["$id"], "urn:tokenwell:configuration");
    for command in ["check --online --config ", "run --config ", "status --config ", "export TOKENWELL_CONFIG="] {
        assert!(ended.stdout.contains(command), "`{command}` is not printed: {}", ended.stdout);
    }
    assert_eq!(Program::start(&mut once(home, "20s")).ended().code, Some(0));
    assert_eq!(fs::read_to_string(output).unwrap().split('.').count(), 3, "a token");
}

#[test]
fn without_a_terminal_missing_flags_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&[][..], &["--project-id", PROJECT], &["--name", "a"]] {
        let ended = init(folder.path(), arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ended.stderr.contains("`--project-id ID` and `--access-key-file FILE`"), "{}", ended.stderr);
    }
    assert_eq!(files(folder.path()), [""; 0]);
}

#[test]
fn a_wrong_flag_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, what) in [
        (&["--project-id", EXAMPLE, "--name", "a"][..], "this is the example of the README"),
        (&["--project-id", KEY, "--name", "a"], "this looks like an access key"),
        (&["--project-id", PROJECT, "--name", "A b"], "is not a credential name"),
        (&["--project-id", PROJECT, "--access-key-file", KEY], "looks like an access key itself"),
        (&["--project-id", PROJECT, "--name", "a", "--base-url", "http://example.com"], "plain http"),
        (&["--project-id", PROJECT, "--access-key-file", "k", "--output", "k"], "a token would replace it"),
        (&["--project-id", PROJECT, "--name", "a", "--output", "-"], "`tokenwell token NAME` prints a token"),
        (&["--project-id", PROJECT, "--name", "a", "--output", "/"], "is a folder"),
        (&["--project-id", PROJECT, "--name", "a", "--output=~/a.jwt"], "the shell has not replaced `~`"),
        (&["--project-id", PROJECT, "--name", "a", "--config=~/a.yaml"], "the shell has not replaced `~`"),
        (
            &["--project-id", PROJECT, "--access-key-file", "k", "--config", "k"],
            "both the key file and the configuration",
        ),
        (
            &["--project-id", EXAMPLE, "--name", "a", "--base-url", "https://api.descope.com"],
            "the example of the README",
        ),
    ] {
        let ended = init(folder.path(), arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(what), "{arguments:?}: {}", ended.stderr);
        assert!(!ended.stderr.contains("CANARY"), "{}", ended.stderr);
    }
    assert_eq!(files(folder.path()), [""; 0]);
}

#[test]
fn what_exists_is_kept_unless_force_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let (home, config) = (folder.path(), folder.path().join("t/tokenwell.yaml"));
    fs::create_dir_all(home.join("t/keys")).unwrap();
    for (name, text) in [("tokenwell.yaml", "mine"), ("tokenwell.schema.json", "mine"), ("keys/a", KEY)] {
        fs::write(home.join("t").join(name), text).unwrap();
    }
    let arguments = ["--project-id", PROJECT, "--name", "a"];
    let ended = init(home, &arguments);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("exists and is not overwritten") && ended.stderr.contains("--force"),
        "{}",
        ended.stderr
    );
    assert_eq!(fs::read_to_string(&config).unwrap(), "mine");
    let forced = [&arguments[..], &["--force"]].concat();
    let ended = init(home, &forced);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert!(fs::read_to_string(&config).unwrap().contains(PROJECT));
    assert_eq!(fs::read_to_string(home.join("t/keys/a")).unwrap(), KEY, "a key is never replaced");
    assert_eq!(fs::read_to_string(home.join("t/tokenwell.schema.json")).unwrap(), "mine");
    fs::remove_file(&config).unwrap();
    symlink("/dev/null", &config).unwrap();
    let ended = init(home, &forced);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("is not a regular file"), "{}", ended.stderr);
}

#[test]
fn what_no_token_or_text_may_replace_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    fs::create_dir(home.join("folder")).unwrap();
    let _socket = UnixListener::bind(home.join("socket")).unwrap();
    fs::write(home.join("k"), KEY).unwrap();
    let before = files(home);
    for (output, what) in [("folder", "is a folder"), ("socket", "is a socket")] {
        let ended = init(home, &["--project-id", PROJECT, "--name", "a", "--output", output]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
        assert!(ended.stderr.contains(what), "{}", ended.stderr);
    }
    let ended = init(home, &["--project-id", PROJECT, "--access-key-file", "k", "--config", "k", "--force"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stdout);
    assert_eq!(fs::read_to_string(home.join("k")).unwrap(), KEY);
    assert_eq!(files(home), before);
}

#[test]
fn a_terminal_is_asked_and_the_key_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let script = format!("umask 022; '{TOKENWELL}' init; echo \"ended with $?\"");
    let config = home.join("t/tokenwell.yaml");
    let variables =
        [("HOME", home.to_str().unwrap()), ("TOKENWELL_CONFIG", config.to_str().unwrap()), ("TERM", "dumb")];
    let Some(mut terminal) = Terminal::of(home, &variables, &script) else { return };
    for (question, typed) in [
        ("project id", format!("{EXAMPLE}\n")),
        ("this is the example of the README", format!("{PROJECT}\n")),
        ("name of the credential", "Not a name\n".to_owned()),
        ("is not a credential name", "billing\n".to_owned()),
        ("access key", format!("{PROJECT}\n")),
        ("this is a project id, not an access key", format!(" {KEY}\n")),
        ("token file", "-\n".to_owned()),
        ("`-` is not a file", "~/\n".to_owned()),
        ("is a folder", "t/../a.jwt\n".to_owned()),
        ("cannot find folder", "~/out/billing.jwt\n".to_owned()),
    ] {
        terminal.until_shown(question);
        terminal.press(&typed);
    }
    terminal.until_shown("ended with 0");
    assert!(!terminal.shown().contains("CANARY"), "{}", terminal.shown());
    assert!(terminal.shown().contains("check --online"), "{}", terminal.shown());
    let key = home.join("t/keys/billing");
    assert_eq!((fs::read_to_string(&key).unwrap().as_str(), mode(&key)), (KEY, 0o600));
    assert_eq!((mode(&home.join("t/keys")), mode(&config)), (0o700, 0o644));
    let text = fs::read_to_string(&config).unwrap();
    let output = home.join("out/billing.jwt").display().to_string();
    assert!(text.contains(&output) && !text.contains("CANARY"), "{text}");
}

#[test]
fn an_interrupt_or_the_end_of_input_leaves_nothing() {
    for last in ["\x03", "\x04"] {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path();
        let script = format!("trap : INT; '{TOKENWELL}' init --config a/b.yaml; echo \"ended with $?\"; stty -a");
        let variables = [("HOME", home.to_str().unwrap())];
        let Some(mut terminal) = Terminal::of(home, &variables, &script) else { return };
        terminal.until_shown("project id");
        terminal.press(&format!("{PROJECT}\n"));
        terminal.until_shown("name of the credential");
        terminal.press("a\n");
        terminal.until_shown("access key");
        terminal.press(last);
        terminal.until_shown("stopped; nothing was written");
        terminal.until_shown("ended with 1");
        terminal.until_shown(" echo ");
        assert_eq!(files(home), [""; 0]);
    }
}
