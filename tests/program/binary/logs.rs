//! Log lines.

use std::{
    fs,
    io::Read as _,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use tokenwell::sandbox::Answer;

use crate::{
    program::{Program, TOKENWELL, content, once, run, within},
    sessions::until_sessions,
    setting::Setting,
};

#[test]
fn in_a_pipe_every_line_is_json() {
    let mut setting = Setting::with(&["a"]);
    setting.sandbox.script([Answer::status(503), Answer::denied()]);
    setting.configure_with(
        "renew: {spacing: 100ms, retryFirst: 100ms, deniedEvery: 1s}\n",
        &setting.named(&["a", "missing"]),
    );
    let mut command = run(&setting.path(""));
    let program = Program::start(command.env("TOKENWELL_LOG", "trace"));
    program.until_said("token written", 1);
    let ended = program.stop();
    let lines: Vec<Value> = ended.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        let filled = |name: &str| line[name].as_str().is_some_and(|text| !text.is_empty());
        assert!(filled("level") && filled("message") && filled("timestamp"), "{line}");
    }
    let has = |level: &str, text: &str| {
        let is = |line: &&Value| line["level"] == level && line["message"].as_str().unwrap().contains(text);
        lines.iter().filter(is).count()
    };
    assert_eq!(has("WARN", "waiting for an access key"), 1);
    assert_eq!(has("WARN", "HTTP 503"), 1);
    assert_eq!(has("ERROR", "denies the access key"), 1);
    assert_eq!(has("INFO", "recovered"), 1);
    setting.clean(&ended);
}

