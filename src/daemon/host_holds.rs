//! Which credential's refusal makes a host hold back all the others.

use std::collections::BTreeMap;

use crate::renewal::OriginId;

/// The last refusal of each host that asked for fewer requests. Bounded by the hosts that configurations name.
#[derive(Debug, Default)]
pub(super) struct HostHolds(BTreeMap<OriginId, HostHold>);

/// A request of a host to wait.
#[derive(Clone, PartialEq, Eq, Debug)]
struct HostHold {
    /// The credential whose exchange was refused.
    credential: String,
    message: String,
}

impl HostHolds {
    /// Notes that a host asked for fewer requests when it refused an exchange of this credential.
    pub(super) fn note(&mut self, origin: OriginId, credential: &str, message: &str) {
        let hold = HostHold { credential: credential.to_owned(), message: message.to_owned() };
        self.0.insert(origin, hold);
    }

    /// Why another credential of this host waits, in one line.
    pub(super) fn why(&self, origin: OriginId, waiting: &str) -> Option<String> {
        let HostHold { credential, message } = self.0.get(&origin).filter(|hold| hold.credential != waiting)?;
        Some(format!("its host asked for fewer requests when it refused `{credential}`: {message}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_holds_back_the_others_by_its_last_refusal() {
        let mut holds = HostHolds::default();
        holds.note(OriginId(1), "a", "HTTP 429");
        holds.note(OriginId(1), "b", "HTTP 503");
        let why = holds.why(OriginId(1), "a").unwrap();
        assert_eq!(why, "its host asked for fewer requests when it refused `b`: HTTP 503");
        assert_eq!((holds.why(OriginId(1), "b"), holds.why(OriginId(2), "a")), (None, None));
    }
}
