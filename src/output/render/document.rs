//! The published fields of a session: the object that `json` writes, and the names for `env` and templates.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use super::{content::Content, rendered::RenderError};
use crate::session::{Jwt, ReplyField, Times};

/// A published field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// The JWT.
    Token,
    /// The type of the token: `Bearer`.
    TokenType,
    /// The credential's name.
    Credential,
    /// The project's id.
    ProjectId,
    /// The access key's id, if the server sent it.
    KeyId,
    /// `sub` of the JWT, if it has one.
    Subject,
    /// When the session was issued, as text: RFC 3339 in whole seconds, like all times as text.
    IssuedAt,
    /// When the session expires, as text.
    ExpiresAt,
    /// When the session will be renewed, as text.
    RenewAt,
    /// When the session was issued, in seconds since the Unix epoch.
    IssuedAtUnix,
    /// When the session expires, in seconds since the Unix epoch.
    ExpiresAtUnix,
    /// When the session will be renewed, in seconds since the Unix epoch.
    RenewAtUnix,
}

impl Field {
    /// Every field with its name, in the order of the JSON object.
    pub const ALL: [(&'static str, Self); 12] = [
        ("token", Self::Token),
        ("tokenType", Self::TokenType),
        ("credential", Self::Credential),
        ("projectId", Self::ProjectId),
        ("keyId", Self::KeyId),
        ("subject", Self::Subject),
        ("issuedAt", Self::IssuedAt),
        ("expiresAt", Self::ExpiresAt),
        ("renewAt", Self::RenewAt),
        ("issuedAtUnix", Self::IssuedAtUnix),
        ("expiresAtUnix", Self::ExpiresAtUnix),
        ("renewAtUnix", Self::RenewAtUnix),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| *name)
    }

    /// Its value for this session.
    pub(super) fn value<'c>(self, content: &Content<'c>) -> FieldValue<'c> {
        let Content { session, credential, project, times } = *content;
        match self {
            Self::Token => FieldValue::text(session.jwt.expose()),
            Self::TokenType => FieldValue::text(TOKEN_TYPE),
            Self::Credential => FieldValue::text(credential),
            Self::ProjectId => FieldValue::text(project),
            Self::KeyId => session.claims.key_id.as_deref().map_or(FieldValue::Nothing, FieldValue::text),
            Self::Subject => session.claims.subject.as_deref().map_or(FieldValue::Nothing, FieldValue::text),
            Self::IssuedAt => FieldValue::time(times.issued_at),
            Self::ExpiresAt => FieldValue::time(times.expires_at),
            Self::RenewAt => FieldValue::time(times.renew_at),
            Self::IssuedAtUnix => FieldValue::Number(since_epoch(times.issued_at).as_secs()),
            Self::ExpiresAtUnix => FieldValue::Number(since_epoch(times.expires_at).as_secs()),
            Self::RenewAtUnix => FieldValue::Number(since_epoch(times.renew_at).as_secs()),
        }
    }

    /// Its sample value, with which a template is tried before there is a session.
    fn sample(self) -> FieldValue<'static> {
        let Times { issued_at, expires_at, renew_at } = sample_times();
        match self {
            Self::Token => FieldValue::text(SAMPLE_TOKEN),
            Self::TokenType => FieldValue::text(TOKEN_TYPE),
            Self::Credential => FieldValue::text("sample"),
            Self::ProjectId => FieldValue::text("P2sample"),
            Self::KeyId | Self::Subject => FieldValue::text("K2sample"),
            Self::IssuedAt => FieldValue::time(issued_at),
            Self::ExpiresAt => FieldValue::time(expires_at),
            Self::RenewAt => FieldValue::time(renew_at),
            Self::IssuedAtUnix => FieldValue::Number(since_epoch(issued_at).as_secs()),
            Self::ExpiresAtUnix => FieldValue::Number(since_epoch(expires_at).as_secs()),
            Self::RenewAtUnix => FieldValue::Number(since_epoch(renew_at).as_secs()),
        }
    }

    /// Another sample value, if sessions of one credential differ in it.
    fn other_sample(self, time: SystemTime) -> FieldValue<'static> {
        match self {
            Self::Token => FieldValue::text("Another.later.token-of-it"),
            Self::IssuedAt | Self::ExpiresAt | Self::RenewAt => FieldValue::time(time),
            Self::IssuedAtUnix | Self::ExpiresAtUnix | Self::RenewAtUnix => {
                FieldValue::Number(since_epoch(time).as_secs())
            }
            Self::TokenType | Self::Credential | Self::ProjectId | Self::KeyId | Self::Subject => self.sample(),
        }
    }

    /// Whether each session of a credential has a value of its own.
    pub(super) fn differs_by_session(self) -> bool {
        match self {
            Self::Token
            | Self::IssuedAt
            | Self::ExpiresAt
            | Self::RenewAt
            | Self::IssuedAtUnix
            | Self::ExpiresAtUnix
            | Self::RenewAtUnix => true,
            Self::TokenType | Self::Credential | Self::ProjectId | Self::KeyId | Self::Subject => false,
        }
    }
}

