//! The names by which Tokenwell marks what it has written.

/// Returns the field manager of a credential. Each credential has its own, so that several share a Secret, and the one that
/// writes leaves the keys of the others alone.
pub fn field_manager_of(credential: &str) -> String {
    let name = format!("{MANAGED_BY}-{credential}");
    name.chars().take(FIELD_MANAGER_CHARS_MAX).collect()
}

/// Returns the name of the annotation that holds a credential's record.
pub fn annotation_of(credential: &str) -> String {
    format!("{ANNOTATION_PREFIX}{credential}")
}

/// The beginning of all annotations of Tokenwell.
pub const ANNOTATION_PREFIX: &str = "tokenwell.dev/";
/// The label that names the program which manages an object.
pub const MANAGED_BY_LABEL: &str = "app.kubernetes.io/managed-by";
/// Its value for what Tokenwell writes.
pub const MANAGED_BY: &str = "tokenwell";
/// The longest name of a field manager that the API server accepts. Names of credentials are shorter: 63 characters of ASCII.
const FIELD_MANAGER_CHARS_MAX: usize = 128;
