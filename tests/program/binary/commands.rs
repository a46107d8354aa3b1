//! Exit codes, and the sources of the configuration.

use std::{
    fs::{self, File},
    os::unix::{fs::PermissionsExt, net::UnixListener},
    path::Path,
    process::Command,
};

use nix::{sys::stat::Mode, unistd::mkfifo};
use serde_json::{Value, json};
use tokenwell::sandbox::{Answer, Sandbox, Settings};

use crate::{
    program::{Program, TOKENWELL, once, tokenwell},
    setting::Setting,
};

#[test]
fn help_and_version_are_results() {
    let commands = [
        &["--help"][..],
        &["-h"],
        &["--version"],
        &["run", "--help"],
        &["once", "--help"],
        &["exec", "--help"],
        &["check", "--help"],
        &["demo", "--help"],
        &["sandbox", "--help"],
        &["help"],
        &["help", "run"],
    ];
    for arguments in commands {
        let ended = Program::start(&mut tokenwell(arguments)).ended();
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(ended.stdout.contains("tokenwell"), "{arguments:?}");
    }
}

#[test]
fn a_full_standard_output_is_named() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let ended = tokenwell(["version"]).stdout(full).output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(said.starts_with("error: cannot write to standard output: No space left on device"), "{said}");
}

#[test]
fn the_long_version_names_target_and_features() {
    let printed = |arguments: &[&str]| Program::start(&mut tokenwell(arguments)).ended().stdout;
    let short = format!("tokenwell {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(printed(&["-V"]), format!("{short}\n"));
    let long = printed(&["--version"]);
    assert_eq!((printed(&["version"]), long.lines().count()), (long.clone(), 1));
    let build = long.trim_end().strip_prefix(&format!("{short} (")).and_then(|rest| rest.strip_suffix(')')).unwrap();
    assert!(build.contains(&format!("{}-", std::env::consts::ARCH)), "{build}");
    assert!(build.split(", ").any(|part| part.starts_with("features ") && part.contains("sandbox")), "{build}");
    let commit = build.split(", ").find_map(|part| part.strip_prefix("commit "));
    let digits = commit.map(|commit| commit.trim_end_matches("-dirty"));
    assert!(digits.is_none_or(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())), "{build}");
}

#[test]
fn an_unknown_command_is_suggested_and_validate_is_check() {
    let ended = Program::start(&mut tokenwell(["statsu"])).ended();
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("'status'"), "{}", ended.stderr);
    let setting = Setting::with(&["a"]);
    let config = setting.path("tokenwell.yaml").display().to_string();
    let printed = |command: &str| Program::start(&mut tokenwell([command, "--config", &config])).ended();
    let (check, validate) = (printed("check"), printed("validate"));
    assert_eq!((check.code, &check.stdout), (Some(0), &validate.stdout));
}

fn check_json(arguments: &[&str]) -> (Option<i32>, Value) {
    let ended = Program::start(tokenwell(["check", "--json"]).args(arguments)).ended();
    assert_eq!(ended.stderr, "");
    (ended.code, serde_json::from_str(&ended.stdout).unwrap())
}

#[test]
fn check_prints_the_mistakes_as_json() {
    let setting = Setting::with(&["a"]);
    let path = setting.path("wrong.yaml").display().to_string();
    setting.put("wrong.yaml", "projectId: P2world\ncredentials: 7\nunknown: 1\n");
    let (code, report) = check_json(&["--config", &path]);
    assert_eq!((code, &report["version"], &report["ok"]), (Some(2), &json!(1), &json!(false)));
    let mistakes = report["mistakes"].as_array().unwrap();
    let places: Vec<_> =
        mistakes.iter().map(|mistake| (&mistake["field"], &mistake["line"], &mistake["column"])).collect();
    assert_eq!(places, [(&json!("credentials"), &json!(2), &json!(14)), (&json!("unknown"), &json!(3), &json!(1))]);
    assert!(mistakes.iter().all(|mistake| mistake["file"] == json!(path) && mistake["message"].is_string()));
    assert_eq!(report["plan"], Value::Null);

    let (code, report) = check_json(&["--config", &setting.path("missing.yaml").display().to_string()]);
    assert_eq!(code, Some(2));
    assert!(report["mistakes"][0]["message"].as_str().unwrap().starts_with("cannot use configuration: "), "{report}");
}

