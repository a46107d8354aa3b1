//! Keys and tokens that changed while no process ran.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink},
};

use nix::{sys::stat::Mode, unistd::mkfifo};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::{
    past::{Damage, Past, credential, output, said, troubles},
    program::{Program, run, within},
    setting::Setting,
    skipped,
};

#[test]
fn a_token_that_is_gone_or_altered_costs_one_exchange() {
    let damages: [Damage; 7] = [
        ("missing", |past| fs::remove_file(output(past, "a.jwt")).unwrap()),
        ("empty", |past| past.put("out/a.jwt", "")),
        ("garbage", |past| past.put("out/a.jwt", "\0\u{1}garbage")),
        ("truncated", |past| {
            let token = fs::read_to_string(output(past, "a.jwt")).unwrap();
            past.put("out/a.jwt", &token[..token.len() - 1]);
        }),
        ("altered", |past| {
            let mut token = fs::read_to_string(output(past, "a.jwt")).unwrap();
            let last = token.pop().unwrap();
            token.push(if last == 'A' { 'Q' } else { 'A' });
            past.put("out/a.jwt", &token);
        }),
        ("huge", |past| {
            fs::File::options().write(true).open(output(past, "a.jwt")).unwrap().set_len(1 << 40).unwrap();
        }),
        ("its folder", |past| fs::remove_dir_all(past.path("out")).unwrap()),
    ];
    for (damage, act) in damages {
        let mut past = Past::new();
        let before = past.token("a");
        act(&past);
        let ended = past.process();
        assert_eq!(past.requests(), (2, 1), "{damage}: {}", ended.stderr);
        assert_eq!(troubles(&ended).len(), 1, "{damage}: {:?}", troubles(&ended));
        assert_eq!(said(&ended, "the token that was written is gone or altered").len(), 1, "{damage}");
        assert!(past.token("a").is_some_and(|token| Some(token) != before), "{damage}");
        past.idle_process();
    }
}

#[test]
fn a_key_that_was_rotated_costs_one_exchange() {
    let mut past = Past::new();
    let new = past.put_key("a", "new").fingerprint();
    let ended = past.process_until("\"token written\"");
    assert_eq!((past.requests(), troubles(&ended)), ((2, 1), Vec::new()), "{}", ended.stderr);
    assert_eq!(past.sandbox.exchanges()[1].key, Some(new));
    past.idle_process();
}

#[test]
fn a_key_that_is_missing_costs_nothing_and_the_token_stays() {
    let mut past = Past::new();
    let token = past.print("out/a.jwt");
    fs::remove_file(past.path("keys/a")).unwrap();
    let ended = past.process_until("waiting for an access key");
    assert_eq!((past.requests(), troubles(&ended).len()), ((1, 1), 1), "{}", ended.stderr);
    assert_eq!(past.print("out/a.jwt"), token);
}

#[test]
fn a_drifted_token_file_is_rewritten_without_a_request() {
    let damages: [Damage; 6] = [
        ("longer by a newline", |past| {
            let token = fs::read_to_string(output(past, "a.jwt")).unwrap();
            fs::write(output(past, "a.jwt"), format!("{token}\n")).unwrap();
        }),
        ("in another format", |past| {
            let token = fs::read_to_string(output(past, "a.jwt")).unwrap();
            fs::write(output(past, "a.jwt"), format!("Authorization: Bearer {token}\n")).unwrap();
        }),
        ("readable by all", |past| fs::set_permissions(output(past, "a.jwt"), Permissions::from_mode(0o644)).unwrap()),
        ("set-user-id", |past| fs::set_permissions(output(past, "a.jwt"), Permissions::from_mode(0o4640)).unwrap()),
        ("another owner", |past| chown(output(past, "a.jwt"), Some(1234), None).unwrap()),
        ("another group", |past| chown(output(past, "a.jwt"), None, Some(1234)).unwrap()),
    ];
    let is_root = nix::unistd::geteuid().is_root();
    if !is_root {
        skipped::without_root("only root can change owners");
    }
    for (damage, act) in damages.into_iter().take(if is_root { 6 } else { 4 }) {
        let mut past = Past::of(|setting| {
            if is_root {
                let path = output(setting, "a.jwt");
                let lines = format!("    outputs: [{{path: {}, owner: \"4321\", group: \"4321\"}}]\n", path.display());
                setting.configure_with("", &credential(setting, &lines));
            }
        });
        let (bytes, inode) = past.print("out/a.jwt");
        act(&past);
        let ended = past.process();
        assert_eq!(past.requests(), (1, 1), "{damage}: {}", ended.stderr);
        assert_eq!(troubles(&ended).len(), 1, "{damage}: {:?}", troubles(&ended));
        assert_eq!(said(&ended, "they are written again").len(), 1, "{damage}");
        let after = past.print("out/a.jwt");
        assert!(after.0 == bytes && after.1 != inode, "{damage}: the same token in a new file");
        let found = past.path("out/a.jwt").metadata().unwrap();
        assert_eq!(found.permissions().mode() & 0o7777, 0o640, "{damage}");
        assert!(!is_root || (found.uid(), found.gid()) == (4321, 4321), "{damage}");
        past.idle_process();
    }
}

