//! The bearer of a request.

use http::{HeaderMap, header};

use crate::secret::Secret;

/// `Authorization: Bearer <projectId>:<secret>`, where the secret is an access key or a refresh JWT. Optionally
/// `:<authManagementKey>` follows.
pub(super) struct Bearer {
    pub(super) project: String,
    pub(super) secret: Secret,
    pub(super) management_key: Option<Secret>,
}

impl Bearer {
    /// Returns `None` if there is no such header, or no project or secret in it.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, credentials) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let mut parts = credentials.trim().splitn(3, ':').map(|part| Some(part).filter(|part| !part.is_empty()));
        let project = parts.next()??.to_owned();
        let secret = Secret::new(parts.next()??.to_owned());
        let management_key = parts.next().flatten().map(|key| Secret::new(key.to_owned()));
        Some(Self { project, secret, management_key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(value: &str) -> Option<(String, String, Option<String>)> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        let text = |secret: Secret| secret.expose().to_owned();
        Bearer::of(&headers).map(|bearer| (bearer.project, text(bearer.secret), bearer.management_key.map(text)))
    }

    #[test]
    fn a_bearer_has_a_project_and_a_secret_and_perhaps_a_third_part() {
        let good = Some(("P1".to_owned(), "K1".to_owned(), None));
        assert_eq!(bearer("Bearer P1:K1"), good);
        assert_eq!(bearer("bearer P1:K1"), good);
        assert_eq!(bearer("Bearer P1:K1:"), good);
        assert_eq!(bearer("Bearer P1:K1:M1:x"), good.map(|(p, k, _)| (p, k, Some("M1:x".to_owned()))));
        for bad in ["", "Bearer", "Bearer ", "Bearer P1", "Bearer P1:", "Bearer :K1", "Basic P1:K1", "P1:K1"] {
            assert_eq!(bearer(bad), None, "{bad}");
        }
    }
}
