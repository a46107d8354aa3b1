//! Checks of key files and outputs for an unprivileged user.

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    process::Command,
};

use nix::unistd::{Uid, chown, geteuid};

use crate::{
    program::Ended,
    runner::{check, line, of, patient_setting, run},
    setting::Setting,
    skipped,
};

/// Runs the doctor as an unprivileged user who owns the files of the setting. Changing the user needs root, so the test
/// is skipped without it.
fn as_unprivileged(setting: &mut Setting, prepare: impl Fn(&Setting), change: impl Fn(&mut Command)) -> Option<Ended> {
    if !geteuid().is_root() {
        skipped::without_root("only root can run it as another user");
        return None;
    }
    fs::set_permissions(setting.path(""), Permissions::from_mode(0o755)).unwrap();
    for name in ["out", "state", "keys", "keys/a"] {
        chown(&setting.path(name), Some(Uid::from_raw(UNPRIVILEGED_USER)), Some(UNPRIVILEGED_USER.into())).unwrap();
    }
    prepare(setting);
    let mut command = check(setting);
    change(command.uid(UNPRIVILEGED_USER).gid(UNPRIVILEGED_USER));
    Some(run(setting, &mut command))
}

#[test]
fn a_foreign_folder_is_reported_with_the_pods_missing_lines() {
    let mut setting = patient_setting(&["a"]);
    let mut stage = |mode, keeper: (&'static str, &'static str)| {
        let close = |setting: &Setting| {
            chown(&setting.path("out"), Some(Uid::from_raw(0)), Some(3000.into())).unwrap();
            fs::set_permissions(setting.path("out"), Permissions::from_mode(mode)).unwrap();
        };
        as_unprivileged(&mut setting, close, |command| _ = command.env(keeper.0, keeper.1))
    };
    let kubernetes = ("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    let Some(ended) = stage(0o755, kubernetes) else { return };
    assert_eq!(ended.code, Some(1));
    assert!(
        line(&ended, "output").contains("permission denied; tokenwell's user needs the right to write"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("\nsecurityContext:\n  fsGroup: 65534\n\n"), "{}", ended.stdout);
    let ended = stage(0o775, kubernetes).unwrap();
    assert!(ended.stdout.contains("\nsecurityContext:\n  supplementalGroups: [3000]\n\n"), "{}", ended.stdout);
    let ended = stage(0o775, ("INVOCATION_ID", "0123")).unwrap();
    assert!(ended.stdout.contains("\n[Service]\nSupplementaryGroups=3000\n"), "{}", ended.stdout);
}

#[test]
fn an_owner_that_cannot_be_set_is_reported_with_a_fix() {
    let mut setting = patient_setting(&["a"]);
    let output = setting.path("out/a.jwt");
    setting.configure(
        &setting
            .named(&["a"])
            .replace(&output.display().to_string(), &format!("{}, owner: 1234, group: 2345", output.display())),
    );
    let pod = |command: &mut Command| _ = command.env("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    let Some(ended) = as_unprivileged(&mut setting, |_| (), pod) else { return };
    assert_eq!(ended.code, Some(1));
    assert!(line(&ended, "output").contains("cannot set owner and group of token file"), "{}", ended.stdout);
    assert!(ended.stdout.contains("\n  runAsUser: 1234\n  supplementalGroups: [2345]\n"), "{}", ended.stdout);
}

#[test]
fn unreadable_keys_and_unwritable_state_are_reported() {
    let mut setting = patient_setting(&["a"]);
    let close = |setting: &Setting| {
        chown(&setting.path("keys/a"), Some(Uid::from_raw(0)), Some(0.into())).unwrap();
        fs::set_permissions(setting.path("keys/a"), Permissions::from_mode(0o600)).unwrap();
        chown(&setting.path("state"), Some(Uid::from_raw(0)), Some(0.into())).unwrap();
        fs::set_permissions(setting.path("state"), Permissions::from_mode(0o700)).unwrap();
    };
    let Some(ended) = as_unprivileged(&mut setting, close, |command| _ = command.env("INVOCATION_ID", "0123")) else {
        return;
    };
    assert_eq!(ended.code, Some(1));
    assert!(line(&ended, "key file").contains("permission denied; let tokenwell's user read it"), "{}", ended.stdout);
    assert!(
        line(&ended, "exchange").ends_with("not examined, because its source gives no usable secret"),
        "{}",
        ended.stdout
    );
    assert!(line(&ended, "state").contains("cannot be written: permission denied"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains(&format!("LoadCredential=a:{}", setting.path("keys/a").display())),
        "{}",
        ended.stdout
    );
}

#[test]
fn kubernetes_mounts_pass_except_a_mount_of_a_single_file() {
    let mut setting = patient_setting(&["a"]);
    fs::set_permissions(setting.path("keys/a"), Permissions::from_mode(0o644)).unwrap();
    fs::write(setting.path("out/a.jwt"), "").unwrap();
    let mut command = check(&setting);
    assert_eq!(run(&mut setting, &mut command).code, Some(0));

    let (key, out) = (setting.path("keys/a"), setting.path("out/a.jwt"));
    let mounts = format!("mount --bind {0} {0} && mount --bind {1} {1}", key.display(), out.display());
    let possible = Command::new("unshare").args(["-m", "sh", "-c", &mounts]).output();
    if !possible.is_ok_and(|ended| ended.status.success()) {
        skipped::on_this_machine("no mounts here (`unshare -m` is not permitted)");
        return;
    }
    let doctor = check(&setting);
    let mut command = Command::new("unshare");
    command.env_clear().env("PATH", PATH);
    command
        .args(["-m", "sh", "-c", &format!("{mounts} && exec \"$0\" \"$@\"")])
        .arg(doctor.get_program())
        .args(doctor.get_args());
    let ended = run(&mut setting, &mut command);
    assert_eq!(ended.code, Some(1));
    assert!(
        line(&ended, "key file").contains("as Kubernetes makes for `subPath`: nothing new ever arrives"),
        "{}",
        ended.stdout
    );
    assert!(line(&ended, "output").contains("the file is a mount of its own"), "{}", ended.stdout);

    let offline = |setting: &mut Setting| {
        let file = setting.path("tokenwell.yaml");
        let mut command = Command::new("unshare");
        command.env_clear().env("PATH", PATH);
        command
            .args(["-m", "sh", "-c", &format!("{mounts} && exec \"$0\" check --config \"$1\"")])
            .arg(doctor.get_program())
            .arg(file);
        let ended = run(setting, &mut command);
        assert_eq!(ended.code, Some(0));
        ended.stderr
    };
    let warning = "the file is a mount of its own, as a bind mount of a single file or `subPath` makes it: it cannot be \
                   replaced, so no token arrives";
    let said = offline(&mut setting);
    assert!(said.contains(&format!("outputs[0].path: {warning} (mount its folder instead)")), "{said}");

    let folder = setting.path("keys");
    let outputs = format!("outputs: [{{path: '{}'}}]", setting.path("out/{name}.jwt").display());
    setting.configure(&format!("credentialsFrom:\n  - accessKeyDirectory: {}\n    {outputs}\n", folder.display()));
    let said = offline(&mut setting);
    assert!(said.contains(&format!("`{}`: {warning}; mount its folder instead", out.display())), "{said}");
    assert_eq!(said.matches("a mount of its own").count(), 1, "{said}");
}

#[test]
fn a_folder_that_is_mounted_read_only_is_reported() {
    let mut setting = patient_setting(&["a"]);
    let out = setting.path("out");
    let mount = format!("mount --bind {0} {0} && mount -o remount,ro,bind {0}", out.display());
    if !Command::new("unshare").args(["-m", "sh", "-c", &mount]).output().is_ok_and(|ended| ended.status.success()) {
        skipped::on_this_machine("no mounts here (`unshare -m` is not permitted)");
        return;
    }
    let doctor = check(&setting);
    let mut command = Command::new("unshare");
    command.env_clear().env("PATH", PATH);
    command
        .args(["-m", "sh", "-c", &format!("{mount} && exec \"$0\" \"$@\"")])
        .arg(doctor.get_program())
        .args(doctor.get_args());
    let ended = run(&mut setting, command.env("INVOCATION_ID", "0123"));
    assert_eq!(ended.code, Some(1));
    assert!(
        line(&ended, "output").contains("read-only file system; choose a folder that can be written"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains(&format!("ReadWritePaths={}", out.display())), "{}", ended.stdout);
    assert_eq!(of(&ended, "lock").len(), 1);
}

const UNPRIVILEGED_USER: u32 = 65534;
const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";