#[test]
fn check_prints_the_plan_and_the_findings_as_json() {
    let mut setting = Setting::with(&["a"]);
    let path = setting.path("tokenwell.yaml").display().to_string();
    let (code, report) = check_json(&["--config", &path]);
    assert_eq!((code, &report["ok"], &report["online"]), (Some(0), &json!(true), &Value::Null));
    let credential = &report["plan"]["credentials"][0];
    assert_eq!((&credential["name"], &credential["outputs"][0]["mode"]), (&json!("a"), &json!("0640")));
    assert_eq!(credential["secretFiles"][0]["state"], json!("present"));

    let (code, report) = check_json(&["--online", "--config", &path]);
    let findings = report["online"]["findings"].as_array().unwrap();
    assert_eq!((code, &report["ok"]), (Some(0), &json!(true)), "{report:#}");
    assert!(findings.iter().any(|finding| finding["step"] == "exchange" && finding["status"] == "ok"), "{report:#}");
    let key = setting.put_key("a", "revoked");
    setting.sandbox.revoke(&key);
    let (code, report) = check_json(&["--online", "--config", &path]);
    assert_eq!((code, &report["ok"]), (Some(1), &json!(false)));
    let failed = report["online"]["findings"].as_array().unwrap();
    assert!(failed.iter().any(|finding| finding["status"] == "failure" && finding["remedy"].is_string()), "{report:#}");
    setting.learn_tokens();
    assert_eq!(setting.leaks.found_in(&report.to_string()), None);
}

#[test]
fn a_wrong_command_line_or_configuration_is_exit_code_2() {
    let setting = Setting::with(&["a"]);
    setting.put("wrong.yaml", &setting.text("credentials: 7\nunknown: 1\n"));
    let wrong = setting.path("wrong.yaml").display().to_string();
    let missing = setting.path("missing.yaml").display().to_string();
    for command in ["run", "once", "check", "exec"] {
        for arguments in [
            &[command, "--no-such-flag"][..],
            &[command, "--config", &missing],
            &[command, "--config", &wrong],
            &[command, "--config"],
            &[command, "--output", "x"],
        ] {
            let ended = Program::start(&mut tokenwell(arguments)).ended();
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}: {}", ended.stderr);
            assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
        }
    }
    let ended = Program::start(tokenwell(["run"]).env("TOKENWELL_CONFIG", &missing)).ended();
    assert_eq!(ended.code, Some(2), "a file that is named must be there");
    assert!(ended.stderr.contains(&missing), "{}", ended.stderr);
    let ended = Program::start(&mut tokenwell(["no-such-command"])).ended();
    assert_eq!(ended.code, Some(2));
    assert_eq!(setting.sandbox.counters().exchanges, 0);
}

#[test]
fn once_writes_every_token_and_ends() {
    let mut setting = Setting::with(&["a", "b"]);
    let ended = Program::start(&mut once(&setting.path(""), "30s")).ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(setting.token("a").is_some() && setting.token("b").is_some());
    setting.clean(&ended);
}

#[test]
fn once_warns_of_a_bad_new_key_while_the_good_token_lives() {
    let mut setting = Setting::with(&["app"]);
    assert_eq!(Program::start(&mut once(&setting.path(""), "30s")).ended().code, Some(0));
    let good = setting.token("app");
    setting.sandbox.set(|settings| settings.outage = Some(Answer::denied()));
    setting.put_key("app", "bad");
    let ended = Program::start(&mut once(&setting.path(""), "700ms")).ended();
    assert_eq!((ended.code, setting.token("app")), (Some(0), good), "{}", ended.stderr);
    assert!(ended.stderr.contains("every token is valid, but some belong to an earlier key"), "{}", ended.stderr);
    fs::remove_file(setting.path("keys/app")).unwrap();
    let ended = Program::start(&mut once(&setting.path(""), "700ms")).ended();
    assert_eq!(ended.code, Some(1), "without a key there is nothing to go on with: {}", ended.stderr);
}

#[test]
fn once_gives_up_and_says_which_token_is_missing_and_why() {
    let mut setting = Setting::with(&["a"]);
    setting.configure(&setting.named(&["a", "b"]));
    let program = Program::start(&mut once(&setting.path(""), "300s"));
    program.until_said("\"token written\"", 1);
    program.until_said("waiting for an access key", 1);
    let ended = program.stop();
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains(": 1 of 2 tokens are missing\n  b: "), "{}", ended.stderr);
    assert!(setting.token("a").is_some(), "what can be had is had");

    let ended = Program::start(&mut once(&setting.path(""), "700ms")).ended();
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("error: time-out after 700ms: "), "{}", ended.stderr);
    assert!(ended.stderr.contains("of 2 tokens are missing\n"), "{}", ended.stderr);
    assert!(ended.stderr.contains("\n  b: "), "{}", ended.stderr);

    setting.put_key("b", "b");
    setting.sandbox.set(|settings| settings.outage = Some(Answer::Hang));
    let ended = Program::start(&mut once(&setting.path(""), "700ms")).ended();
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("b: no answer yet"), "{}", ended.stderr);
    setting.clean(&ended);
}