#[test]
fn what_a_hook_prints_is_escaped_once() {
    let mut setting = Setting::new();
    setting.put_key("a", "a");
    let hook = r#"    hooks: [{command: [/bin/sh, -c, "printf 'one\\n\\033[31mtwo \\042x\\042'; exit 3"]}]"#;
    for format in ["json", "text"] {
        setting.configure(&format!("log: {{format: {format}}}\n{}{hook}\n", named_over_lines(&setting)));
        let _ = fs::remove_dir_all(setting.path("state"));
        let _ = fs::remove_file(setting.path("out/a.jwt"));
        let program = Program::start(&mut run(&setting.path("")));
        program.until_said("hook failed", 1);
        let ended = program.stop();
        let line = ended.stderr.lines().find(|line| line.contains("hook failed")).unwrap();
        if format == "json" {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["printed"], "one\n\x1b[31mtwo \"x\"");
            assert_eq!(line["hook"], "command `/bin/sh`");
        } else {
            assert!(line.contains(r#" printed="one\n\u{1b}[31mtwo \"x\"""#), "{line}");
            assert!(line.contains(r#" hook="command `/bin/sh`""#), "{line}");
            assert!(ended.stderr.contains(" sender=\"SIGTERM from process "), "{}", ended.stderr);
        }
        setting.clean(&ended);
    }
}

/// The credential `a`, with space for more of its fields below.
fn named_over_lines(setting: &Setting) -> String {
    let (key, out) = (setting.path("keys/a"), setting.path("out/a.jwt"));
    let (key, out) = (key.display(), out.display());
    format!("credentials:\n  - name: a\n    accessKeyFile: {key}\n    outputs: [{{path: {out}}}]\n")
}

#[test]
fn the_filter_is_heard_and_a_wrong_one_is_a_mistake() {
    let mut setting = Setting::with(&["a"]);
    let ended = Program::start(once(&setting.path(""), "30s").env("TOKENWELL_LOG", "error")).ended();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    setting.clean(&ended);
    let ended = Program::start(once(&setting.path(""), "30s").env("TOKENWELL_LOG", "loud=very")).ended();
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("TOKENWELL_LOG"), "{}", ended.stderr);
}

#[test]
fn on_a_terminal_lines_have_colours_unless_disabled() {
    let setting = Setting::with(&["a"]);
    let said = |no_color: Option<&str>| {
        let mut command = Command::new("script"); // makes a terminal
        let config = setting.path("tokenwell.yaml");
        let inner = format!("{TOKENWELL} once --config {}", config.display());
        command.args(["-qec", &inner, "/dev/null"]).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.env("SHELL", "/bin/sh").envs(no_color.map(|value| ("NO_COLOR", value)));
        let ended = Program::start(&mut command).ended();
        assert_eq!(ended.code, Some(0), "{}", ended.stdout);
        assert!(ended.stdout.contains("INFO") && !ended.stdout.contains('{'), "{}", ended.stdout);
        ended.stdout
    };
    assert!(said(None).contains('\u{1b}'));
    assert!(said(Some("")).contains('\u{1b}'));
    assert!(!said(Some("1")).contains('\u{1b}'));
}

#[test]
fn a_log_without_a_reader_costs_no_token() {
    let mut setting = Setting::with(&["a"]);
    let mut command = run(&setting.path(""));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = child.stderr.take().unwrap();
    log.read_exact(&mut [0; 64]).unwrap();
    drop(log);
    for round in 1..=5 {
        let key = setting.put_key("a", &format!("round{round}")).fingerprint();
        let asked = |setting: &Setting| setting.sandbox.exchanges().iter().any(|seen| seen.key == Some(key));
        within("the new key is used", || {
            assert_eq!(child.try_wait().unwrap(), None, "it died with its log");
            asked(&setting).then_some(())
        });
    }
    assert_eq!(child.try_wait().unwrap(), None);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_level_follows_reloads_and_the_format_does_not() {
    let mut setting = Setting::with(&["a"]);
    let program = setting.ready();
    let rest = setting.named(&["a"]);
    setting.configure(&format!("log: {{level: debug}}\n{rest}"));
    program.until_said("the log level changed", 1);
    setting.put_key("a", "another");
    program.until_said("\"level\":\"DEBUG\"", 1);
    setting.configure(&format!("log: {{format: text}}\n{rest}"));
    program.until_said("a change of `log.format` takes effect at the next start", 1);
    program.until_said("the log level changed", 2);
    let ended = program.stop();
    assert!(ended.stderr.lines().all(|line| line.starts_with('{')), "{}", ended.stderr);
    setting.clean(&ended);
}

#[test]
fn the_environments_log_level_outlasts_reloads() {
    let mut setting = Setting::with(&["a"]);
    let program = Program::start(run(&setting.path("")).env("TOKENWELL_LOG", "warn,tokenwell::daemon::event_log=info"));
    content(&setting.path("out/a.jwt"));
    let rest = setting.named(&["a"]);
    setting.configure(&format!("log: {{level: trace}}\n{rest}"));
    program.until_said("the configuration is unchanged", 1);
    let ended = program.stop();
    assert!(!ended.stderr.contains("DEBUG") && !ended.stderr.contains("TRACE"), "{}", ended.stderr);
    setting.clean(&ended);
}

#[test]
fn health_is_silent_but_for_renewals() {
    // One renewal a second, of tokens that stay valid even if the machine stalls for a while.
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let mut setting = Setting::with(&names);
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(20));
    setting.configure_with("renew: {at: 5%, spacing: 100ms}\n", &setting.named(&names));
    let program = setting.ready();
    until_sessions(&setting.sandbox, names.len() as u64 + 40);
    let ended = program.stop();
    let lines =
        ended.stderr.lines().skip_while(|line| !line.contains("ready: every required token is on disk")).skip(1);
    let others: Vec<_> = lines.filter(|line| !line.contains("\"message\":\"token written\"")).collect();
    assert_eq!(others.len(), 2, "only the end is said besides: {others:#?}");
    assert!(others[0].contains("\"stopping\"") && others[1].contains("\"stopped\""), "{others:#?}");
    setting.clean(&ended);
}
