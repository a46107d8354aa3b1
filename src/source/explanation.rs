//! What unusable content of a secret file probably is. Pure.

use super::{secret_kind::SecretKind, suspect_text::judge, unusable::Unusable};

/// Returns the error for content that is unusable: with what it probably is, if that is recognised.
pub(super) fn explained(kind: SecretKind, content: &[u8], why: Unusable) -> Unusable {
    match judge(kind, content) {
        Some(suspicion) => Unusable::SomethingElse { why: Box::new(why), suspicion },
        None => why,
    }
}
