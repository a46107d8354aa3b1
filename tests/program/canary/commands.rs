//! Every command at the most verbose log level, with a key in the right place and in wrong places.

use std::{fs, process::Command};

use nix::sys::signal::Signal::{SIGHUP, SIGUSR1};

use crate::{
    program::{Ended, Program, TOKENWELL, run, within},
    setting::Setting,
};

/// A key with the length and the characters of real ones.
fn real_key(setting: &mut Setting) -> String {
    let key = format!("K2{}{}", "aB3dEfGh1JkLmN0pQrStUvWxYz", "98765432100123456789abcdef");
    setting.leaks.key(&key);
    key
}

fn loud(arguments: &[&str], setting: &Setting) -> Command {
    let mut command = Command::new(TOKENWELL);
    command.env_clear().env("TOKENWELL_LOG", "trace").current_dir(setting.path("")).args(arguments);
    command
}

fn ended(arguments: &[&str], setting: &Setting) -> Ended {
    Program::start(&mut loud(arguments, setting)).ended()
}

/// Asserts that the output contains no secret.
fn silent(setting: &mut Setting, ended: &Ended) {
    setting.learn_tokens();
    for said in [&ended.stdout, &ended.stderr] {
        assert_eq!(setting.leaks.found_in(said), None, "in {} bytes", said.len());
    }
}

#[test]
fn no_command_says_a_key_or_a_token() {
    let mut setting = Setting::new();
    let key = real_key(&mut setting);
    setting.put("keys/a", &key);
    setting.put_key("b", "b");
    let base_url = setting.sandbox.base_url();
    setting.configure(&setting.named(&["a", "b"]));
    let by_file = ["--config", "tokenwell.yaml"];
    let by_flags =
        ["--project-id", "P2world", "--access-key-file", "keys/a", "--output", "out/flag.jwt", "--base-url", &base_url];
    for (command, more, code) in [
        (&["check"][..], &[][..], 0),
        (&["once"], &[], 0),
        (&["once", "--timeout", "5s"], &[], 0),
        (&["wait"], &[], 0),
        (&["exec"], &["--", "/bin/sh", "-c", "cat out/a.jwt >/dev/null; env"], 0),
        (&["exec"], &["--", "/bin/nothing-of-that-name"], 127),
    ] {
        let arguments = [command, &by_file, more].concat();
        let ended = ended(&arguments, &setting);
        assert_eq!(ended.code, Some(code), "{arguments:?}\n{}", ended.stderr);
        silent(&mut setting, &ended);
    }
    for (command, more, code) in [("check", &[][..], 0), ("once", &[], 0), ("exec", &["--", "/bin/true"], 0)] {
        let ended = ended(&[&[command][..], &by_flags, more].concat(), &setting);
        assert_eq!(ended.code, Some(code), "{command}: {}", ended.stderr);
        silent(&mut setting, &ended);
    }
    for command in [&["demo", "--for", "2s"][..], &["--help"], &["--version"], &["run", "--help"]] {
        let ended = ended(command, &setting);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        silent(&mut setting, &ended);
    }
    let program = Program::start(run(&setting.path("")).env("TOKENWELL_LOG", "trace"));
    program.until_said("ready: every required token is on disk", 1);
    program.signal(SIGHUP);
    program.signal(SIGUSR1);
    program.until_said("token written", 2);
    let ended = program.stop();
    silent(&mut setting, &ended);
}

