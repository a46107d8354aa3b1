//! The types of the fields of a reply.

use serde_json::{Map, Value, json};

/// The type of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    Text,
    /// A whole number, which may arrive as a text of digits.
    Number,
    Flag,
    /// A list of texts.
    Texts,
    /// An object of flags.
    Flags,
    /// An object with any content.
    Object,
    /// A flag in Descope's API reference, and an object in its Go SDK.
    FlagOrObject,
    /// The tenants of a user.
    Tenants,
    /// The answer of another identity provider.
    IdpResponse,
    /// A user. [`super::reply_fields`] reads its fields one by one.
    User,
}

impl Shape {
    /// Returns the value of a field that is absent, null, zero or empty.
    pub(super) fn empty(self) -> Value {
        match self {
            Self::Text => "".into(),
            Self::Number => 0.into(),
            Self::Flag | Self::FlagOrObject => false.into(),
            Self::Texts | Self::Tenants => json!([]),
            Self::Flags | Self::Object | Self::IdpResponse | Self::User => json!({}),
        }
    }

    /// Returns a value that is not empty, with every field of known name.
    pub(super) fn sample(self) -> Value {
        match self {
            Self::Text => "sample".into(),
            Self::Number => 1.into(),
            Self::Flag | Self::FlagOrObject => true.into(),
            Self::Texts => json!(["sample"]),
            Self::Flags => json!({"sample": true}),
            Self::Tenants => json!([sample_of(&TENANT)]),
            Self::IdpResponse => sample_of(&IDP_RESPONSE),
            Self::Object | Self::User => json!({"sample": "sample"}),
        }
    }

    /// Whether the names in it are not known beforehand.
    pub(super) fn is_open(self) -> bool {
        match self {
            Self::Text | Self::Number | Self::Flag | Self::Texts => false,
            // The last three have all their names in a sample, but not in every reply.
            Self::Flags | Self::Object | Self::FlagOrObject | Self::Tenants | Self::IdpResponse | Self::User => true,
        }
    }

    /// Returns the value if it has this type. Fields of objects that are unknown or have another type are left out.
    pub(super) fn accepted(self, value: Value) -> Option<Value> {
        match (self, value) {
            (Self::Text, text @ Value::String(_)) => Some(text),
            (Self::Number, number) => whole(&number).map(Value::from),
            (Self::Flag | Self::FlagOrObject, flag @ Value::Bool(_)) => Some(flag),
            (Self::Texts, Value::Array(list)) => list.iter().all(Value::is_string).then_some(Value::Array(list)),
            (Self::Flags, Value::Object(mut flags)) => {
                flags.retain(|_, flag| flag.is_boolean());
                Some(Value::Object(flags))
            }
            (Self::Object | Self::FlagOrObject | Self::User, object @ Value::Object(_)) => Some(object),
            (Self::Tenants, Value::Array(list)) => {
                let tenants: Option<Vec<_>> = list.into_iter().map(|tenant| record(tenant, &TENANT)).collect();
                tenants.map(Value::Array)
            }
            (Self::IdpResponse, response) => record(response, &IDP_RESPONSE),
            (
                Self::Text
                | Self::Flag
                | Self::FlagOrObject
                | Self::Texts
                | Self::Flags
                | Self::Object
                | Self::Tenants
                | Self::User,
                _,
            ) => None,
        }
    }
}

type Record = [(&'static str, Shape)];

fn record(value: Value, known: &Record) -> Option<Value> {
    let Value::Object(mut fields) = value else { return None };
    let accepted =
        known.iter().filter_map(|(name, shape)| Some(((*name).to_owned(), shape.accepted(fields.remove(*name)?)?)));
    Some(Value::Object(accepted.collect()))
}

fn sample_of(known: &Record) -> Value {
    let sample: Map<String, Value> = known.iter().map(|(name, shape)| ((*name).to_owned(), shape.sample())).collect();
    Value::Object(sample)
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(exact)),
        Value::String(text) => text.parse().ok().filter(|_| !text.starts_with('+')),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Returns a number that is whole and small enough to be exact.
#[expect(clippy::cast_possible_truncation, reason = "the number is whole and in bounds")]
fn exact(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= EXACT_MAX).then_some(number as i64)
}

const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
const TENANT: [(&str, Shape); 4] = [
    ("tenantId", Shape::Text),
    ("tenantName", Shape::Text),
    ("roleNames", Shape::Texts),
    ("permissions", Shape::Texts),
];
const IDP_RESPONSE: [(&str, Shape); 9] = [
    ("samlResponse", Shape::Text),
    ("samlGeneratedUser", Shape::Text),
    ("samlGeneratedRoles", Shape::Text),
    ("oidcResponse", Shape::Text),
    ("oidcGeneratedUser", Shape::Text),
    ("oidcGeneratedRoles", Shape::Text),
    ("idpGroups", Shape::Texts),
    ("idpSAMLAttributes", Shape::FlagOrObject),
    ("idpOIDCClaims", Shape::Object),
];
