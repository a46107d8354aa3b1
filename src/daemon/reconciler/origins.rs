//! The numbers by which the core knows the origins that credentials send requests to.

use crate::{exchange::Origin, renewal::OriginId};

/// The origins that have a number. Bounded by the origins that configurations name.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Origins(Vec<(Origin, OriginId)>);

impl Origins {
    /// The number of an origin. An origin without one gets the next.
    pub(in crate::daemon) fn number(&mut self, origin: Origin) -> OriginId {
        if let Some((_, id)) = self.0.iter().find(|(known, _)| *known == origin) {
            return *id;
        }
        let id = OriginId(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        self.0.push((origin, id));
        id
    }

    /// The members of one origin send their requests to another from now on: it takes over the number.
    pub(in crate::daemon) fn replace(&mut self, before: &Origin, after: Origin) {
        if let Some((known, _)) = self.0.iter_mut().find(|(known, _)| known == before) {
            *known = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::BaseUrl;

    fn origin(url: &str) -> Origin {
        BaseUrl::parse(url, false).unwrap().origin()
    }

    #[test]
    fn each_origin_has_a_number_of_its_own() {
        let mut origins = Origins::default();
        let first = origins.number(origin("https://one.example"));
        let second = origins.number(origin("https://two.example"));
        assert_ne!(first, second);
        assert_eq!(origins.number(origin("https://one.example/path")), first, "the same scheme, host and port");
        assert_ne!(origins.number(origin("https://one.example:8443")), first, "another port");
    }

    #[test]
    fn a_replaced_origin_keeps_the_number_of_its_members() {
        let mut origins = Origins::default();
        let (before, after) = (origin("https://one.example"), origin("https://two.example"));
        let id = origins.number(before.clone());
        origins.replace(&before, after.clone());
        assert_eq!(origins.number(after), id);
        assert_ne!(origins.number(before), id, "the old origin is a new one, should it return");
    }
}
