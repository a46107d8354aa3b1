//! Hooks: each has one action, with valid values.

use std::time::Duration;

use tokenwell::hook::{Hook, LoopbackUrl, Recipient, Signal};

use crate::case::{BARE, good, refusal};

#[test]
fn hooks_that_do_not_say_one_thing_are_reported() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs: [{path: /run/a.jwt}]
    hooks:
      - {}
      - {timeout: 5s}
      - {signal: HUP}
      - {signal: HUP, pidFile: /run/app.pid, processName: app}
      - {signal: HUP, processName: app, timeout: 5s}
      - {signal: HUP, processName: app, command: [/bin/true], post: http://localhost/}
      - {command: [/bin/true], pidFile: /run/app.pid}
      - {processName: app}
      - {comand: [/bin/true]}
      - {signal: HUP, pidfile: /run/app.pid}
      - reload
      - ~
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 12 mistakes

       line 7, credentials[0].hooks[0]: it has no action
               write one of these:
                 - {signal: HUP, pidFile: /run/app.pid}
                 - {command: [/usr/bin/systemctl, reload, app]}
                 - {post: http://127.0.0.1:8080/-/reload}
       line 8, credentials[0].hooks[1]: it has no action
               write one of these:
                 - {signal: HUP, pidFile: /run/app.pid}
                 - {command: [/usr/bin/systemctl, reload, app]}
                 - {post: http://127.0.0.1:8080/-/reload}
       line 9, credentials[0].hooks[2]: the signal has no recipient
               add something like `pidFile: /run/app.pid` or `processName: nginx`
      line 10, credentials[0].hooks[3]: `pidFile` and `processName` in one entry
               keep one of them
      line 11, credentials[0].hooks[4].timeout: a signal has no timeout
               take it away
      line 12, credentials[0].hooks[5]: `signal` and `command` in one entry
               give each its own entry, beginning with `- `
      line 13, credentials[0].hooks[6].pidFile: there is no `signal` in this entry
               write `signal: HUP`, or remove this
      line 14, credentials[0].hooks[7].processName: there is no `signal` in this entry
               write `signal: HUP`, or remove this
      line 15, credentials[0].hooks[8].comand: unknown field
               did you mean `command`?
      line 16, credentials[0].hooks[9].pidfile: unknown field
               did you mean `pidFile`?
      line 17, credentials[0].hooks[10]: expected fields, found text
               write `name: value` pairs, one a line
      line 18, credentials[0].hooks[11]: no value
               give it one, or remove the line
    ");
}

#[test]
fn hooks_with_values_that_make_no_sense_are_reported() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs: [{path: /run/a.jwt}]
    hooks:
      - {signal: KILL, pidFile: app.pid}
      - {signal: 19, pidFile: "/run/{name}.pid"}
      - {signal: true, processName: /usr/sbin/nginx}
      - {signal: HUP, processName: ""}
      - {command: systemctl reload app, timeout: 10}
      - {command: []}
      - {command: [systemctl, reload, 5, ~]}
      - {command: [systemctl reload app], timeout: 50ms}
      - {command: [/bin/echo, "a\0b"], timeout: 6m}
      - {command: [/bin/../bin/echo]}
      - {post: https://127.0.0.1/}
      - {post: http://user:password@127.0.0.1/}
      - {post: http://127.0.0.1/#a}
      - {post: http://app:8080/reload}
      - {post: 127.0.0.1/reload}
"#, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 23 mistakes

       line 7, credentials[0].hooks[0].signal: `KILL` is not a signal that a program can catch
               write one of `HUP`, `USR1`, `USR2`, `WINCH`, `INT`, `QUIT`, `TERM`, `ALRM`, `CONT`
       line 7, credentials[0].hooks[0].pidFile: `app.pid` is not an absolute path
               write it in full, such as `/etc/tokenwell/app.pid`
       line 8, credentials[0].hooks[1].signal: `19` is not a signal that a program can catch
               write one of `HUP`, `USR1`, `USR2`, `WINCH`, `INT`, `QUIT`, `TERM`, `ALRM`, `CONT`
       line 8, credentials[0].hooks[1].pidFile: `{name}` is replaced in output paths only
               write one path for all credentials; a `command` gets the name in `$TOKENWELL_CREDENTIAL`
       line 9, credentials[0].hooks[2].signal: expected text, found `true`
               put it in quotes
       line 9, credentials[0].hooks[2].processName: `/usr/sbin/nginx` is not a process name
               write the name of the program without its folder, such as `nginx`
      line 10, credentials[0].hooks[3].processName: empty
               write the name of the program without its folder, such as `nginx`
      line 11, credentials[0].hooks[4].command: expected a list, found text
               write the program and each argument by itself, such as `[/usr/bin/systemctl, reload, app]`; there is no shell
      line 11, credentials[0].hooks[4].timeout: `10` has no unit
               write `10s`, `10m` or `10h`
      line 12, credentials[0].hooks[5].command: the program is missing
               write the program and each argument by itself, such as `[/usr/bin/systemctl, reload, app]`
      line 13, credentials[0].hooks[6].command[0]: `systemctl` is not an absolute path
               write the whole path of the program, such as `/usr/bin/systemctl`; `command -v` prints it
      line 13, credentials[0].hooks[6].command[2]: expected text, found a number
               put it in quotes
      line 13, credentials[0].hooks[6].command[3]: no value
               give it one, or remove the line
      line 14, credentials[0].hooks[7].command[0]: `systemctl reload app` is not an absolute path
               write the program and each argument by itself, such as `[/usr/bin/systemctl, reload, app]`
      line 14, credentials[0].hooks[7].timeout: `50ms` is too short
               write `100ms` or more
      line 15, credentials[0].hooks[8].command[1]: it contains a NUL character
               remove it: arguments cannot contain one
      line 15, credentials[0].hooks[8].timeout: `6m` is too long
               write `5m` or less
      line 16, credentials[0].hooks[9].command[0]: `/bin/../bin/echo` contains `..`
               write the path without `..`
      line 17, credentials[0].hooks[10].post: its scheme is not `http`
               write `http://`: loopback needs no encryption
      line 18, credentials[0].hooks[11].post: it has a user or a password in it
               remove the part before `@`
      line 19, credentials[0].hooks[12].post: it has a fragment
               remove what follows `#`
      line 20, credentials[0].hooks[13].post: its host is not this machine
               name `127.0.0.1`, `[::1]` or `localhost`; to notify another machine, run a `command`
      line 21, credentials[0].hooks[14].post: it is not a URL
               write it like `http://127.0.0.1:8080/-/reload`
    ");
}

#[test]
fn more_hooks_or_words_than_can_be_meant_are_reported() {
    let hooks = "{post: http://localhost/}, ".repeat(17);
    let words = "x, ".repeat(65);
    let yaml = format!(
        "{BARE}credentialsFrom:\n  - {{accessKeyDirectory: /k, outputs: [{{path: \"/run/{{name}}\"}}], hooks: [{hooks}]}}\n  \
                        - {{accessKeyDirectory: /l, outputs: [{{path: \"/run/l/{{name}}\"}}], hooks: [{{command: [/bin/echo, {words}]}}]}}\n"
    );
    insta::assert_snapshot!(refusal(&yaml, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 2 mistakes

      line 4, credentialsFrom[0].hooks: 17 hooks
              name at most 16; one command can notify several programs
      line 5, credentialsFrom[1].hooks[0].command: 66 words
              at most 65; put them into a script
    ");
}

#[test]
fn a_token_never_replaces_what_a_hook_needs() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs: [{path: /run/app.pid}, {path: /opt/reload}]
    hooks:
      - {signal: HUP, pidFile: /run/app.pid}
      - {command: [/opt/reload]}
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 2 mistakes

      line 5, credentials[0].outputs[0].path: the same file as `credentials[0].hooks[0].pidFile`: a token would replace it
              write tokens somewhere else
      line 5, credentials[0].outputs[1].path: the same file as `credentials[0].hooks[1].command[0]`: a token would replace it
              write tokens somewhere else
    ");
}

#[test]
fn hooks_are_what_is_written_in_their_order() {
    let config = good(
        r#"
projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs: [{path: /run/a.jwt}]
    hooks:
      - {signal: 1, pidFile: /run/./app.pid}
      - {signal: sigusr2, processName: "my app"}
      - {command: [/bin/sh, -c, "echo $${HOME}", "${VALUE}", ""]}
      - {command: [/bin/true], timeout: 1m}
      - {post: "http://localhost:8080/reload?key=${VALUE}", timeout: 500ms}
credentialsFrom:
  - {accessKeyDirectory: /keys/more, outputs: [{path: "/run/more/{name}"}], hooks: [{command: [/bin/true]}]}
"#,
        &[("VALUE", "x y")],
    )
    .config;
    let signal = |name| Signal::parse(name).unwrap();
    let command = |words: &[&str], seconds| Hook::Command {
        program: words[0].into(),
        arguments: words[1..].iter().map(|word| (*word).to_owned()).collect(),
        timeout: Duration::from_secs(seconds),
    };
    assert_eq!(
        config.credentials[0].hooks,
        [
            Hook::Signal { signal: signal("HUP"), to: Recipient::PidFile("/run/app.pid".into()) },
            Hook::Signal { signal: signal("USR2"), to: Recipient::ProcessName("my app".to_owned()) },
            command(&["/bin/sh", "-c", "echo ${HOME}", "x y", ""], 10),
            command(&["/bin/true"], 60),
            Hook::Post {
                url: LoopbackUrl::parse("http://localhost:8080/reload?key=x y").unwrap(),
                timeout: Duration::from_millis(500)
            },
        ]
    );
    let pattern = &config.key_directories[0];
    assert_eq!(pattern.credential("b").unwrap().hooks, [command(&["/bin/true"], 10)]);
    assert!(!format!("{:?}", config.credentials[0].hooks[4]).contains("key="), "a query may be secret");
}
