//! Readiness at the moment of the request, based on the files on disk and the clock.

use std::{
    fs::{self, OpenOptions},
    os::unix::{
        fs::{PermissionsExt as _, chown, symlink},
        process::CommandExt as _,
    },
    path::Path,
    process::Command,
};

use nix::{sys::signal::Signal, unistd::geteuid};
use tokenwell::sandbox::Answer;

use crate::{
    program::{Program, TOKENWELL, run, within},
    served::{FREE_PORT, configure, credential, ready, server, setting, start, until},
    setting::Setting,
    swap::swap,
};

/// Replaces the output folder by a file, so that no process can write there.
fn obstruct(setting: &Setting) {
    fs::write(setting.path("aside"), "").unwrap();
    swap(&setting.path("out"), &setting.path("aside"));
}

#[test]
fn a_token_that_is_gone_is_said_by_the_very_next_answer() {
    let setting = setting(&["a", "b"]);
    let (_program, server) = ready(&setting);
    assert_eq!(server.get("/readyz").status, 200);
    obstruct(&setting);
    let answer = server.get("/readyz");
    assert_eq!(answer.status, 503);
    // The missing file is detected now or was detected before, and it cannot be written again.
    let out = setting.path("out").display().to_string();
    let said: Vec<_> = answer.body.lines().collect();
    assert!(said[0].starts_with("a: ") && said[1].starts_with("b: ") && said.len() == 2, "{said:?}");
    assert!(said.iter().all(|line| line.contains(&format!("`{out}"))), "{said:?}");
    assert_eq!((server.get("/readyz/a").status, server.get("/livez").status), (503, 200));
    fs::remove_file(setting.path("out")).unwrap();
    within("it heals", || (server.get("/readyz").status == 200).then_some(()));
    assert!(setting.path("out/a.jwt").exists() && setting.path("out/b.jwt").exists());
}

#[test]
fn it_is_never_ready_over_a_file_that_is_not_whole() {
    let mut setting = setting(&["a"]);
    let (_program, server) = ready(&setting);
    let (path, token) = (setting.path("out/a.jwt"), setting.token("a").unwrap());
    let deeds: [fn(&Path); 4] = [
        |path| fs::remove_file(path).unwrap(),
        |path| drop(OpenOptions::new().write(true).truncate(true).open(path).unwrap()),
        |path| fs::write(path, "something else").unwrap(),
        |path| {
            let link = path.with_extension("link");
            symlink("/etc/hostname", &link).unwrap();
            fs::rename(link, path).unwrap();
        },
    ];
    let mut unready = 0;
    for deed in deeds {
        deed(&path);
        // The file may be repaired already, and then it is complete.
        let answer = server.get("/readyz");
        match answer.status {
            200 => assert_eq!(fs::read_to_string(&path).unwrap(), token),
            _ => unready += 1,
        }
        within("it is put right", || (server.get("/readyz").status == 200).then_some(()));
        assert_eq!(fs::read_to_string(&path).unwrap(), token);
    }
    // Repairs of a conflict are delayed more and more, so at least one request sees the file missing.
    assert!(unready > 0);
}

#[test]
fn a_removed_file_counts_while_its_write_fails() {
    let setting = setting(&["a"]);
    let mut command = if geteuid().is_root() { as_nobody(&setting) } else { run(&setting.path("")) };
    let program = Program::start(&mut command);
    program.until_said("ready: every required token is on disk", 1);
    let server = server(&setting, &program);
    fs::set_permissions(setting.path("out"), fs::Permissions::from_mode(0o555)).unwrap();
    program.signal(Signal::SIGUSR1);
    until(&server, "a session that cannot be written", |status| {
        credential(status, "a")["outputs"][0]["error"].is_string()
    });
    assert_eq!(server.get("/readyz").status, 200, "the last token is there and lives");
    OpenOptions::new().write(true).truncate(true).open(setting.path("out/a.jwt")).unwrap();
    let answer = server.get("/readyz");
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("out/a.jwt` does not hold its token: cannot "), "{}", answer.body);
}

