//! A template and the claims of the session that it is filled in with, with a line of `---` between them.

use std::{fs, time::Duration};

use tokenwell::{
    output::{
        self, Content, Format, Locks, Output, ProtectedKeys, RENDERED_BYTES_MAX, TEMPLATE_BYTES_MAX, Template,
        TemplateMistake, WriteError,
    },
    renewal::Grant,
    secret::Secret,
    session::{Claims, ReplyField, ReplyFields, Session, Times},
};

use super::{
    Judged,
    base64url::encoded,
    text::{assert_one_line, parts},
    world::{NOON, PROJECT, at, folder},
};

/// Checks what is made of a template.
pub fn check(input: &[u8]) -> Judged {
    let [template, claims] = parts(input);
    let Ok(template) = str::from_utf8(template) else { return Judged::Ignored };
    let fields = template.contains("fields").then_some(FIELDS).into_iter().flatten().collect();
    match Template::with_fields(template, None, fields) {
        Err(mistakes) => {
            assert_reported(&mistakes, template);
            Judged::Refused
        }
        Ok(parsed) => {
            assert!(parsed.len() <= TEMPLATE_BYTES_MAX);
            assert!(!template.contains("CANARY") || !format!("{parsed:?}").contains("CANARY"));
            let claims = if claims.is_empty() { b"{}" } else { claims };
            let token = format!("{}.{}.c2lnbmF0dXJl", encoded(br#"{"alg":"RS256","kid":"SK1"}"#), encoded(claims));
            let session = session(&token);
            let first = rendered(&parsed, &session);
            assert_eq!(first, rendered(&parsed, &session), "the same session is written in the same way");
            match first {
                Ok(content) => {
                    assert!(content.len() <= RENDERED_BYTES_MAX && !content.trim_ascii().is_empty());
                }
                Err(message) => {
                    assert_one_line(&message, 1024);
                    assert!(!message.contains(&token) && !message.contains("CANARY"), "{message}");
                    let depends = ["claims", "fields", "subject", "keyId"].iter().any(|name| template.contains(name));
                    let is_long = message.contains("longer than");
                    assert!(depends || is_long, "it was accepted, and fails for every session: {message}");
                }
            }
            Judged::Accepted
        }
    }
}

fn session(token: &str) -> Session {
    let fields = br#"{"user":{"userId":"U2a","userTenants":[{"tenantId":"T2a","roleNames":["r"]}]}}"#;
    Session {
        jwt: Secret::new(token.to_owned()),
        grant: Grant { lifetime: Duration::from_secs(600), refresh_after: None },
        claims: Claims::of_token(token, Some("K2key")),
        fields: ReplyFields::read(fields, &FIELDS.into()),
    }
}

/// Returns the bytes of the file, or the message of the error.
fn rendered(template: &Template, session: &Session) -> Result<Vec<u8>, String> {
    let folder = folder();
    let path = folder.path().join("token");
    let output = Output { format: Format::Template(template.clone()), ..Output::at(path.clone()) };
    let times = Times { issued_at: at(NOON), expires_at: at(NOON + 600), renew_at: at(NOON + 400) };
    let content = Content { session, credential: "app", project: PROJECT, times };
    let locks = Locks::default();
    let mut results = output::publish(&[output], &[], &content, &locks, &ProtectedKeys::default());
    match results.remove(0) {
        Ok(_) => Ok(fs::read(path).unwrap()),
        Err(WriteError::Unrendered { why, .. }) => Err(why.to_string()),
        Err(other) => panic!("{other}"),
    }
}

fn assert_reported(mistakes: &[TemplateMistake], template: &str) {
    assert!(!mistakes.is_empty());
    let lines = template.matches('\n').count() + 1;
    for mistake in mistakes {
        if let TemplateMistake::UnknownName { line, name: text }
        | TemplateMistake::OtherField { line, name: text }
        | TemplateMistake::Broken { line, why: text }
        | TemplateMistake::UnknownWord { line, name: text, .. }
        | TemplateMistake::NoParts { line, part: text, .. } = mistake
        {
            assert!((1..=lines).contains(line) && !text.is_empty(), "{mistake:?}");
        }
    }
}

/// The fields of the reply that a template may name.
const FIELDS: [ReplyField; 3] = [ReplyField::UserId, ReplyField::User, ReplyField::Tenants];