#[test]
fn the_sandbox_does_not_say_the_keys_that_it_is_given() {
    let mut setting = Setting::new();
    let key = real_key(&mut setting);
    setting.put("keys/a", &key);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "exec \"$0\" sandbox --listen 127.0.0.1:0 >said", TOKENWELL]).current_dir(setting.path(""));
    let sandbox = Program::start(shell.env_clear().env("TOKENWELL_LOG", "trace"));
    let base_url = within("the sandbox' address", || {
        let said = fs::read_to_string(setting.path("said")).ok()?;
        said.split_once('\n')?.0.strip_prefix("sandbox listens on ").map(str::to_owned)
    });
    let flags = ["once", "--project-id", "P2sandbox", "--access-key-file", "keys/a", "--output", "out/a.jwt"];
    let once = ended(&[&flags[..], &["--base-url", &base_url]].concat(), &setting);
    assert_eq!(once.code, Some(0), "{}", once.stderr);
    silent(&mut setting, &once);
    let sandbox = sandbox.stop();
    silent(&mut setting, &sandbox);
    assert_eq!(setting.leaks.found_in(&fs::read_to_string(setting.path("said")).unwrap()), None);
}

#[test]
fn a_key_that_stands_in_the_wrong_place_is_not_repeated() {
    let mut setting = Setting::new();
    let key = real_key(&mut setting);
    setting.put_key("a", "a");
    let good = setting.text(&setting.named(&["a"]));
    let of_output = setting.path("out/a.jwt").display().to_string();
    let wrong = [
        good.replace("P2world", &key),
        good.replace(&setting.sandbox.base_url(), &key),
        good.replace(&setting.sandbox.base_url(), &format!("https://{key}@api.example.com")),
        good.replace(&setting.sandbox.base_url(), &format!("https://api.example.com/?key={key}")),
        good.replace(&setting.path("keys/a").display().to_string(), &key),
        good.replace(&of_output, &key),
        good.replace("name: a", &format!("name: {key}")),
        good.replace("name: a", &format!("{key}: a")),
        format!("{good}{key}\n"),
        format!("{good}{key}: 1\n"),
        format!("{good}log: {{level: {key}}}\n"),
        format!("{good}confine: {key}\n"),
        format!("{good}stateDirectory: {key}\n"),
        format!("{good}http: {{timeout: {key}, caFile: {key}}}\n"),
        format!("{good}status: {{listen: \"{key}\"}}\n"),
        format!("{good}renew: {{at: {key}}}\n"),
        format!("{good}credentials: \"{key}\"\n"),
        good.replace("outputs:", &format!("customClaims: {{{key}: [}}, outputs:")),
        good.replace(
            "outputs:",
            &format!("hooks: [{{command: [{key}]}}, {{signal: {key}}}, {{post: {key}}}], outputs:"),
        ),
        good.replace("outputs: [{", &format!("outputs: [{{format: template, template: \"{{{{ {key} }}}}\", ")),
        key.clone(),
    ];
    for text in wrong {
        setting.put("tokenwell.yaml", &text);
        for command in ["check", "run", "once", "wait"] {
            let ended = ended(&[command, "--config", "tokenwell.yaml"], &setting);
            assert_eq!(ended.code, Some(2), "{command}");
            silent(&mut setting, &ended);
        }
    }
    let wrong_flags: [&[&str]; 6] = [
        &["run", "--config", &key],
        &["once", "--timeout", &key, "--config", "tokenwell.yaml"],
        &["exec", "--on-rotation", &key, "--", "/bin/true"],
        &["sandbox", "--listen", &key],
        &["demo", "--for", &key],
        &[&key],
    ];
    for arguments in wrong_flags {
        let ended = ended(arguments, &setting);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr.replace(&key, "KEY"));
        if arguments[1..].first() != Some(&"--config") {
            silent(&mut setting, &ended);
        }
    }
    for variable in ["TOKENWELL_LOG", "DESCOPE_PROJECT_ID", "DESCOPE_BASE_URL", "HTTPS_PROXY"] {
        fs::write(setting.path("tokenwell.yaml"), &good).unwrap();
        let mut command = loud(&["once", "--timeout", "100ms", "--config", "tokenwell.yaml"], &setting);
        let ended = Program::start(command.env(variable, &key)).ended();
        silent(&mut setting, &ended);
    }
}
