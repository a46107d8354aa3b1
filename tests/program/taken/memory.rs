//! Without memory the process ends; the token files stay whole, and the next start makes no request for them.

use std::fs;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

use crate::{program::Program, setting::Setting};

#[test]
fn a_process_that_gets_no_memory_leaves_whole_tokens() {
    let mut setting = Setting::new();
    let key = setting.put_key("a", "a");
    let [keys, out] = ["keys", "out"].map(|name| setting.path(name));
    setting.configure(&format!(
        "credentialsFrom: [{{accessKeyDirectory: {}, outputs: [{{path: '{}/{{name}}.jwt'}}]}}]\n",
        keys.display(),
        out.display()
    ));
    let program = setting.ready();
    let token = setting.token("a").unwrap();
    forbid_growth(&program);
    for number in 0..CREDENTIALS {
        fs::write(keys.join(format!("more-{number}")), key.expose()).unwrap();
    }
    let ended = program.ended();
    assert_eq!(ended.code, None, "a signal ends it: {}", ended.stderr);
    assert_eq!(setting.token("a").unwrap(), token);

    for number in 0..CREDENTIALS {
        fs::remove_file(keys.join(format!("more-{number}"))).unwrap();
    }
    let asked = setting.sandbox.counters().exchanges;
    let ended = setting.ready().stop();
    assert_eq!(setting.token("a").unwrap(), token);
    assert_eq!(setting.sandbox.counters().exchanges, asked, "the next start makes no request");
    setting.clean(&ended);
}

/// Allows no more address space than the process has.
fn forbid_growth(program: &Program) {
    let status = fs::read_to_string(format!("/proc/{}/status", program.pid())).unwrap();
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    let kilobytes: u64 = size.trim().trim_end_matches(" kB").parse().unwrap();
    let limit = Rlimit { current: Some(kilobytes * 1024), ..getrlimit(Resource::As) };
    prlimit(Pid::from_raw(program.pid().cast_signed()), Resource::As, limit).unwrap();
}

/// More than fits into the free space of a small process.
const CREDENTIALS: usize = 8000;