#[test]
fn one_credential_needs_no_file_and_takes_relative_paths() {
    let mut setting = Setting::new();
    setting.put_key("app", "app");
    let base = setting.sandbox.base_url();
    let flags = ["once", "--base-url", &base, "--access-key-file", "keys/app", "--output", "out/app.jwt"];
    let mut command = tokenwell(flags);
    command.args(["--output", "../out/second.jwt", "--timeout", "300s"]).env("DESCOPE_PROJECT_ID", "P2environment");
    fs::create_dir(setting.path("below")).unwrap();
    let program = Program::start(command.current_dir(setting.path("below")));
    program.until_said("below/keys/app", 1);
    assert_eq!(program.stop().code, Some(1), "there is no keys/app below");

    let mut command = tokenwell(flags);
    command.args(["--output", "below/../out/second.jwt"]).env("DESCOPE_PROJECT_ID", "P2environment");
    let ended = Program::start(command.current_dir(setting.path(""))).ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(setting.token("app"), setting.token("second"));
    assert_eq!(setting.sandbox.exchanges()[0].project.as_deref(), Some("P2environment"));
    setting.clean(&ended);
}

#[test]
fn flags_beat_the_environment_which_beats_the_file() {
    let mut setting = Setting::with(&["a"]);
    let by_environment = Sandbox::start(Settings::default()).unwrap();
    let by_flag = Sandbox::start(Settings::default()).unwrap();
    let count = |sandbox: &Sandbox| sandbox.counters().exchanges;
    let config = setting.path("tokenwell.yaml");
    let mut asked = |what: &str, change: &dyn Fn(&mut Command)| {
        let mut command = tokenwell(["once"]);
        change(command.env("TOKENWELL_CONFIG", &config));
        let ended = Program::start(&mut command).ended();
        assert_eq!(ended.code, Some(0), "{what}: {}", ended.stderr);
        setting.clean(&ended);
        [count(&setting.sandbox), count(&by_environment), count(&by_flag)]
    };
    assert_eq!(asked("the file", &|_| ()), [1, 0, 0]);
    for (number, name) in ["DESCOPE_BASE_URL", "DESCOPE_BASE_URI"].into_iter().enumerate() {
        let project = format!("P2environment{number}"); // another project, so that a token on disk is not good enough
        let counts = asked(name, &|command| {
            command.env(name, by_environment.base_url()).env("DESCOPE_PROJECT_ID", &project);
        });
        assert_eq!(counts, [1, 1 + number as u64, 0]);
        assert_eq!(by_environment.exchanges()[number].project, Some(project));
    }
    let counts = asked("flags", &|command| {
        command.env("DESCOPE_BASE_URL", by_environment.base_url()).env("DESCOPE_PROJECT_ID", "P2environment");
        command.args(["--base-url", &by_flag.base_url(), "--project-id", "P2flag"]);
    });
    assert_eq!(counts, [1, 2, 1]);
    assert_eq!(by_flag.exchanges()[0].project.as_deref(), Some("P2flag"));
}

#[test]
fn the_umask_cuts_nothing_and_adds_nothing() {
    for umask in ["000", "077"] {
        let mut setting = Setting::with(&["a"]);
        let credential = setting.named(&["a"]).replace("out/a.jwt", "out/deep/down/a.jwt, mode: \"0604\"");
        setting.configure(&credential);
        let mut command = Command::new("/bin/sh");
        let script =
            format!("umask {umask}; exec {TOKENWELL} once --config {}", setting.path("tokenwell.yaml").display());
        let ended = Program::start(command.env_clear().args(["-c", &script])).ended();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let mode = |name: &str| fs::metadata(setting.path(name)).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode("out/deep/down/a.jwt"), 0o604, "umask {umask}");
        assert_eq!((mode("out/deep"), mode("out/deep/down")), (0o750, 0o750), "umask {umask}");
        assert_secret_modes(&setting.path("state"));
        setting.clean(&ended);
    }
}

/// Checks that the program's private files are private.
fn assert_secret_modes(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        // The group may read the status file: `tokenwell status` need not run as the daemon's user.
        let of_others = if entry.file_name() == "status.json" { 0o037 } else { 0o077 };
        assert_eq!(mode & of_others, 0, "{}", entry.path().display());
        if entry.path().is_dir() {
            assert_secret_modes(&entry.path());
        }
    }
}

