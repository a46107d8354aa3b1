//! A file system that keeps no modes and owners, as those of SMB, Azure Files and blobfuse: the daemon writes with what the mount
//! gives and says so, or refuses, and every judge agrees.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::{
    client::Server,
    fuse_mount::{Attributes, Fixed, FuseMount},
    program::{Ended, Program, run, tokenwell, within},
    setting::{QUICK, Setting},
};

const SHARE: Fixed = Fixed { file_mode: 0o777, folder_mode: 0o777, user: 0, group: 0 };
const SENTENCE: &str = "keep no modes or owners of their own: set them in its mount options, or write to another one";

/// A share at `share`, and a credential with a plain output and one in a set there. The state is there too.
struct Share {
    setting: Setting,
    mount: FuseMount,
}

impl Share {
    fn mounted(attributes: Attributes, output: &str) -> Option<Self> {
        let mut setting = Setting::new();
        setting.put_key("a", "a");
        let mount = FuseMount::at(&setting.path("share"), attributes)?;
        let share = setting.path("share");
        let (share, url) = (share.display(), setting.sandbox.base_url());
        let text = format!(
            "projectId: P2world\nbaseUrl: {url}\n{QUICK}stateDirectory: {share}/state\nstatus: {{listen: '127.0.0.1:0'}}\n\
             sets: [{{directory: {share}/set}}]\ncredentials:\n  - name: a\n    accessKeyFile: {}\n    outputs:\n      \
             - {{path: {share}/a.jwt{output}}}\n      - {{path: {share}/set/a.json, format: json}}\n",
            setting.path("keys/a").display()
        );
        setting.put("tokenwell.yaml", &text);
        Some(Self { setting, mount })
    }

    fn ask(&self, command: &[&str]) -> Ended {
        let config = self.setting.path("tokenwell.yaml");
        Program::start(tokenwell(command).arg("--config").arg(config)).ended()
    }

    fn status(&self) -> Value {
        serde_json::from_str(&self.ask(&["status", "--json"]).stdout).unwrap()
    }

    fn readyz(&self) -> u16 {
        Server::named(self.status()["statusAddress"].as_str().unwrap()).get("/readyz").status
    }
}

fn inode(path: &Path) -> u64 {
    fs::symlink_metadata(path).unwrap().ino()
}

#[test]
fn a_mount_that_ignores_modes_is_accepted_by_every_judge() {
    for attributes in [Attributes::Ignored(SHARE), Attributes::Refused(SHARE, 1), Attributes::Refused(SHARE, 95)] {
        let Some(mut share) = Share::mounted(attributes, "") else { return };
        let online = share.ask(&["check", "--online"]);
        assert_eq!(online.code, Some(0), "{online:?}");
        assert_eq!(online.stdout.matches(SENTENCE).count(), 2, "{online:?}");
        let asked = share.setting.sandbox.counters().exchanges;
        let daemon = share.setting.ready();
        for _ in 0..5 {
            // Every question reads the files anew.
            assert_eq!(share.readyz(), 200);
        }
        assert_eq!(share.ask(&["wait", "--timeout", "0s"]).code, Some(0));
        let status = share.ask(&["status"]);
        assert_eq!(status.code, Some(0), "{status:?}");
        assert!(status.stdout.starts_with("1 of 1 fresh"), "{status:?}");
        let unwrapped: String = status.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(unwrapped.matches(SENTENCE).count(), 2, "{status:?}");
        let note = share.status()["credentials"][0]["outputs"][0]["note"].clone();
        assert!(note.as_str().unwrap().contains("mode 0777 instead of 0640 (looser: "), "{note}");
        let exchanges = share.setting.sandbox.counters().exchanges;
        assert_eq!((exchanges - asked, share.mount.renames_to("a.jwt"), share.mount.renames_to("..data")), (1, 1, 1));

        daemon.signal(Signal::SIGUSR1);
        share.setting.until_exchanges(exchanges + 1);
        within("a second write", || (share.mount.renames_to("..data") == 2).then_some(()));
        daemon.until_said("token written", 2);
        let ended = daemon.stop();
        assert_eq!(ended.stderr.matches(SENTENCE).count(), 2, "once for each folder: {}", ended.stderr);
        assert!(!ended.stderr.contains("by somebody else"), "{}", ended.stderr);
        share.setting.clean(&ended);

        let token = inode(&share.setting.path("share/a.jwt"));
        let daemon = share.setting.ready();
        assert_eq!((share.readyz(), share.ask(&["wait", "--timeout", "0s"]).code), (200, Some(0)));
        let ended = daemon.stop();
        assert_eq!(ended.stderr.matches(SENTENCE).count(), 2, "a new process says it again: {}", ended.stderr);
        assert_eq!((inode(&share.setting.path("share/a.jwt")), share.mount.renames_to("a.jwt")), (token, 2));
        assert_eq!(share.setting.sandbox.counters().exchanges, exchanges + 1, "the restart makes no request");
        share.setting.clean(&ended);
    }
}

#[test]
fn a_mount_that_ignores_modes_is_refused_if_so_configured() {
    let Some(mut share) = Share::mounted(Attributes::Ignored(SHARE), ", onModeIgnored: refuse") else { return };
    let daemon = Program::start(&mut run(&share.setting.path("")));
    daemon.until_said("`file_mode`, `dir_mode`, `uid` and `gid` for SMB and Azure Files", 1);
    // It names the address of the server.
    within("the status file", || share.setting.path("share/state/status.json").exists().then_some(()));
    assert_eq!((share.readyz(), share.ask(&["wait", "--timeout", "0s"]).code), (503, Some(1)));
    let error = share.status()["credentials"][0]["outputs"][0]["error"].clone();
    assert!(error.as_str().unwrap().contains(SENTENCE), "{error}");
    assert!(!share.setting.path("share/a.jwt").exists());
    assert_eq!(share.mount.modes_with_content("a.jwt"), [] as [u16; 0], "no byte was visible, not even briefly");
    assert_eq!(share.setting.sandbox.counters().exchanges, 1);
    let ended = daemon.stop();
    assert_eq!(ended.stderr.matches("cannot write token file").count(), 1, "{}", ended.stderr);
    share.setting.clean(&ended);
    let online = share.ask(&["check", "--online"]);
    assert_eq!(online.code, Some(1), "{online:?}");
    assert_eq!(online.stdout.matches(SENTENCE).count(), 2, "{online:?}");
}

#[test]
fn a_remount_with_other_modes_costs_one_write() {
    let Some(mut share) = Share::mounted(Attributes::Ignored(SHARE), "") else { return };
    let daemon = share.setting.ready();
    let other = Fixed { file_mode: 0o600, ..SHARE };
    share.mount.remount(Attributes::Ignored(other));
    assert_eq!(within("readiness", || Some(share.readyz()).filter(|code| *code == 200)), 200);
    daemon.until_said("mode 0600 instead of 0640 (stricter: its group cannot read it)", 1);
    assert_eq!((share.readyz(), share.mount.renames_to("a.jwt")), (200, 2));
    let ended = daemon.stop();
    assert_eq!(share.setting.sandbox.counters().exchanges, 1);
    share.setting.clean(&ended);
}
