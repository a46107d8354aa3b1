//! Runs a program under `tokenwell exec`: a setting, and a way to hold the program and release it.

use std::{
    ffi::OsStr,
    fs,
    ops::{Deref, DerefMut},
    process::Command,
};

use crate::{
    program::{Program, tokenwell, within},
    setting::Setting,
    skipped,
};

pub(crate) struct Stage(Setting);

impl Stage {
    pub(crate) fn with(names: &[&str]) -> Self {
        let setting = Setting::with(names);
        fs::write(setting.path("alive"), "").unwrap();
        Self(setting)
    }

    /// `tokenwell exec` with these flags and this program, in the test's folder.
    pub(crate) fn exec<A: AsRef<OsStr>>(&self, flags: &[&str], program: impl IntoIterator<Item = A>) -> Command {
        let mut command = tokenwell(["exec", "--config"]);
        command.arg(self.path("tokenwell.yaml")).args(flags).arg("--").args(program);
        command.current_dir(self.path("")).env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command
    }

    /// The same with a script, which can use the commands of [`PRELUDE`].
    pub(crate) fn script(&self, flags: &[&str], script: &str) -> Command {
        self.exec(flags, ["sh", "-c", &format!("{PRELUDE}\n{script}")])
    }

    pub(crate) fn start(&self, flags: &[&str], script: &str) -> Program {
        Program::start(&mut self.script(flags, script))
    }

    /// Makes an executable file. A separate process writes it: a file that is open for writing here while another test forks
    /// cannot be executed.
    pub(crate) fn program(&self, name: &str, text: &str) {
        self.put("text", text);
        let mut install = Command::new("/usr/bin/install");
        install.args(["-m", "755"]).args([self.path("text"), self.path(name)]);
        assert!(install.status().unwrap().success());
    }

    /// Waits for the text that the program wrote with `say`.
    pub(crate) fn said(&self, name: &str) -> String {
        self.until_said(name, 1)
    }

    /// Waits until the program has written that many lines under that name, and returns them.
    pub(crate) fn until_said(&self, name: &str, lines: usize) -> String {
        let path = self.path(name);
        let said = || fs::read_to_string(&path).ok().filter(|text| text.matches('\n').count() >= lines);
        within(&format!("{lines} lines of `{name}`"), said).trim_end().to_owned()
    }

    pub(crate) fn is_said(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Releases one `hang`.
    pub(crate) fn let_go(&self) {
        fs::write(self.path("go"), "").unwrap();
    }
}

/// Whether INT and QUIT would reach a program. They do not if the tests run in the background of a shell without job
/// control, because such a shell makes its children ignore them.
pub(crate) fn heeds_ctrl_c() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    let heeds = u64::from_str_radix(ignored.trim(), 16).unwrap() & 0b110 == 0;
    if !heeds {
        skipped::on_this_machine("the tests were started with INT or QUIT ignored, and their children inherit that");
    }
    heeds
}

impl Deref for Stage {
    type Target = Setting;

    fn deref(&self) -> &Setting {
        &self.0
    }
}

impl DerefMut for Stage {
    fn deref_mut(&mut self) -> &mut Setting {
        &mut self.0
    }
}

/// `say NAME` appends standard input at once as one line to a file. `hang` waits forever or until it is released, but no
/// longer than the test. It polls, because a shell that waits for a reader would miss a signal that arrives just before.
pub(crate) const PRELUDE: &str = "
say() { text=$(cat); printf '%s\\n' \"$text\" >> \"$1\"; }
hang() { while [ -e alive ]; do [ -e go ] && rm go && return; sleep 0.02; done; }
";