/// The token of the sample.
pub(super) const SAMPLE_TOKEN: &str = "header.claims.signature";

/// Times of a session of ten minutes, so that arithmetic with a sample is like that with a session.
fn sample_times() -> Times {
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(SAMPLE_ISSUED_AT + seconds);
    Times { issued_at: at(0), expires_at: at(600), renew_at: at(400) }
}

/// The value of a field.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum FieldValue<'c> {
    Text(Cow<'c, str>),
    Number(u64),
    Nothing,
}

impl<'c> FieldValue<'c> {
    fn text(text: &'c str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    fn time(time: SystemTime) -> Self {
        Self::Text(humantime::format_rfc3339_seconds(UNIX_EPOCH + since_epoch(time)).to_string().into())
    }
}

/// Claims of a JWT by name.
pub(super) type AllClaims = Map<String, Value>;

/// All claims of the JWT.
pub(super) fn all_claims(content: &Content<'_>) -> Result<AllClaims, RenderError> {
    let jwt = Jwt::parse(content.session.jwt.expose()).ok();
    jwt.map(|jwt| jwt.all_claims()).ok_or(RenderError::Claims)
}

/// The chosen claims of the JWT, as far as it has them. One of them that cannot be represented is an error.
pub(super) fn chosen_claims(
    content: &Content<'_>,
    chosen: &BTreeSet<String>,
) -> Result<Option<AllClaims>, RenderError> {
    if chosen.is_empty() {
        return Ok(None);
    }
    let jwt = Jwt::parse(content.session.jwt.expose()).map_err(|_| RenderError::Claims)?;
    if chosen.iter().any(|name| jwt.has_unreadable_claim(name)) {
        return Err(RenderError::Claims);
    }
    let mut claims = jwt.all_claims();
    claims.retain(|name, _| chosen.contains(name));
    Ok(Some(claims))
}

/// The chosen fields of the reply by name; `None` if none is chosen. A field that the reply lacks is empty.
pub(super) fn reply_fields(content: &Content<'_>, chosen: &BTreeSet<ReplyField>) -> Option<Map<String, Value>> {
    by_name(chosen, |field| content.session.fields.value(field))
}

fn by_name(chosen: &BTreeSet<ReplyField>, value: impl Fn(ReplyField) -> Value) -> Option<Map<String, Value>> {
    let named = |field: &ReplyField| (field.name().to_owned(), value(*field));
    if chosen.is_empty() { None } else { Some(chosen.iter().map(named).collect()) }
}

/// All published fields, as an object.
pub(super) struct Document<'c> {
    fields: Vec<(&'static str, FieldValue<'c>)>,
    claims: Option<AllClaims>,
    reply: Option<Map<String, Value>>,
}

impl<'c> Document<'c> {
    pub(super) fn of(content: &Content<'c>, claims: Option<AllClaims>, reply: Option<Map<String, Value>>) -> Self {
        Self { fields: Field::ALL.map(|(name, field)| (name, field.value(content))).into(), claims, reply }
    }

    /// A sample with every field set.
    pub(super) fn sample(chosen: &BTreeSet<ReplyField>) -> Document<'static> {
        let fields = Field::ALL.map(|(name, field)| (name, field.sample())).into();
        Document { fields, claims: None, reply: by_name(chosen, ReplyField::sample) }
    }

    /// Samples of other sessions of the same credential, one long before and one long after it.
    pub(super) fn other_samples() -> [Document<'static>; 2] {
        [UNIX_EPOCH, UNIX_EPOCH + END_OF_CALENDAR].map(|time| {
            let fields = Field::ALL.map(|(name, field)| (name, field.other_sample(time))).into();
            Document { fields, claims: None, reply: None }
        })
    }

    /// A sample with only the fields that are always set.
    pub(super) fn bare_sample(chosen: &BTreeSet<ReplyField>) -> Document<'static> {
        let fields = Field::ALL.map(|(name, field)| match field {
            Field::KeyId | Field::Subject => (name, FieldValue::Nothing),
            _ => (name, field.sample()),
        });
        Document { fields: fields.into(), claims: Some(Map::new()), reply: by_name(chosen, ReplyField::empty) }
    }
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        for (name, value) in &self.fields {
            object.serialize_entry(name, value)?;
        }
        if let Some(claims) = &self.claims {
            object.serialize_entry(CLAIMS, claims)?;
        }
        if let Some(reply) = &self.reply {
            object.serialize_entry(FIELDS, reply)?;
        }
        object.end()
    }
}

/// The text of a time has four digits for the year.
fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().min(END_OF_CALENDAR)
}

/// The name of the object of claims.
pub(super) const CLAIMS: &str = "claims";
/// The name of the object of fields of the reply.
pub(super) const FIELDS: &str = "fields";
/// 2026-01-01.
const SAMPLE_ISSUED_AT: u64 = 1_767_225_600;
pub(super) const TOKEN_TYPE: &str = "Bearer";
/// The end of the year 9999.
const END_OF_CALENDAR: Duration = Duration::from_secs(253_402_300_799);
