//! The JSON of a request's body. Null and absent mean the same, and unknown members are ignored, as Descope does.

use serde_json::{Map, Value};

use super::descope;
use super::reply::Reply;

/// The members of a body. A wrong one is refused with what it must be, and never echoed.
pub(super) struct Members(Map<String, Value>);

impl Members {
    /// Reads a body; an empty one has no members.
    pub(super) fn of(body: &[u8]) -> Result<Self, Reply> {
        if body.is_empty() {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) | Err(_) => Err(descope::MALFORMED.reply()),
        }
    }

    pub(super) fn object(&mut self, name: &str) -> Result<Option<Map<String, Value>>, Reply> {
        self.take(name, "an object", |value| match value {
            Value::Object(members) => Some(members),
            _ => None,
        })
    }

    /// Reads an object as members.
    pub(super) fn nested(&mut self, name: &str) -> Result<Option<Self>, Reply> {
        Ok(self.object(name)?.map(Self))
    }

    /// Reads a text; an empty one counts as absent.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Reply> {
        let text = self.take(name, "a string", |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, Reply> {
        self.take(name, "true or false", |value| value.as_bool())
    }

    pub(super) fn list(&mut self, name: &str) -> Result<Option<Vec<Value>>, Reply> {
        self.take(name, "a list", |value| match value {
            Value::Array(items) => Some(items),
            _ => None,
        })
    }

    fn take<T>(&mut self, name: &str, kind: &str, read: impl FnOnce(Value) -> Option<T>) -> Result<Option<T>, Reply> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let mistake = || descope::MALFORMED.reply_because(&format!("`{name}` must be {kind}"));
                read(value).map(Some).ok_or_else(mistake)
            }
        }
    }
}