#[test]
fn a_token_that_no_output_has_taken_is_missing() {
    let mut setting = Setting::new();
    setting.put_key("a", "a");
    let (key, fifo, good) = (setting.path("keys/a"), setting.path("out/fifo"), setting.path("out/good"));
    mkfifo(&fifo, Mode::S_IRWXU).unwrap();
    let only = format!("{{path: {}}}", fifo.display());
    let both = format!("{{path: {}}}, {only}", good.display());
    for outputs in [only, both] {
        setting.configure(&format!(
            "credentials:\n  - {{name: a, accessKeyFile: {}, outputs: [{outputs}]}}\n",
            key.display()
        ));
        let mut exec = tokenwell(["exec", "--timeout", "2s", "--config"]);
        exec.arg(setting.path("tokenwell.yaml")).args(["--", "true"]);
        for command in [&mut once(&setting.path(""), "2s"), &mut exec] {
            let ended = Program::start(command).ended();
            let why = format!("cannot write token file `{}`: it is a named pipe (FIFO); ", fifo.display());
            let wanted = format!("time-out after 2s: 1 of 1 tokens are missing\n  a: {why}");
            assert!(ended.code != Some(0) && ended.stderr.contains(&wanted), "{outputs}: {}", ended.stderr);
        }
    }
}

#[test]
fn check_warns_of_what_is_in_the_way() {
    let mut setting = Setting::new();
    for name in ["fifo", "from-folder"] {
        setting.put_key(name, name);
    }
    let at = |path: &str| setting.path(path).display().to_string();
    mkfifo(&setting.path("out/fifo"), Mode::S_IRWXU).unwrap();
    fs::create_dir_all(setting.path("out/folder")).unwrap();
    let _socket = UnixListener::bind(setting.path("out/socket")).unwrap();
    fs::write(setting.path("out/file"), "mine").unwrap();
    fs::create_dir_all(setting.path("out/set/..data")).unwrap();
    fs::write(setting.path("state/status.json"), "mine").unwrap();
    fs::create_dir_all(setting.path("out/by-name/from-folder.jwt")).unwrap();
    let paths =
        ["fifo", "folder", "socket", "file", "set/a", "set/b", "new/a", "link"].map(|name| at(&format!("out/{name}")));
    std::os::unix::fs::symlink("file", setting.path("out/link")).unwrap();
    let outputs: Vec<_> = paths.iter().map(|path| format!("{{path: {path}}}")).collect();
    let (keys, state) = (at("keys"), at("state"));
    setting.put(
        "tokenwell.yaml",
        &format!(
            "projectId: P2world\nbaseUrl: http://127.0.0.1:9\nstateDirectory: {state}\nsets: [{{directory: {}}}]\ncredentials:\n  \
             - {{name: a, accessKeyFile: {keys}/fifo, outputs: [{}]}}\ncredentialsFrom:\n  - {{accessKeyDirectory: {keys}, include: [from-*], \
             outputs: [{{path: \"{}/{{name}}.jwt\"}}]}}\n",
            at("out/set"),
            outputs.join(", "),
            at("out/by-name")
        ),
    );
    let config = at("tokenwell.yaml");
    let ended = Program::start(&mut tokenwell(["check", "--config", &config])).ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let folder = setting.path("").display().to_string();
    let shown = ended.stderr.replace(folder.trim_end_matches('/'), "DIR");
    let named = [
        "out/by-name/from-folder.jwt`: it is a folder",
        "out/fifo`: it is a named pipe (FIFO)",
        "out/folder`: it is a folder",
        "out/socket`: it is a socket",
        "out/set/..data`: it is a folder",
        "state/status.json`: what is there is not tokenwell's",
    ];
    for wanted in named {
        assert_eq!(shown.matches(&format!("DIR/{wanted}")).count(), 1, "{wanted}: {shown}");
    }
    assert_eq!(shown.matches("warning: ").count(), named.len(), "{shown}");
    let (code, report) = check_json(&["--config", &config]);
    let warnings: Vec<_> =
        report["warnings"].as_array().unwrap().iter().map(|one| one["message"].as_str().unwrap()).collect();
    let plain: Vec<_> = ended.stderr.lines().filter_map(|line| line.strip_prefix("warning: ")).collect();
    assert_eq!((code, warnings), (Some(0), plain));
    assert_eq!(fs::read_dir(setting.path("out/folder")).unwrap().count(), 0, "nothing is written");
}
