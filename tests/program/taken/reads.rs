//! Reads that hang: keys, key folders and outputs whose disk does not respond hold up no other, and all judges agree on them.

use std::{fs, path::Path};

use nix::sys::signal::Signal;

use crate::{
    client::Server,
    fuse_mount::{Attributes, Call, FuseMount},
    program::{Program, tokenwell, within},
    setting::Setting,
};

#[test]
fn reads_that_hang_hold_up_no_other_key_or_output() {
    let mut setting = Setting::new();
    let slow = ["slow-out", "slow-key", "slow-keys"].map(|name| setting.path(name));
    let Some(mounts) = slow.iter().map(|at| FuseMount::at(at, Attributes::Stored)).collect::<Option<Vec<_>>>() else {
        return;
    };
    configure(&mut setting);
    let program = setting.ready();
    mounts.iter().for_each(hang);

    for round in 0..3 {
        let before = setting.token("c").unwrap();
        setting.put_key("c", &format!("c{round}"));
        within("a token with the new key", || (setting.token("c").unwrap() != before).then_some(()));
        let token = setting.path("out/c.jwt");
        fs::remove_file(&token).unwrap();
        within("a repaired output", || fs::read_to_string(&token).is_ok().then_some(()));
    }
    let folder = setting.path("more");
    fs::write(folder.join("new"), setting.key("new")).unwrap();
    within("a token for the new key", || setting.path("out/more-new.jwt").exists().then_some(()));

    let text = fs::read_to_string(setting.path("tokenwell.yaml")).unwrap();
    setting.put_key("d", "d");
    let added = setting.named(&["d"]);
    let added = added.strip_prefix("credentials:\n").unwrap();
    let text = text.replace("credentialsFrom:", &format!("{added}credentialsFrom:"));
    fs::write(setting.path("tokenwell.yaml"), text).unwrap();
    within("a token of the new configuration", || setting.path("out/d.jwt").exists().then_some(()));

    for mount in &mounts {
        mount.release();
    }
    fs::write(slow[1].join("b"), setting.key("b2")).unwrap();
    let server = server(&setting);
    within("readiness", || (server.get("/readyz").status == 200).then_some(()));
    program.signal(Signal::SIGUSR1);
    let ended = program.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    setting.clean(&ended);
}

#[test]
fn all_judges_agree_on_an_output_that_does_not_respond() {
    let mut setting = Setting::new();
    let slow_out = setting.path("slow-out");
    let Some(out) = FuseMount::at(&slow_out, Attributes::Stored) else { return };
    for folder in ["slow-key", "slow-keys"] {
        fs::create_dir(setting.path(folder)).unwrap();
    }
    configure(&mut setting);
    let program = setting.ready();
    let server = server(&setting);
    assert_eq!(server.get("/readyz").status, 200);
    let wait = |seconds: &str| {
        let file = setting.path("tokenwell.yaml");
        Program::start(tokenwell(["wait", "--timeout", seconds]).arg("--config").arg(file)).ended()
    };

    hang(&out);
    let line = format!("a: `{}` cannot be read to check its token: its disk does not respond\n", path(&slow_out));
    within("a line that names the path", || (server.get("/readyz").body == line).then_some(()));
    assert_eq!(server.get("/readyz").status, 503);
    assert_eq!((server.get("/readyz/a").status, server.get("/readyz/c").status), (503, 200));
    let status = server.get("/status").body;
    for part in ["\"ready\": false", "cannot be read to check its token", "\"state\": \"failing\""] {
        assert!(status.contains(part), "{part}: {status}");
    }
    assert!(server.get("/metrics").body.contains("tokenwell_ready 0\n"));
    let file = setting.path("state/status.json");
    within("the same in the file", || {
        let text = fs::read_to_string(&file).unwrap();
        text.contains("cannot be read to check its token").then_some(())
    });
    let ended = wait("1s");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);

    out.release();
    within("readiness", || (server.get("/readyz").status == 200).then_some(()));
    assert!(server.get("/metrics").body.contains("tokenwell_ready 1\n"));
    assert_eq!(wait("5s").code, Some(0));
    setting.clean(&program.stop());
}

fn path(folder: &Path) -> String {
    folder.join("a.jwt").display().to_string()
}

fn server(setting: &Setting) -> Server {
    Server::Unix(setting.path("out/status.sock"))
}

fn hang(mount: &FuseMount) {
    for call in [Call::Lookup, Call::Attributes, Call::Open, Call::List] {
        mount.hang(call);
    }
}

/// `a` has its output at `slow-out`, `b` its key at `slow-key`, and `c` neither; keys come from `slow-keys` and `more` too.
fn configure(setting: &mut Setting) {
    for name in ["a", "b", "c"] {
        setting.put_key(name, name);
    }
    fs::copy(setting.path("keys/b"), setting.path("slow-key/b")).unwrap();
    fs::write(setting.path("slow-keys/s"), setting.key("s")).unwrap();
    fs::create_dir(setting.path("more")).unwrap();
    fs::write(setting.path("more/m"), setting.key("m")).unwrap();
    let usual = |name: &str| setting.path(name).display().to_string();
    let credentials = setting
        .named(&["a", "b", "c"])
        .replace(&usual("out/a.jwt"), &usual("slow-out/a.jwt"))
        .replace(&usual("keys/b"), &usual("slow-key/b"));
    let from = |folder: &str| {
        let (out, folder) = (usual(&format!("out/{folder}-{{name}}.jwt")), usual(folder));
        format!("  - {{accessKeyDirectory: {folder}, outputs: [{{path: \"{out}\"}}]}}\n")
    };
    let (slow, more) = (from("slow-keys"), from("more"));
    let listen = usual("out/status.sock");
    setting.configure(&format!("status: {{listen: \"unix:{listen}\"}}\n{credentials}credentialsFrom:\n{slow}{more}"));
}
