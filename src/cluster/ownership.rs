//! Whether a credential may write its keys into a Secret that may have been there before. Pure.

use std::{collections::BTreeSet, fmt};

use super::{
    field_manager::{MANAGED_BY, MANAGED_BY_LABEL, annotation_of, field_manager_of},
    secret_object::SecretObject,
    server_text::ServerText,
};

/// The user's decision about keys of others (`takeOver`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TakeOver {
    /// They are left alone.
    #[default]
    Refused,
    /// They are replaced.
    Allowed,
}

/// How a credential writes its keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Claim {
    /// Whether fields of other managers are taken.
    pub force: Force,
    /// What is done about the label of the managing program.
    pub label: Label,
}

/// Whether fields of other managers are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Force {
    /// They are taken.
    Yes,
    /// They are left, and the call fails.
    No,
}

/// What is done about the label `app.kubernetes.io/managed-by`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Label {
    /// It is set to `tokenwell`.
    Set,
    /// Another program has set it, as Helm does for a Secret that it creates, and may look for it.
    LeaveOther,
}

/// Fields belong to other programs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owned {
    /// The field managers of those programs; empty if they are not known.
    pub by: Vec<String>,
    /// The fields, such as `.data.token`.
    pub fields: Vec<String>,
}

/// Returns how a credential writes these keys of a Secret, if it may.
///
/// It may if its annotation is on the Secret, if the key is not there, or if it is the only owner of the key. Otherwise only the
/// user can allow it.
pub fn claim<'k>(
    current: Option<&SecretObject>,
    credential: &str,
    keys: impl IntoIterator<Item = &'k str>,
    take_over: TakeOver,
) -> Result<Claim, Owned> {
    let Some(current) = current else { return Ok(Claim { force: Force::Yes, label: Label::Set }) };
    let label = match current.labels.get(MANAGED_BY_LABEL) {
        Some(other) if other != MANAGED_BY => Label::LeaveOther,
        Some(_) | None => Label::Set,
    };
    let is_ours = current.annotations.contains_key(&annotation_of(credential));
    if is_ours || take_over == TakeOver::Allowed {
        return Ok(Claim { force: Force::Yes, label });
    }
    let own = field_manager_of(credential);
    let (mut managers, mut fields, mut has_own) = (BTreeSet::new(), Vec::new(), false);
    for key in keys.into_iter().filter(|key| current.data.contains_key(*key)) {
        let owners: BTreeSet<_> = current.owners_of(key).collect();
        if owners.iter().eq([&own.as_str()]) {
            has_own = true;
            continue;
        }
        managers.extend(owners.into_iter().filter(|owner| *owner != own).map(str::to_owned));
        fields.push(format!(".data.{key}"));
    }
    if !fields.is_empty() {
        return Err(Owned::new(managers, fields));
    }
    let force = if has_own { Force::No } else { Force::Yes };
    Ok(Claim { force, label })
}

impl Owned {
    /// Returns the fields with their managers, each once.
    pub(super) fn new(by: impl IntoIterator<Item = String>, fields: impl IntoIterator<Item = String>) -> Self {
        let once = |texts: BTreeSet<String>| texts.into_iter().take(NAMED_MAX).collect();
        Self { by: once(by.into_iter().collect()), fields: once(fields.into_iter().collect()) }
    }
}

impl fmt::Display for Owned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, fields } = self;
        let by = if by.is_empty() { "another program".to_owned() } else { quoted(by) };
        let (fields, belong) = (quoted(fields), if fields.len() == 1 { "belongs" } else { "belong" });
        write!(
            f,
            "{fields} {belong} to {by}; name another key, remove it there, or set `secret.takeOver: true` to replace it"
        )
    }
}

fn quoted(texts: &[String]) -> String {
    texts.iter().map(|text| format!("`{}`", ServerText::of(text))).collect::<Vec<_>>().join(", ")
}

/// The most managers and fields that are named.
const NAMED_MAX: usize = 8;
