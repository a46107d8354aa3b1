//! curl and git: each call reads the file.

use std::process::Command;

use crate::programs::{Shape, Stage, installed};

#[test]
fn curl_reads_the_files_for_each_call() {
    let Some(curl) = installed("curl", &["--version"]) else { return };
    for shape in [Shape::File, Shape::Set] {
        let mut stage = Stage::new("curl", shape);
        let script = stage.snippet("curl.sh");
        assert!(script.lines().count() >= 2);
        for line in script.lines() {
            // curl 7.88 only warns of a missing file for `-H`, and the server refuses its request without a header.
            let code = exit_code(line);
            assert!(matches!(code, Some(26)) || code == Some(22) && line.contains(" -H "), "{code:?} of {line}");
        }
        assert_eq!(stage.visits().good, 0);
        stage.forget();
        let daemon = stage.start_daemon();
        stage.through_rotations(&curl, || {
            for line in script.lines() {
                assert_eq!(exit_code(line), Some(0), "{line}");
            }
        });
        stage.end(daemon);
    }
}

fn exit_code(line: &str) -> Option<i32> {
    Command::new("sh").args(["-c", line]).output().unwrap().status.code()
}

#[test]
fn git_includes_the_file_at_each_call() {
    let Some(git) = installed("git", &["--version"]) else { return };
    for shape in [Shape::File, Shape::Set] {
        let mut stage = Stage::new("git", shape);
        stage.put(".gitconfig", &stage.snippet(".gitconfig"));
        let repository = format!("http://{}/app.git", stage.server());
        let home = stage.path("");
        // The server has no repository, so git ends with an error after its request.
        let list = || {
            let mut command = git.command();
            command.args(["ls-remote", &repository]).env("HOME", &home).env("GIT_TERMINAL_PROMPT", "0");
            command.env_remove("GIT_CONFIG_GLOBAL").env_remove("XDG_CONFIG_HOME").output().unwrap();
        };
        list();
        let visits = stage.visits();
        assert_eq!((visits.good, visits.bad.is_empty()), (0, false), "without the file it sends no header: {visits:?}");
        stage.forget();
        let daemon = stage.start_daemon();
        stage.through_rotations(&git, list);
        stage.end(daemon);
    }
}
