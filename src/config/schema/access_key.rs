//! The fields of an access key.

use super::{Entry, form};

/// The field that names its file.
pub(super) fn file() -> Entry {
    Entry::new(
        "accessKeyFile",
        form::file(),
        "The file that holds the access key and nothing else. It is read anew for every exchange, and watched: a new key \
         is used at once.",
    )
    .needed()
}

/// The field that names the folder of many.
pub(super) fn folder() -> Entry {
    Entry::new(
        "accessKeyDirectory",
        form::folder(),
        "The folder. Every file in it is an access key, but for names that begin with `.`; the name of a file has to be a \
         legal name of a credential.",
    )
    .needed()
}

/// The fields that say what is asked for with it.
pub(super) fn login_options() -> [Entry; 2] {
    [
        Entry::new(
            "customClaims",
            form::custom_claims(),
            "Claims to ask for at the exchange. They land in the claim `nsec` of the session.",
        ),
        Entry::new(
            "selectedTenant",
            form::words_of_any_kind("A text"),
            "The id of the tenant that the session is for.",
        ),
    ]
}