/// Root can write to a read-only folder, so another user runs the daemon.
fn as_nobody(setting: &Setting) -> Command {
    let program = setting.path("tokenwell");
    // `cp` runs in its own process. If this process wrote the copy, a concurrent fork of another test could hold it
    // open for writing, and the copy could not be executed for a moment.
    assert!(Command::new("cp").arg(TOKENWELL).arg(&program).status().unwrap().success());
    for folder in ["", "keys", "out", "state"] {
        fs::set_permissions(setting.path(folder), fs::Permissions::from_mode(0o755)).unwrap();
        chown(setting.path(folder), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let mut command = Command::new(program);
    command.uid(NOBODY).gid(NOBODY).env_clear().args(["run", "--config"]).arg(setting.path("tokenwell.yaml"));
    command
}

#[test]
fn an_expired_token_is_not_ready_with_a_reason() {
    let setting = setting(&["a", "b"]);
    configure(&setting, FREE_PORT, &setting.named(&["a", "b"]).replace("name: b,", "name: b, required: false,"));
    setting.sandbox.set(|settings| settings.life = std::time::Duration::from_secs(2));
    let (_program, server) = ready(&setting);
    setting.sandbox.set(|settings| settings.outage = Some(Answer::status(503)));
    within("it expires", || (server.get("/readyz").status == 503).then_some(()));
    let line = within("the line", || {
        let body = server.get("/readyz/a").body;
        (body.contains("expired") && body.contains("next try in") && body.contains(": failed: ")).then_some(body)
    });
    assert!(line.starts_with("a: expired "), "{line}");
    assert!(line.contains(" ago; next try in "), "{line}");
    assert!(!server.get("/readyz").body.contains("b:"), "it is not required");
    assert_eq!(server.get("/readyz/b").status, 404);
    assert_eq!(server.get("/livez").status, 200, "the API is away, the loop turns");
    setting.sandbox.set(|settings| settings.outage = None);
    within("it heals", || (server.get("/readyz").status == 200).then_some(()));
}

#[test]
fn a_failed_write_is_retried_before_the_next_exchange() {
    let setting = setting(&["a"]);
    obstruct(&setting);
    let (_program, server) = start(&setting);
    let line = within("the line", || {
        let body = server.get("/readyz").body;
        (body.contains("; next ") && body.contains(": cannot ")).then_some(body)
    });
    assert!(line.starts_with("a: cannot ") && line.contains("; next write in "), "{line}");
    let status = until(&server, "the same", |status| credential(status, "a")["nextAction"]["what"] == "publish");
    assert_eq!(status["ready"], false);
}

#[test]
fn a_denied_key_stays_ready_while_its_token_is_valid() {
    let mut setting = setting(&["a"]);
    let (_program, server) = ready(&setting);
    setting.sandbox.script([Answer::denied()]);
    setting.put_key("a", "wrong");
    until(&server, "a denial", |status| credential(status, "a")["lastRefusal"]["class"] == "denied");
    assert_eq!(server.get("/readyz").status, 200);
}

#[test]
fn a_key_folder_that_was_never_seen_leaves_it_unready() {
    let setting = Setting::new();
    let (keys, out) = (setting.path("none"), setting.path("out/{name}.jwt"));
    let (keys, out) = (keys.display(), out.display());
    let folder = format!("credentialsFrom:\n  - {{accessKeyDirectory: {keys}, outputs: [{{path: \"{out}\"}}]}}\n");
    configure(&setting, FREE_PORT, &folder);
    let (_program, server) = start(&setting);
    let line = within("the line", || {
        let answer = server.get("/readyz");
        assert_eq!(answer.status, 503);
        answer.body.contains("waiting for keys").then_some(answer.body)
    });
    assert!(line.contains(&keys.to_string()), "{line}");
    fs::create_dir(setting.path("none")).unwrap();
    within("it is seen", || (server.get("/readyz").status == 200).then_some(()));
}

const NOBODY: u32 = 65534;
