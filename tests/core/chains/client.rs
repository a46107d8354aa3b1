//! A client with a disk, which runs the steps of an exchange and may crash after each of them.

use std::collections::HashMap;

use tokenwell::{
    fingerprint::Fingerprint,
    source::{CHAINS_MAX, ChainLink, Chains},
};

use crate::server::{Reply, Server, Token};

/// The steps after which a process may crash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    Read,
    Sent,
    Received,
    Stored,
    Judged,
    PartlyEnded,
    Ended,
}

pub(crate) const STEPS: [Step; 7] =
    [Step::Read, Step::Sent, Step::Received, Step::Stored, Step::Judged, Step::PartlyEnded, Step::Ended];

impl Step {
    /// Whether the server has replaced the token, and the disk does not have the new one.
    pub(crate) fn loses_the_reply(self) -> bool {
        matches!(self, Self::Sent | Self::Received)
    }
}

/// A crash after a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crash {
    pub(crate) at: Step,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mounted {
    Whole(Token),
    /// Missing, or cut so that it is no token.
    Missing,
}

/// How an exchange ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    Granted,
    Denied(ChainLink),
    /// Garbled, held back, nothing to send, or a crash.
    Otherwise,
}

impl Ended {
    pub(crate) fn is_granted(self) -> bool {
        self == Self::Granted
    }
}

pub(crate) struct Client {
    mounted: Mounted,
    pub(crate) disk_is_full: bool,
    pub(crate) disk_fills_during_requests: bool,
    /// The stored tokens by their mount, the oldest first.
    stored: Vec<(Fingerprint, Token)>,
    /// The notes of denials, the oldest first.
    denied: Vec<Fingerprint>,
    /// The token in memory that the disk did not take.
    unstored: Option<(Fingerprint, Token)>,
    /// The newest token of each mount that a process has received and could store.
    received: HashMap<Fingerprint, Token>,
    first: Token,
}

impl Client {
    pub(crate) fn new(mounted: Token) -> Self {
        Self {
            mounted: Mounted::Whole(mounted),
            disk_is_full: false,
            disk_fills_during_requests: false,
            stored: Vec::new(),
            denied: Vec::new(),
            unstored: None,
            received: HashMap::new(),
            first: mounted,
        }
    }

    pub(crate) fn mount(&mut self, mounted: Mounted) {
        self.mounted = mounted;
    }

    /// Mounts the token that was mounted first.
    pub(crate) fn mount_first_again(&mut self) {
        self.mount(Mounted::Whole(self.first));
    }

    pub(crate) fn chains(&self) -> Chains {
        let stored = self.stored.iter().rev().map(|(mount, _)| *mount).collect();
        Chains { stored, denied: self.denied.iter().rev().copied().collect() }
    }

    /// The token that the next exchange presents.
    pub(crate) fn presents(&self) -> Token {
        self.read().map_or(self.first, |(_, token)| token)
    }

    /// The newest token of the first mount that was received and stored.
    pub(crate) fn newest_received(&self) -> Token {
        self.received.get(&self.first.fingerprint()).copied().unwrap_or(self.first)
    }

    fn read(&self) -> Option<(ChainLink, Token)> {
        let mounted = match self.mounted {
            Mounted::Whole(token) => Some(token),
            Mounted::Missing => None,
        };
        let link = self.chains().link(mounted.map(Token::fingerprint))?;
        let token = match link {
            ChainLink::Mounted(_) => mounted?,
            ChainLink::Rotated(mount) | ChainLink::Former(mount) => {
                self.stored.iter().find(|(stored, _)| *stored == mount).map(|(_, token)| *token)?
            }
        };
        Some((link, token))
    }

    /// Exchanges until nothing is due at once: a denial is followed at once only by another mount.
    pub(crate) fn settle(&mut self, server: &mut Server, next_crash: &mut dyn FnMut() -> Option<Crash>) {
        loop {
            let Ended::Denied(link) = self.exchange(server, next_crash()) else { return };
            if self.read().is_none_or(|(next, _)| next.mount() == link.mount()) {
                return;
            }
        }
    }

    /// One exchange: the steps of `source/obtain.rs`.
    pub(crate) fn exchange(&mut self, server: &mut Server, crash: Option<Crash>) -> Ended {
        self.steps(server, crash).unwrap_or_else(|Crashed| {
            self.unstored = None;
            Ended::Otherwise
        })
    }

    fn steps(&mut self, server: &mut Server, crash: Option<Crash>) -> Result<Ended, Crashed> {
        let passed = |step| if crash.is_some_and(|crash| crash.at == step) { Err(Crashed) } else { Ok(()) };
        if self.disk_is_full {
            return Ok(Ended::Otherwise);
        }
        if let Some((mount, token)) = self.unstored.take() {
            self.store(mount, token);
        }
        let Some((link, token)) = self.read() else { return Ok(Ended::Otherwise) };
        passed(Step::Read)?;
        let reply = server.refresh(token);
        passed(Step::Sent)?;
        passed(Step::Received)?;
        if let Reply::Session { rotated: Some(rotated), .. } = reply
            && rotated != token
        {
            if self.disk_fills_during_requests {
                self.disk_is_full = true;
                self.unstored = Some((link.mount(), rotated));
                return Ok(Ended::Otherwise);
            }
            self.store(link.mount(), rotated);
        }
        passed(Step::Stored)?;
        passed(Step::Judged)?;
        match reply {
            Reply::Session { is_spoilt: true, .. } => Ok(Ended::Otherwise),
            Reply::Session { is_spoilt: false, .. } => {
                let obsolete = self.chains().obsolete_after_session(link);
                let first = Chains { stored: obsolete.stored.iter().copied().take(1).collect(), denied: Vec::new() };
                self.remove(&first);
                passed(Step::PartlyEnded)?;
                self.remove(&obsolete);
                passed(Step::Ended)?;
                Ok(Ended::Granted)
            }
            Reply::Denied => {
                if self.chains().notes_denial(link) {
                    self.denied.retain(|denied| *denied != link.mount());
                    self.denied.push(link.mount());
                    self.remove(&self.chains().surplus());
                }
                passed(Step::Ended)?;
                Ok(Ended::Denied(link))
            }
        }
    }

    fn store(&mut self, mount: Fingerprint, token: Token) {
        self.received.insert(mount, token);
        self.stored.retain(|(stored, _)| *stored != mount);
        self.stored.push((mount, token));
        self.remove(&self.chains().surplus());
    }

    fn remove(&mut self, obsolete: &Chains) {
        self.stored.retain(|(mount, _)| !obsolete.stored.contains(mount));
        self.denied.retain(|mount| !obsolete.denied.contains(mount));
    }

    /// Checks what holds after every exchange.
    pub(crate) fn check(&self, case: &str) {
        assert!(self.stored.len() <= CHAINS_MAX && self.denied.len() <= CHAINS_MAX, "{case}: unbounded");
        for (mount, token) in &self.stored {
            let newest = self.received[mount];
            assert!(!newest.is_newer_than(*token), "{case}: an older token is stored");
        }
        if let (Mounted::Whole(mounted), Some((link, token))) = (self.mounted, self.read()) {
            let is_own = link.mount() == mounted.fingerprint();
            assert!(is_own || self.denied.contains(&mounted.fingerprint()), "{case}: the mounted one is passed over");
            let newest = self.stored.iter().find(|(mount, _)| *mount == link.mount());
            assert!(newest.is_none_or(|(_, newest)| *newest == token), "{case}: an older token is presented");
        }
    }
}

/// The process has ended.
struct Crashed;
