//! The time before the program runs, and failures to start it.

use std::fs;

use nix::sys::signal::Signal::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use tokenwell::sandbox::Answer;

use crate::{
    program::{Program, once},
    stage::{Stage, heeds_ctrl_c},
};

#[test]
fn without_a_token_the_program_does_not_start() {
    // Long enough for a token on a machine that stalls for a while.
    let [mut ours, mut theirs] = [(); 2].map(|()| Stage::with(&["a"]));
    for stage in [&ours, &theirs] {
        stage.configure(&stage.named(&["a", "b"]));
    }
    let exec = ours.start(&["--timeout", "5s"], "echo | say started");
    let once = Program::start(&mut once(&theirs.path(""), "5s"));
    let said = |program: Program, stage: &Stage| {
        let ended = program.ended();
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        let said = &ended.stderr[ended.stderr.find("error: ").unwrap()..];
        said.replace(stage.path("").to_str().unwrap(), "FOLDER/")
    };
    let exec = said(exec, &ours);
    assert!(exec.starts_with("error: time-out after 5s: 1 of 2 tokens are missing\n  b: "), "{exec}");
    assert_eq!(exec, said(once, &theirs));
    assert!(!ours.is_said("started"));
    assert!(ours.token("a").is_some() && theirs.token("a").is_some(), "what can be had is had");
}

#[test]
fn a_stop_before_the_start_ends_like_the_program() {
    if !heeds_ctrl_c() {
        return;
    }
    for (signal, code) in [(SIGTERM, 143), (SIGINT, 130), (SIGHUP, 129)] {
        let mut stage = Stage::with(&["a"]);
        stage.sandbox.set(|settings| settings.outage = Some(Answer::Hang));
        let program = stage.start(&[], "echo | say started");
        stage.until_exchanges(1);
        program.signal(SIGUSR1); // no process receives it yet
        program.signal(signal);
        let ended = program.ended();
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        assert!(!stage.is_said("started"));
        stage.clean(&ended);
    }
}

/// The program also finishes pending writes when it ends.
#[test]
fn after_the_programs_end_every_output_holds_the_same_token() {
    let mut stage = Stage::with(&["a"]);
    let (key, out) = (stage.path("keys/a").display().to_string(), stage.path("out").display().to_string());
    let outputs: Vec<String> = (0..OUTPUTS).map(|number| format!("{{path: {out}/{number}}}")).collect();
    let credential = format!("{{name: a, accessKeyFile: {key}, outputs: [{}]}}", outputs.join(", "));
    stage.configure(&format!("credentials: [{credential}]\n"));
    let script =
        "old=$(cat out/0); echo | say ready; while [ -e alive ] && [ \"$(cat out/0)\" = \"$old\" ]; do :; done; exit 5";
    let program = stage.start(&[], script);
    stage.said("ready");
    let old = fs::read_to_string(stage.path("out/0")).unwrap();
    stage.put_key("a", "another");
    let ended = program.ended();
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    let read = |number: usize| fs::read_to_string(stage.path(&format!("out/{number}"))).unwrap();
    let first = read(0);
    assert_ne!(first, old);
    assert!((1..OUTPUTS).all(|number| read(number) == first), "{}", ended.stderr);
    stage.clean(&ended);
}

#[test]
fn a_token_that_is_still_fresh_costs_no_request() {
    let mut stage = Stage::with(&["a"]);
    for _ in 0..3 {
        let ended = stage.start(&[], "exit 4").ended();
        assert_eq!(ended.code, Some(4), "{}", ended.stderr);
        stage.clean(&ended);
    }
    assert_eq!(stage.sandbox.counters().exchanges, 1);
}

#[test]
fn what_is_not_there_is_127() {
    let mut stage = Stage::with(&["a"]);
    stage.program("script", "#!/no/such/interpreter\n");
    for program in ["no-such-program", "./no-such-program", "", "./script"] {
        let ended = Program::start(&mut stage.exec(&[], [program])).ended();
        assert_eq!(ended.code, Some(127), "{program}: {}", ended.stderr);
        let said = format!("error: cannot start `{program}`: there is no such program; ");
        assert!(ended.stderr.contains(&said), "{}", ended.stderr);
        stage.clean(&ended);
    }
}

#[test]
fn what_cannot_be_run_is_126() {
    let mut stage = Stage::with(&["a"]);
    fs::write(stage.path("plain"), "echo\n").unwrap();
    stage.program("foreign", "\x7fELF of another kind\n");
    for (program, why) in [
        ("./plain", "permission denied; make it executable"),
        ("./out", "permission denied; make it executable"),
        ("./foreign", "it is not a program for this machine"),
        ("./plain/app", "check that it runs without tokenwell"),
    ] {
        let ended = Program::start(&mut stage.exec(&[], [program])).ended();
        assert_eq!(ended.code, Some(126), "{program}: {}", ended.stderr);
        assert!(ended.stderr.contains(&format!("error: cannot start `{program}`: ")), "{}", ended.stderr);
        assert!(ended.stderr.contains(why), "{}", ended.stderr);
        stage.clean(&ended);
    }
}

#[test]
fn a_wrong_command_line_is_2_and_says_what_to_write() {
    let mut stage = Stage::with(&["a", "b"]);
    for (flags, remedy) in [
        (&["--token-env", "T=a"][..], "add `--on-rotation restart`"),
        (&["--token-env", "T=a", "--on-rotation", "HUP"], "add `--on-rotation restart`"),
        (&["--token-env", "T", "--on-rotation", "restart"], "write `T=` and one of a, b"),
        (&["--token-env", "T=c", "--on-rotation", "restart"], "there is no such credential; the credentials are: a, b"),
        (
            &["--token-env", "T=a", "--token-env", "T=b", "--on-rotation", "restart"],
            "`--token-env` names `T` twice; leave one out",
        ),
        (&["--token-env", "2T", "--on-rotation", "restart"], "write `NAME` or `NAME=CREDENTIAL`"),
        (&["--on-rotation", "KILL"], "write `nothing`, `restart` or the name of a signal"),
        (&["--grace", "10"], "it has no unit"),
    ] {
        let ended = stage.start(flags, "echo | say started").ended();
        assert_eq!(ended.code, Some(2), "{flags:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(remedy), "{}", ended.stderr);
        stage.clean(&ended);
    }
    let key = format!("K2{}", "aB3dEfGh1JkLmN0pQrStUvWxYz".repeat(2));
    stage.leaks.key(&key);
    let flags = ["--on-rotation", "restart", "--token-env", &format!("T={key}")];
    let ended = stage.start(&flags, "echo | say started").ended();
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    stage.clean(&ended);
    let ended = Program::start(&mut stage.exec(&[], [""; 0])).ended();
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(!stage.is_said("started"));
}

/// Writing them takes a while, but less than the limit for the last writes at a stop, even on a slow machine.
const OUTPUTS: usize = 60;
