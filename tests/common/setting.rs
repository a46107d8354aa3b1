//! The usual start of a test (a folder and a sandbox) and the checks of its output at the end.

use std::{
    ops::{Deref, DerefMut},
    time::Duration,
};

use tokenwell::sandbox::{Counters, Sandbox, Settings};

use crate::{
    common::place::Place,
    program::{Ended, Program, run},
};

pub(crate) struct Setting {
    pub(crate) sandbox: Sandbox,
    place: Place,
}

impl Setting {
    pub(crate) fn new() -> Self {
        // The life is so long that no renewal falls due in a test that counts exchanges, however slow the machine is.
        let life = Duration::from_secs(3600);
        Self { sandbox: Sandbox::start(Settings { life, ..Settings::default() }).unwrap(), place: Place::new() }
    }

    /// A setting with keys and credentials of these names, and short intervals.
    pub(crate) fn with(names: &[&str]) -> Self {
        let mut setting = Self::new();
        for name in names {
            setting.put_key(name, name);
        }
        setting.configure(&setting.named(names));
        setting
    }

    pub(crate) fn configure(&self, rest: &str) {
        self.configure_with(QUICK, rest);
    }

    pub(crate) fn configure_with(&self, renew: &str, rest: &str) {
        self.put("tokenwell.yaml", &self.text(&format!("{renew}{rest}")));
    }

    pub(crate) fn text(&self, rest: &str) -> String {
        self.configuration(&self.sandbox.base_url(), rest)
    }

    /// Starts the daemon and waits until every token is on disk.
    pub(crate) fn ready(&self) -> Program {
        let program = Program::start(&mut run(&self.path("")));
        program.until_said("ready: every required token is on disk", 1);
        program
    }

    pub(crate) fn until(&self, what: &str, wanted: impl FnMut(&Counters) -> bool + Send + 'static) {
        let seen = self.sandbox.until_within(Duration::from_secs(30), wanted);
        assert!(seen.is_some(), "in vain: {what}; {:?}", self.sandbox.counters());
    }

    pub(crate) fn until_exchanges(&self, exchanges: u64) {
        self.until("exchanges", move |counters| counters.exchanges >= exchanges);
    }

    /// Checks that the output contains no secret, that standard output is empty, and that no temporary file is left.
    pub(crate) fn clean(&mut self, ended: &Ended) {
        self.learn_tokens();
        for said in [&ended.stdout, &ended.stderr] {
            assert_eq!(self.leaks.found_in(said), None, "in {} bytes", said.len());
        }
        assert_eq!(ended.stdout, "");
        assert!(self.litter().is_empty(), "{:?}", self.litter());
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    }
}

impl Deref for Setting {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}

impl DerefMut for Setting {
    fn deref_mut(&mut self) -> &mut Place {
        &mut self.place
    }
}

pub(crate) const QUICK: &str = "renew: {spacing: 100ms, retryFirst: 100ms, retryMax: 300ms}\n";
