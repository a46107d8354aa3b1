//! The bearer and the options of an exchange request.

use http::{HeaderMap, header};
use serde_json::{Map, Value};

use crate::secret::Secret;

/// `Authorization: Bearer <projectId>:<accessKey>`, optionally with `:<authManagementKey>`, which is ignored.
pub(super) struct Bearer {
    pub(super) project: String,
    pub(super) key: Secret,
}

impl Bearer {
    /// Returns `None` if there is no such header, or no project or key in it.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, credentials) = value.split_once(' ')?;
        let mut parts = credentials.trim().split(':');
        let (project, key) = (parts.next()?, parts.next()?);
        let sound = scheme.eq_ignore_ascii_case("bearer") && !project.is_empty() && !key.is_empty();
        sound.then(|| Self { project: project.to_owned(), key: Secret::new(key.to_owned()) })
    }
}

/// The `loginOptions` of the body.
#[derive(Default)]
pub(super) struct LoginOptions {
    pub(super) custom_claims: Option<Map<String, Value>>,
    pub(super) selected_tenant: Option<String>,
}

impl LoginOptions {
    /// Returns `None` if the body is malformed. An empty body and absent or null members mean no options. Unknown
    /// members are ignored, as Descope does (third parties send some).
    pub(super) fn of(body: &[u8]) -> Option<Self> {
        if body.is_empty() {
            return Some(Self::default());
        }
        let Ok(Value::Object(mut body)) = serde_json::from_slice(body) else { return None };
        let mut options = match body.remove("loginOptions") {
            None | Some(Value::Null) => return Some(Self::default()),
            Some(Value::Object(options)) => options,
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => return None,
        };
        let custom_claims = match options.remove("customClaims") {
            None | Some(Value::Null) => None,
            Some(Value::Object(claims)) => Some(claims),
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => return None,
        };
        let selected_tenant = match options.remove("selectedTenant") {
            None | Some(Value::Null) => None,
            Some(Value::String(tenant)) => Some(tenant).filter(|tenant| !tenant.is_empty()),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => return None,
        };
        Some(Self { custom_claims, selected_tenant })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(value: &str) -> Option<(String, String)> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        Bearer::of(&headers).map(|bearer| (bearer.project, bearer.key.expose().to_owned()))
    }

    #[test]
    fn a_bearer_has_a_project_and_a_key_and_perhaps_a_third_part() {
        let good = Some(("P1".to_owned(), "K1".to_owned()));
        assert_eq!(bearer("Bearer P1:K1"), good);
        assert_eq!(bearer("bearer P1:K1"), good);
        assert_eq!(bearer("Bearer P1:K1:M1"), good);
        for bad in ["", "Bearer", "Bearer ", "Bearer P1", "Bearer P1:", "Bearer :K1", "Basic P1:K1", "P1:K1"] {
            assert_eq!(bearer(bad), None, "{bad}");
        }
    }

    #[test]
    fn options_of_a_wrong_type_are_malformed() {
        for good in ["", "{}", r#"{"loginOptions":null}"#, r#"{"loginId":1,"loginOptions":{"stepup":true}}"#] {
            assert!(LoginOptions::of(good.as_bytes()).is_some(), "{good}");
        }
        for bad in ["x", "[]", "null", r#"{"loginOptions":1}"#, r#"{"loginOptions":{"customClaims":"a"}}"#] {
            assert!(LoginOptions::of(bad.as_bytes()).is_none(), "{bad}");
        }
        assert!(LoginOptions::of(br#"{"loginOptions":{"selectedTenant":7}}"#).is_none());
    }
}
