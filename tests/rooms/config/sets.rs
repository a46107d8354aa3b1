//! Output sets: folders whose files change together.

use std::{path::Path, time::Duration};

use tokenwell::{
    config::Credential,
    output::{ExistingFolder, Output, SetFolder, Target},
};

use crate::case::{good, refusal};

#[test]
fn every_output_directly_in_a_set_folder_belongs_to_it() {
    let config = good(
        r#"
projectId: P2abc
stateDirectory: /var/lib/tokenwell
credentials:
  - {name: a, accessKeyFile: /keys/a, outputs: [{path: /run/app/a.jwt}, {path: /run/app/below/a.jwt}, {path: /run/a.jwt}]}
  - {name: b, accessKeyFile: /keys/b, outputs: [{path: /run/app/b.jwt, group: 7}, {path: /run/app/c.jwt, group: 8}]}
  - {name: c, accessKeyFile: /keys/c, outputs: [{path: /run/other/c.jwt, group: 7}]}
credentialsFrom: [{accessKeyDirectory: /many, outputs: [{path: "/run/app/{name}.many"}]}]
sets: [{directory: /run/app/}, {directory: /run/other, mode: "0711", group: "9", keepPrevious: 0s}]
"#,
        &[],
    )
    .config;
    let set = |mode, group| Some(SetFolder::new(mode, Some(group)));
    let told =
        SetFolder { existing: ExistingFolder::Adjust, keep_previous: Duration::ZERO, ..SetFolder::new(0o711, Some(9)) };
    let set_of = |output: &Output| match &output.target {
        Target::File(file) => file.set.clone(),
    };
    let sets = |credential: &Credential| credential.outputs.iter().map(set_of).collect::<Vec<_>>();
    assert_eq!(sets(&config.credentials[0]), [set(0o750, 7), None, None]);
    assert_eq!(sets(&config.credentials[1]), [set(0o750, 7), set(0o750, 7)]);
    assert_eq!(sets(&config.credentials[2]), [Some(told)]);
    assert_eq!(sets(&config.key_directories[0].credential("x").unwrap()), [set(0o750, 7)]);
    let directories: Vec<_> = config.sets.iter().map(|set| set.directory.to_str().unwrap()).collect();
    assert_eq!(directories, ["/run/app", "/run/other"]);
}

#[test]
fn sets_that_are_something_else_too_are_reported() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
stateDirectory: /state
credentials:
  - {name: a, accessKeyFile: /k/a, outputs: [{path: /run/app/..a}, {path: /run/file}, {path: /run/..tokenwell.lock}]}
credentialsFrom: [{accessKeyDirectory: /keys, outputs: [{path: "/run/{name}/x"}]}]
sets:
  - directory: /run/app
  - {directory: /run/app, mode: "0640", group: nobody-of-this-name}
  - {directory: /run/app/deep/down, mode: 750}
  - {directory: /keys, keepPrevious: 5}
  - {directory: /state, keepPrevious: 11m}
  - directory: DIR
  - directory: /run/file
  - directory: run/app
  - directory: "/run/{name}"
  - {folder: /run/x}
"#, &[]), @r#"
    `/etc/tokenwell/tokenwell.yaml` has 17 mistakes

       line 4, credentials[0].outputs[0].path: in a set, names that begin with `..` are reserved for its generations
               give the file another name
       line 4, credentials[0].outputs[2].path: `..tokenwell.lock` is reserved for tokenwell's lock file
               give the file another name
       line 8, sets[1].directory: the same folder as `sets[0].directory`
               name every set once
       line 8, sets[1].mode: `0640` does not let the owner read, write and enter
               write `"0750"`
       line 8, sets[1].group: there is no group `nobody-of-this-name` on this machine
               create it, or write the group's id
       line 9, sets[2].directory: inside `sets[0].directory`, which is a set
               write sets beside each other
       line 9, sets[2].mode: expected octal digits in quotes, found a number
               write `"0750"`, with the quotes
      line 10, sets[3].directory: the same folder as `credentialsFrom[0].accessKeyDirectory`, in which every file is an access key
               give the set a folder of its own
      line 10, sets[3].keepPrevious: `5` has no unit
               write `5s`, `5m` or `5h`
      line 11, sets[4].directory: the same folder as `stateDirectory`, which holds state
               give the set a folder of its own
      line 11, sets[4].keepPrevious: `11m` is too long
               write `10m` or less
      line 12, sets[5].directory: the folder of this configuration file
               give the set a folder of its own
      line 13, sets[6].directory: the same path as `credentials[0].outputs[1].path`, which is a file
               give the set a folder of its own
      line 14, sets[7].directory: `run/app` is not an absolute path
               write it in full, such as `/etc/tokenwell/run/app`
      line 15, sets[8].directory: `{name}` is replaced in outputs of `credentialsFrom` only
               write the folder itself, and put `{name}` into the file names
      line 16, sets[9]: `directory` is missing
               write something like `directory: /run/tokenwell/app`
      line 16, sets[9].folder: unknown field
               known here: `directory`, `group`, `mode`, `keepPrevious`
    "#);
}

#[test]
fn a_set_is_no_place_for_state() {
    let yaml = "projectId: P2abc\ncredentials: [{name: a, accessKeyFile: /keys/a, outputs: [{path: /run/a/a.jwt}OTHER]}]\nsets: [{directory: /run/a}]\n";
    insta::assert_snapshot!(refusal(&yaml.replace("OTHER", ""), &[]), @r#"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      stateDirectory: missing, and every output is in a set, which may hold no other files
        write something like `stateDirectory: /var/lib/tokenwell`, or set `$STATE_DIRECTORY`
    "#);
    let other = yaml.replace("OTHER", ", {path: /run/other/a.jwt}");
    assert_eq!(good(&other, &[]).config.state_directory, Path::new("/run/other/.tokenwell/39b362621b7e"));
}
