//! A reload that needs more rights than remain is refused completely. A restart applies it.

use std::fs;

use nix::sys::signal::Signal::SIGHUP;

use crate::{
    program::content,
    setting::{QUICK, Setting},
};

#[test]
fn a_reload_with_a_new_folder_needs_a_restart() {
    let mut setting = Setting::with(&["a", "b"]);
    let elsewhere = tempfile::tempdir().unwrap();
    let program = setting.ready();
    let token = setting.token("a").unwrap();
    let more = |name: &str, key: &str, out: &str| {
        format!("  - {{name: {name}, accessKeyFile: {key}, outputs: [{{path: {out}}}]}}\n")
    };
    let known = |name: &str| setting.path(name).display().to_string();
    let beyond = |name: &str| elsewhere.path().join(name).display().to_string();
    let refused: [(String, String, &str); 3] = [
        (more("c", &known("keys/b"), &beyond("c.jwt")), elsewhere.path().display().to_string(), "write"),
        (more("c", &beyond("key"), &known("out/c.jwt")), beyond("key"), "read"),
        (more("c", &known("keys/b"), &beyond("new/folder/c.jwt")), beyond("new/folder"), "write"),
    ];
    for (n, (credential, path, access)) in refused.iter().enumerate() {
        setting.configure(&format!("{}{credential}", setting.named(&["a", "b"])));
        program.until_said("the configuration is refused, the old one stays in force", n + 1);
        program.until_said(
            &format!(
                "`{path}` is outside the folders that tokenwell can {access} since it started; restart tokenwell: with valid \
                 tokens on disk it makes no request"
            ),
            1,
        );
    }
    assert_eq!(setting.sandbox.counters().exchanges, 2);
    assert_eq!(setting.token("a").unwrap(), token);
    setting.clean(&program.stop());

    let program = setting.ready();
    content(&elsewhere.path().join("new/folder/c.jwt"));
    assert_eq!(setting.token("a").unwrap(), token);
    assert_eq!(setting.sandbox.counters().exchanges, 3);
    setting.learn_tokens();
    setting.clean(&program.stop());
}

#[test]
fn what_lies_in_known_folders_is_taken_in() {
    let mut setting = Setting::with(&["a"]);
    let program = setting.ready();
    setting.put_key("b", "b");
    let (key, out) = (setting.path("keys/b"), setting.path("out/below/b.jwt"));
    let (key, deep) = (key.display(), out.display());
    let more = format!("  - {{name: b, accessKeyFile: {key}, outputs: [{{path: {deep}}}]}}\n");
    setting.configure(&format!("{}{more}", setting.named(&["a"])));
    content(&out);
    setting.clean(&program.stop());
}

#[test]
fn a_reload_with_a_first_command_hook_is_refused() {
    let mut setting = Setting::with(&["a"]);
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("template"), "{{ token }}").unwrap();
    let program = setting.ready();
    let (key, out) = (setting.path("keys/a"), setting.path("out/a.jwt"));
    let (key, out) = (key.display(), out.display());
    let of = |output: &str, more: &str| {
        let text = format!(
            "credentials:\n  - name: a\n    accessKeyFile: {key}\n    outputs: [{{path: {out}{output}}}]\n{more}"
        );
        setting.configure_with(QUICK, &text);
    };
    of("", "    hooks: [{command: [/bin/true]}]\n");
    program.until_said(
        "a hook of `a` runs a command, and tokenwell gave up running programs when it started; restart tokenwell",
        1,
    );
    of(&format!(", format: template, templateFile: {}/template", elsewhere.path().display()), "");
    program.until_said(REACHES, 1);
    of("", "");
    program.signal(SIGHUP);
    program.until_said("the configuration is unchanged", 1);
    assert_eq!(setting.sandbox.counters().exchanges, 1);
    setting.clean(&program.stop());
}

#[test]
fn a_recreated_shared_folder_is_reported_with_a_remedy() {
    let mut setting = Setting::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let (folder, old) = (elsewhere.path(), elsewhere.path().with_extension("old"));
    let key = setting.key("a");
    fs::write(folder.join("key"), &key).unwrap();
    let (key_file, out) = (folder.join("key"), setting.path("out/a.jwt"));
    let (path, out) = (key_file.display(), out.display());
    setting.configure(&format!("credentials: [{{name: a, accessKeyFile: {path}, outputs: [{{path: {out}}}]}}]\n"));
    let program = setting.ready();
    let token = setting.token("a").unwrap();
    fs::rename(folder, &old).unwrap();
    fs::create_dir(folder).unwrap();
    fs::write(&key_file, &key).unwrap();
    program.signal(SIGHUP);
    program.until_said(REACHES, 1);
    assert_eq!(setting.token("a").unwrap(), token);
    setting.clean(&program.stop());
    let program = setting.ready();
    let ended = program.stop();
    assert!(!ended.stderr.contains("waiting for an access key"), "{}", ended.stderr);
    assert_eq!(setting.sandbox.counters().exchanges, 1);
    setting.clean(&ended);
    fs::remove_dir_all(old).unwrap();
}

const REACHES: &str =
    "tokenwell can only access folders that existed when it started: if this one was recreated, restart tokenwell";
