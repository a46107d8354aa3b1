//! `verify` and `publicKeyFile`.

use super::{
    entry::{Entry, Form, Section},
    form,
};

/// Describes what a session must be before it is published.
pub(super) fn both() -> [Entry; 2] {
    let rules = vec![
        Entry::new(
            "audience",
            form::any_text("A text"),
            "The text that the claim `aud` is, or that its list contains.",
        ),
        Entry::new(
            "tenant",
            form::any_text("A text"),
            "The id of the tenant that the session is for: its `dct`, or one of its `tenants` if it has no `dct`.",
        ),
        Entry::new(
            "claims",
            form::custom_claims(),
            "Top-level claims with their exact values. The type counts: `1` is not `\"1\"`.",
        ),
    ];
    let rules = Section::new(
        "Rules",
        "Rules that each session must meet. A session that breaks one is refused, and the old one stays.",
        rules,
    )
    .rule("minProperties", 1.into());
    [
        Entry::new(
            "verify",
            Form::Fields(rules),
            "Rules that each session must meet. A session that breaks one is refused.",
        ),
        Entry::new(
            "publicKeyFile",
            form::file(),
            "A file with the only public keys that may sign the session: PEM, a JWK or a JWKS. The keys that the project \
             publishes are then not used.",
        ),
    ]
}
