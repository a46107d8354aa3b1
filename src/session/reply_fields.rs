//! The chosen fields of a reply with their values.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde_json::{Map, Value};

use super::{
    json_object::JsonObject,
    reply_field::{Part, ReplyField},
    reply_shape::Shape,
};

/// The chosen fields of a reply with their values. No other part of the reply is kept.
#[derive(Clone, PartialEq, Default)]
pub struct ReplyFields(BTreeMap<ReplyField, Value>);

impl ReplyFields {
    /// Returns no fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the chosen fields of a reply. A field of another type counts as absent and affects no other. The last of two
    /// equal names counts. Fields beyond [`FIELDS_BYTES_MAX`] together count as absent, in the order of [`ReplyField`].
    pub fn read(body: &[u8], chosen: &BTreeSet<ReplyField>) -> Self {
        if chosen.is_empty() {
            return Self::new();
        }
        let Ok(reply) = JsonObject::parse(body) else { return Self::new() };
        let user = reply.object("user").unwrap_or_default();
        let mut room = FIELDS_BYTES_MAX;
        let read = chosen.iter().filter_map(|field| {
            let value = match field.shape() {
                Shape::User => Some(whole_user(&user)),
                shape => {
                    let (part, name) = field.place();
                    let object = match part {
                        Part::Reply => &reply,
                        Part::User => &user,
                    };
                    shape.accepted(object.decoded(name)?)
                }
            }?;
            room = room.checked_sub(printed_bytes(&value))?;
            Some((*field, value))
        });
        Self(read.collect())
    }

    /// Returns the value of a field; if it is absent, the empty value of its type.
    pub fn value(&self, field: ReplyField) -> Value {
        self.0.get(&field).cloned().unwrap_or_else(|| field.shape().empty())
    }

    /// Returns whether no field has a value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the fields by name, for a state file.
    pub fn to_json(&self) -> Map<String, Value> {
        self.0.iter().map(|(field, value)| (field.name().to_owned(), value.clone())).collect()
    }

    /// Reads what [`Self::to_json`] returned; `None` if it has another name or type.
    pub fn from_json(json: Map<String, Value>) -> Option<Self> {
        let read = json.into_iter().map(|(name, value)| {
            let field = ReplyField::named(&name)?;
            field.shape().accepted(value).map(|value| (field, value))
        });
        read.collect::<Option<_>>().map(Self)
    }
}

/// The values may be personal data, so only the names are printed.
impl fmt::Debug for ReplyFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl ReplyField {
    /// Returns a value of its type that is not empty, to try a template with.
    pub fn sample(self) -> Value {
        match self.shape() {
            Shape::User => {
                let of_user = Self::ALL.iter().filter(|(_, field)| field.place().0 == Part::User);
                of_user.map(|(_, field)| (field.place().1.to_owned(), field.sample())).collect()
            }
            shape => shape.sample(),
        }
    }

    /// Returns the value that stands for an absent field of its type.
    pub fn empty(self) -> Value {
        self.shape().empty()
    }

    /// Whether a reply decides which names its value has.
    pub fn is_open(self) -> bool {
        self.shape().is_open()
    }
}

/// Returns the user with every known field that has its type, under the reply's own names.
fn whole_user(user: &JsonObject<'_>) -> Value {
    let of_user = ReplyField::ALL.iter().filter(|(_, field)| field.place().0 == Part::User);
    let read = of_user.filter_map(|(_, field)| {
        let (_, name) = field.place();
        let value = field.shape().accepted(user.decoded(name)?)?;
        Some((name.to_owned(), value))
    });
    Value::Object(read.collect())
}

/// Returns the size in a state file.
fn printed_bytes(value: &Value) -> usize {
    serde_json::to_string_pretty(value).map_or(usize::MAX, |text| text.len())
}

/// The largest size of all fields together in a state file, with its indentation.
pub const FIELDS_BYTES_MAX: usize = 128 * 1024;

#[cfg(test)]
mod tests;
