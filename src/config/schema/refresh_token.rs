//! The fields of a refresh token.

use super::{entry::Entry, form};
use crate::{
    config::{section::refresh_token::WARN_BEFORE_BOUNDS, value::duration},
    source::WARN_BEFORE,
};

/// Describes the fields of a refresh token.
pub(super) fn one() -> [Entry; 3] {
    [
        Entry::new(
            "refreshTokenFile",
            form::file(),
            "The file that contains a refresh token of a user and nothing else. Tokens that replace it by rotation are stored \
             in the state directory. A new token in the file is used immediately.",
        ),
        Entry::new(
            "externalTokenFile",
            form::file(),
            "The file that contains a token of another identity provider, which is sent with every refresh.",
        ),
        Entry::new(
            "refreshWarnBefore",
            form::duration(&WARN_BEFORE_BOUNDS),
            "How long before the end of the refresh token a warning is logged and the status shows a remedy.",
        )
        .default(duration::short(WARN_BEFORE)),
    ]
}
