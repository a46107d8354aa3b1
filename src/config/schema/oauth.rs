//! `oauth`.

use serde_json::json;

use super::{
    entry::{Entry, Form, Section},
    form,
};
use crate::config::section::oauth::{ASSERTION_FILE, CLIENT_AUTH, CLIENT_AUTHS, FIELD, GRANTS, LIFETIME, SECRET_FILE};

/// Describes the field `oauth`.
pub(super) fn one() -> Entry {
    Entry::new(
        FIELD,
        Form::Fields(oauth()),
        "Obtain the session as an OAuth 2.0 client, from Descope or another server.",
    )
}

fn oauth() -> Section {
    let (grants, auths) = (GRANTS.map(|(word, _)| word), CLIENT_AUTHS.map(|(word, _)| word));
    let entries = vec![
        Entry::new(
            "grant",
            form::words(&grants),
            "How tokens are obtained. `clientCredentials`: with a client secret. `jwtBearer`: with an assertion, such as a \
             projected service-account token of Kubernetes.",
        )
        .default(grants[0]),
        Entry::new(
            "tokenUrl",
            form::token_url(),
            "The token endpoint. It has its own pace, back-off and pause. Plain http is accepted for loopback only.",
        )
        .fallback("`{baseUrl}/oauth2/v1/token`"),
        Entry::new("clientId", form::any_text("A text"), "The client's id. With `grant: jwtBearer`, it is sent only if it is set.")
            .fallback("the project id, with `grant: clientCredentials`"),
        Entry::new(
            SECRET_FILE,
            form::file(),
            "With `grant: clientCredentials`: the file that contains the client secret and nothing else; for Descope, an access \
             key. A new secret is used immediately.",
        ),
        Entry::new(
            CLIENT_AUTH,
            form::words(&auths),
            "With `grant: clientCredentials`: how the client secret is sent. `basic`: in the header `Authorization`. `post`: in \
             the form.",
        )
        .default(auths[0]),
        Entry::new(
            ASSERTION_FILE,
            form::file(),
            "With `grant: jwtBearer`: the file that contains the assertion, a JWT, and nothing else. When its issuer replaces it, \
             the next request uses the new one.",
        ),
        Entry::new("scope", form::scopes(), "The requested scopes."),
        Entry::new("audience", form::any_text("A text"), "The requested audience."),
        Entry::new(
            "lifetime",
            form::duration(&LIFETIME),
            "The lifetime of a token that is not a JWT and whose reply has no `expires_in`.",
        ),
    ];
    let other = json!({"properties": {"grant": {"enum": [grants[0]]}}});
    let bearer = json!({"required": ["grant"], "properties": {"grant": {"const": grants[1]}}});
    let rules = json!([
        {"if": other, "then": {"required": [SECRET_FILE], "properties": {ASSERTION_FILE: false}}},
        {
            "if": bearer,
            "then": {"required": [ASSERTION_FILE], "properties": {SECRET_FILE: false, CLIENT_AUTH: false}},
        },
    ]);
    let about = "An OAuth 2.0 client (RFC 6749, RFC 7523).";
    Section::new("OAuth", about, entries).rule("allOf", rules)
}
