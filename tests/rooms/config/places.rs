//! Two paths that lead to the same file.

use std::fs;

use crate::case::{check, good, refusal, tokenwell};

#[test]
fn no_token_stands_where_the_status_file_is() {
    insta::assert_snapshot!(refusal("projectId: P2abc
stateDirectory: /run/state
credentials:
  - {name: a, accessKeyFile: /keys/a, outputs: [{path: /run/state/status.json}]}
", &[]), @"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 4, credentials[0].outputs[0].path: the program's own status file
              write tokens somewhere else
    ");
}

#[test]
fn paths_that_links_make_equal_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["keys", "out", "set"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    for name in ["a", "b", "c", "all"] {
        fs::write(folder.path().join("keys").join(name), "K2").unwrap();
    }
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
    link("keys", "keys-by-link");
    link("out", "out-by-link");
    link("set", "set-by-link");
    link("../keys/b", "out/link-to-key");
    fs::hard_link(folder.path().join("keys/c"), folder.path().join("out/hard-link-to-key")).unwrap();
    let ended = check(
        &folder,
        r#"projectId: P2abc
stateDirectory: DIR/out-by-link
credentials:
  - {name: a, accessKeyFile: DIR/keys/a, outputs: [{path: DIR/keys-by-link/a}]}
  - {name: b, accessKeyFile: DIR/keys/b, outputs: [{path: DIR/out/link-to-key}]}
  - {name: c, accessKeyFile: DIR/keys/c, outputs: [{path: DIR/out/hard-link-to-key}]}
  - {name: d, accessKeyFile: DIR/keys/d, outputs: [{path: DIR/out/new/d.jwt}]}
  - {name: e, accessKeyFile: DIR/keys/e, outputs: [{path: DIR/out-by-link/new/d.jwt}]}
  - {name: f, accessKeyFile: DIR/keys/f, outputs: [{path: DIR/set-by-link/f.jwt}, {path: DIR/out/status.json}]}
  - {name: g, accessKeyFile: DIR/out/key, outputs: [{path: DIR/out-by-link/tokenwell.yaml}]}
credentialsFrom:
  - {accessKeyDirectory: DIR/keys, outputs: [{path: "DIR/keys-by-link/{name}.jwt"}]}
sets: [{directory: DIR/set}]
"#,
    );
    assert_eq!(ended.status.code(), Some(2));
    let said = String::from_utf8(ended.stderr).unwrap().replace(folder.path().to_str().unwrap(), "DIR");
    insta::assert_snapshot!(said, @r"
    error: `DIR/tokenwell.yaml` has 8 mistakes

       line 4, credentials[0].outputs[0].path: the same file as `credentials[0].accessKeyFile` through a link (`DIR/keys-by-link/a` is `DIR/keys/a`): a token would replace it
               write tokens somewhere else
       line 4, credentials[0].outputs[0].path: inside `credentialsFrom[0].accessKeyDirectory` through a link (`DIR/keys-by-link/a` is `DIR/keys/a`), in which every file is an access key
               write tokens somewhere else
       line 5, credentials[1].outputs[0].path: the same file as `credentials[1].accessKeyFile` through a link (`DIR/out/link-to-key` and `DIR/keys/b` are one file): a token would replace it
               write tokens somewhere else
       line 6, credentials[2].outputs[0].path: the same file as `credentials[2].accessKeyFile` through a link (`DIR/out/hard-link-to-key` and `DIR/keys/c` are one file): a token would replace it
               write tokens somewhere else
       line 8, credentials[4].outputs[0].path: the same file as `credentials[3].outputs[0].path` through a link (`DIR/out-by-link/new/d.jwt` is `DIR/out/new/d.jwt`)
               give every output a path of its own
       line 9, credentials[5].outputs[0].path: in the folder of `sets[0].directory` through a link (`DIR/set-by-link/f.jwt` is `DIR/set/f.jwt`)
               name the folder as the set names it
       line 9, credentials[5].outputs[1].path: the program's own status file through a link
               write tokens somewhere else
      line 12, credentialsFrom[0].outputs[0].path: inside `credentialsFrom[0].accessKeyDirectory` through a link (`DIR/keys-by-link/{name}.jwt` is `DIR/keys/{name}.jwt`), in which every file is an access key
               write tokens somewhere else
    ");
}

#[test]
fn links_that_lead_to_other_places_are_no_mistake() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["keys/..1", "out"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("keys/..1/a"), "K2").unwrap();
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
    link("..1", "keys/..data");
    link("..data/a", "keys/a");
    link("out", "other");
    link("../nowhere", "out/a.jwt");
    let ended = check(
        &folder,
        r"projectId: P2abc
credentials:
  - {name: a, accessKeyFile: DIR/keys/a, outputs: [{path: DIR/out/a.jwt}, {path: DIR/other/b.jwt}, {path: DIR/keys/new}]}
",
    );
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn nothing_is_written_into_a_folder_of_the_kernel() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
stateDirectory: /dev
status: {listen: "unix:/dev/stdout"}
credentials:
  - {name: a, accessKeyFile: /keys/a, outputs: [{path: /dev/stdout}, {path: //dev//fd/1}, {path: /dev/./stderr}]}
  - {name: b, accessKeyFile: /keys/b, outputs: [{path: /dev/../dev/stdout}, {path: /proc/self/fd/1}, {path: /sys/a}]}
  - {name: c, accessKeyFile: /keys/c, outputs: [{path: "-"}, {path: /dev/stdout, format: template, template: "{{ token }}"}]}
credentialsFrom:
  - {accessKeyDirectory: /keys, outputs: [{path: "/dev/{name}"}]}
sets: [{directory: /dev/pts}]
"#, &[]), @"
    `/etc/tokenwell/tokenwell.yaml` has 12 mistakes

       line 2, stateDirectory: `/dev` is in `/dev`, where the kernel has devices and links, not files
               name another folder, such as one in `/run` or `/var/lib`
       line 3, status.listen: `/dev/stdout` is in `/dev`, where the kernel has devices and links, not files
               name a path in another folder, such as `/run/tokenwell/status.sock`
       line 5, credentials[0].outputs[0].path: `/dev/stdout` is in `/dev`, where the kernel has devices and links, not files
               name a file elsewhere; `tokenwell token NAME` prints a token
       line 5, credentials[0].outputs[1].path: `/dev/fd/1` is in `/dev`, where the kernel has devices and links, not files
               name a file elsewhere; `tokenwell token NAME` prints a token
       line 5, credentials[0].outputs[2].path: `/dev/stderr` is in `/dev`, where the kernel has devices and links, not files
               name a file elsewhere; `tokenwell token NAME` prints a token
       line 6, credentials[1].outputs[0].path: `/dev/../dev/stdout` is in `/dev`, where the kernel has devices and links, not files
               name a file elsewhere; `tokenwell token NAME` prints a token
       line 6, credentials[1].outputs[1].path: `/proc/self/fd/1` is in `/proc`, where the kernel has devices and links, not files
               name a file elsewhere; `tokenwell token NAME` prints a token
       line 6, credentials[1].outputs[2].path: `/sys/a` is in `/sys`, where the kernel has devices and links, not files
               name a file elsewhere; `tokenwell token NAME` prints a token
       line 7, credentials[2].outputs[0].path: `-` is not a file: tokens are kept in files
               name a file elsewhere; `tokenwell token NAME` prints a token
       line 7, credentials[2].outputs[1].path: `/dev/stdout` is in `/dev`, where the kernel has devices and links, not files
               name a file elsewhere; `tokenwell token NAME` prints a token
       line 9, credentialsFrom[0].outputs[0].path: `/dev/{name}` is in `/dev`, where the kernel has devices and links, not files
               name a file elsewhere; `tokenwell token NAME` prints a token
      line 10, sets[0].directory: `/dev/pts` is in `/dev`, where the kernel has devices and links, not files
               name another folder, such as one in `/run` or `/var/lib`
    ");
}

#[test]
fn shared_memory_and_what_is_only_read_are_allowed_in_dev() {
    good(
        r#"projectId: P2abc
stateDirectory: /dev/shm/state
status: {listen: "unix:/dev/shm/status.sock"}
credentials:
  - name: a
    accessKeyFile: /dev/shm/key
    outputs: [{path: /dev/shm/a.jwt}, {path: /run/user/1000/a.jwt}, {path: /run/-}, {path: /dev/shm/dev/stdout}, {path: /device/a}]
    hooks: [{signal: HUP, pidFile: /dev/pid}]
sets: [{directory: /dev/shm/set}]
"#,
        &[],
    );
}

#[test]
fn a_link_into_a_folder_of_the_kernel_is_no_way_around() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/proc/self", folder.path().join("by-link")).unwrap();
    std::os::unix::fs::symlink("by-link/fd/1", folder.path().join("stdout")).unwrap();
    let ended = check(
        &folder,
        r"projectId: P2abc
credentials:
  - {name: a, accessKeyFile: /keys/a, outputs: [{path: DIR/by-link/a.jwt}, {path: DIR/stdout}, {path: DIR/a.jwt}]}
",
    );
    assert_eq!(ended.status.code(), Some(2));
    let said = String::from_utf8(ended.stderr).unwrap().replace(folder.path().to_str().unwrap(), "DIR");
    insta::assert_snapshot!(said, @"
    error: `DIR/tokenwell.yaml` has 2 mistakes

      line 3, credentials[0].outputs[0].path: `DIR/by-link/a.jwt` leads into `/proc`, where the kernel has devices and links, not files
              name a file elsewhere; `tokenwell token NAME` prints a token
      line 3, credentials[0].outputs[1].path: `DIR/stdout` leads into `/proc`, where the kernel has devices and links, not files
              name a file elsewhere; `tokenwell token NAME` prints a token
    ");
}

#[test]
fn an_output_flag_that_means_standard_output_is_refused() {
    let spellings = ["-", "/dev/stdout", "/dev/../dev/stdout", "//dev/fd/1", "/proc/self/fd/1", "/dev/fd/../stdout"];
    for output in spellings {
        let flags = ["check", "--project-id", "P2abc", "--access-key-file", "/keys/a", "--output", output];
        let ended = tokenwell(&flags, &[]);
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{output}: {said}");
        assert!(
            said.contains("`tokenwell token NAME` prints a token") && said.contains("--output"),
            "{output}: {said}"
        );
    }
}
