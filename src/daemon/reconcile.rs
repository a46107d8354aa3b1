//! Who is kept fresh: what the configuration and the key folders want.

/// What a key folder holds, as far as is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    pub(super) seen: bool,
    pub(super) names: Vec<String>,
    /// Why it cannot be listed now.
    pub(super) trouble: Option<String>,
}

/// What a change of the members came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Reconciled {
    pub(super) added: usize,
    pub(super) changed: usize,
    pub(super) removed: usize,
}
