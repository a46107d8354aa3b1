//! A server that rotates refresh tokens, detects their reuse, and has a grace period.

use tokenwell::fingerprint::Fingerprint;

/// A refresh token: its family, and its number in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Token {
    family: u64,
    number: u64,
}

impl Token {
    pub(crate) fn fingerprint(self) -> Fingerprint {
        let mut bytes = self.family.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
        for (byte, other) in bytes.iter_mut().zip(self.number.to_be_bytes()) {
            *byte ^= other;
        }
        Fingerprint::new(bytes)
    }

    pub(crate) fn is_newer_than(self, other: Self) -> bool {
        self.family == other.family && self.number > other.number
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) rotates: bool,
    /// How long a replaced token is still accepted, in seconds.
    pub(crate) grace: u64,
}

/// What a reply contains beside its status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reply {
    Denied,
    Session { rotated: Option<Token>, is_spoilt: bool },
}

#[derive(Debug)]
pub(crate) struct Server {
    settings: Settings,
    families: Vec<Family>,
    pub(crate) now: u64,
    pub(crate) requests: u64,
    /// Whether its sessions are garbled.
    pub(crate) spoils_sessions: bool,
}

#[derive(Debug)]
struct Family {
    newest: u64,
    replaced_at: u64,
    is_revoked: bool,
}

impl Server {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, families: Vec::new(), now: 1_000, requests: 0, spoils_sessions: false }
    }

    /// Issues the first token of a new family.
    pub(crate) fn sign_in(&mut self) -> Token {
        self.families.push(Family { newest: 0, replaced_at: 0, is_revoked: false });
        Token { family: self.families.len() as u64 - 1, number: 0 }
    }

    /// A token that no server has issued, such as one that was cut.
    pub(crate) fn forged(seed: u64) -> Token {
        Token { family: u64::MAX, number: seed }
    }

    pub(crate) fn revoke(&mut self, token: Token) {
        if let Some(family) = self.family(token) {
            family.is_revoked = true;
        }
    }

    pub(crate) fn refresh(&mut self, token: Token) -> Reply {
        self.requests += 1;
        let (now, Settings { rotates, grace }, is_spoilt) = (self.now, self.settings, self.spoils_sessions);
        let Some(family) = self.family(token).filter(|family| !family.is_revoked) else { return Reply::Denied };
        let is_newest = token.number == family.newest;
        let is_in_grace = token.number + 1 == family.newest && now < family.replaced_at + grace;
        if !is_newest && !is_in_grace {
            family.is_revoked = true;
            return Reply::Denied;
        }
        if !rotates {
            return Reply::Session { rotated: None, is_spoilt };
        }
        if is_newest {
            family.newest += 1;
            family.replaced_at = now;
        }
        let rotated = Some(Token { number: family.newest, ..token });
        Reply::Session { rotated, is_spoilt }
    }

    fn family(&mut self, token: Token) -> Option<&mut Family> {
        self.families.get_mut(usize::try_from(token.family).ok()?)
    }
}
