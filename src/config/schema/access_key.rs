//! The fields of an access key.

use super::{entry::Entry, form};

/// Describes the fields of one access key.
pub(super) fn one() -> Vec<Entry> {
    let file = Entry::new(
        "accessKeyFile",
        form::file(),
        "The file that contains the access key and nothing else. It is read before every exchange, and watched: a new key \
         is used immediately.",
    );
    [file].into_iter().chain(options()).collect()
}

/// Describes the field for a folder of access keys.
pub(super) fn folder() -> Entry {
    Entry::new(
        "accessKeyDirectory",
        form::folder(),
        "The folder. Every file in it is an access key, except names that begin with `.`. Each file name must be a legal \
         credential name, unless `rename` gives another one.",
    )
    .required()
}

/// Describes which files of a folder are keys.
pub(super) fn selection() -> [Entry; 3] {
    [
        Entry::new("include", form::file_patterns(), "The files that are keys.").fallback("every file"),
        Entry::new("exclude", form::file_patterns(), "Files that are no keys, even if `include` matches them.")
            .fallback("none"),
        Entry::new(
            "rename",
            form::file_names_to_names(),
            "Names of credentials, for files that should not be named after themselves.",
        ),
    ]
}

/// Describes what is the same for each key of a folder.
pub(super) fn options() -> [Entry; 3] {
    [
        Entry::new(
            "authManagementKeyFile",
            form::file(),
            "The file that contains an auth management key, for projects whose authentication endpoints are closed to \
             anonymous calls. It is sent as the third part of the bearer.",
        ),
        Entry::new(
            "customClaims",
            form::custom_claims(),
            "Claims to request in the exchange. They appear in the session's claim `nsec`.",
        ),
        Entry::new("selectedTenant", form::any_text("A text"), "The id of the tenant that the session is for."),
    ]
}
