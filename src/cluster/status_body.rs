//! The object `Status` in a reply that refuses a call.

use serde::Deserialize;

/// A `Status`, as far as it matters. Every member may be absent.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatusBody {
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    details: Option<Details>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    causes: Option<Vec<Cause>>,
    #[serde(default)]
    retry_after_seconds: Option<i64>,
}

/// One cause of a refusal.
#[derive(Deserialize)]
pub(super) struct Cause {
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    field: Option<String>,
}

impl StatusBody {
    /// Reads the body of a reply; `None` if it is no `Status`, as a page of a proxy.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let status: Self = serde_json::from_slice(body).ok()?;
        (status.kind.as_deref() == Some("Status")).then_some(status)
    }

    /// Returns the message, which may be empty.
    pub(super) fn message(&self) -> &str {
        self.message.as_deref().unwrap_or_default()
    }

    /// Returns the resource of the object that the refusal is about, such as `secrets`.
    pub(super) fn about(&self) -> &str {
        self.details.as_ref().and_then(|details| details.kind.as_deref()).unwrap_or_default()
    }

    /// Returns the causes.
    pub(super) fn causes(&self) -> &[Cause] {
        self.details.as_ref().and_then(|details| details.causes.as_deref()).unwrap_or_default()
    }

    /// Returns how many seconds to wait, if it says so.
    pub(super) fn retry_after_seconds(&self) -> Option<u64> {
        let seconds = self.details.as_ref()?.retry_after_seconds?;
        u64::try_from(seconds).ok().filter(|seconds| *seconds > 0)
    }
}

impl Cause {
    /// Returns the reason, such as `FieldManagerConflict`.
    pub(super) fn reason(&self) -> &str {
        self.reason.as_deref().unwrap_or_default()
    }

    /// Returns the message.
    pub(super) fn message(&self) -> &str {
        self.message.as_deref().unwrap_or_default()
    }

    /// Returns the field, such as `.data.token`.
    pub(super) fn field(&self) -> &str {
        self.field.as_deref().unwrap_or_default()
    }
}