#[test]
fn one_output_is_restored_from_another_without_a_request() {
    let damages: [Damage; 4] = [
        ("the first is missing", |past| fs::remove_file(output(past, "a.jwt")).unwrap()),
        ("the second is missing", |past| fs::remove_file(output(past, "b/a.jwt")).unwrap()),
        ("the second is another", |past| past.put("out/b/a.jwt", "a.b.c")),
        ("the second is a link to the first", |past| {
            fs::remove_file(output(past, "b/a.jwt")).unwrap();
            symlink("../a.jwt", output(past, "b/a.jwt")).unwrap();
        }),
    ];
    for (damage, act) in damages {
        let mut past = Past::of(two_outputs);
        let token = past.token("a");
        act(&past);
        let ended = past.process();
        assert_eq!(past.requests(), (1, 1), "{damage}: {}", ended.stderr);
        assert_eq!(troubles(&ended).len(), 1, "{damage}: {:?}", troubles(&ended));
        assert_eq!((past.token("a"), past.token("b/a")), (token.clone(), token), "{damage}");
        assert!(!output(&past, "b/a.jwt").is_symlink(), "{damage}");
        past.idle_process();
    }
}

/// The newest session is not lost at the end of the process when one of two files could not be written.
#[test]
fn a_half_written_session_is_completed_after_a_restart() {
    let mut past = Past::of(two_outputs);
    let program = past.ready();
    // In one step, because a missing file is restored at once.
    let (output, in_the_way) = (past.path("out/b/a.jwt"), past.path("in the way"));
    fs::create_dir(&in_the_way).unwrap();
    renameat_with(CWD, &in_the_way, CWD, &output, RenameFlags::EXCHANGE).unwrap();
    program.until_said("it is a folder", 1);
    let before = past.token("a");
    past.put_key("a", "new");
    within("the newest session in one output", || (past.token("a") != before).then_some(()));
    let ended = program.stop();
    assert_eq!(past.requests(), (2, 1), "{}", ended.stderr);
    let newest = past.token("a");
    fs::remove_dir(&output).unwrap();
    past.process();
    assert_eq!(past.requests(), (2, 1));
    assert_eq!((past.token("a"), past.token("b/a")), (newest.clone(), newest));
    past.idle_process();
}

/// No file may be replaced there, and no process keeps the token of the record.
#[test]
fn a_pipe_in_place_of_a_token_blocks_nothing() {
    let mut past = Past::new();
    fs::remove_file(output(&past, "a.jwt")).unwrap();
    mkfifo(&output(&past, "a.jwt"), Mode::S_IRWXU).unwrap();
    let ended = past.process_until("a named pipe");
    assert_eq!(past.requests(), (2, 1), "{}", ended.stderr);
    assert_eq!(troubles(&ended).len(), 2, "gone or altered, and cannot be written: {:?}", troubles(&ended));
}

impl Past {
    /// Runs a process until it logs this text, then stops it.
    fn process_until(&mut self, text: &str) -> crate::program::Ended {
        let program = Program::start(&mut run(&self.path("")));
        program.until_said(text, 1);
        let ended = program.stop();
        assert_eq!(ended.code, Some(0));
        ended
    }
}

fn two_outputs(setting: &mut Setting) {
    let (first, second) = (output(setting, "a.jwt"), output(setting, "b/a.jwt"));
    let lines = format!("    outputs: [{{path: {}}}, {{path: {}}}]\n", first.display(), second.display());
    setting.configure_with("", &credential(setting, &lines));
}
