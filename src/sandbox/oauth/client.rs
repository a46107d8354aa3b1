//! How an OAuth client authenticates: RFC 6749, section 2.3.1.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use zeroize::Zeroizing;

use super::error::OAuthError;
use super::form::{Form, decoded};
use crate::sandbox::details::ClientAuthentication;
use crate::secret::Secret;

/// A client as the request names it.
pub(super) struct Client {
    pub(super) id: String,
    /// Absent for a client that only names itself.
    pub(super) secret: Option<Secret>,
    pub(super) authentication: ClientAuthentication,
}

impl Client {
    /// Returns `None` if the request names no client. More than one way to authenticate is an error.
    pub(super) fn of(headers: &HeaderMap, form: &Form) -> Result<Option<Self>, OAuthError> {
        let in_body = form.get("client_id").map(|id| Self {
            id: id.to_owned(),
            secret: form.get("client_secret").map(|secret| Secret::new(secret.to_owned())),
            authentication: ClientAuthentication::Post,
        });
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            let bare_secret = in_body.is_none() && form.get("client_secret").is_some();
            return if bare_secret { Err(OAuthError::InvalidRequest("`client_id` is missing")) } else { Ok(in_body) };
        };
        let basic = value.to_str().ok().and_then(Self::in_basic);
        let basic = basic.ok_or(OAuthError::InvalidClient(ClientAuthentication::Basic))?;
        let differs = form.get("client_id").is_some_and(|id| id != basic.id);
        if form.get("client_secret").is_some() || differs {
            return Err(OAuthError::InvalidRequest("the client authenticates in more than one way"));
        }
        Ok(Some(basic))
    }

    /// Reads `Basic base64(form(id):form(secret))`.
    fn in_basic(value: &str) -> Option<Self> {
        let (scheme, credentials) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let bytes = Zeroizing::new(STANDARD.decode(credentials.trim()).ok()?);
        let (id, secret) = str::from_utf8(&bytes).ok()?.split_once(':')?;
        let (id, secret) = (decoded(id)?, decoded(secret)?);
        let sound = !id.is_empty() && !secret.is_empty();
        sound.then(|| Self { id, secret: Some(Secret::new(secret)), authentication: ClientAuthentication::Basic })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(credentials: &str) -> Option<(String, String)> {
        let client = Client::in_basic(&format!("Basic {}", STANDARD.encode(credentials)))?;
        Some((client.id, client.secret?.expose().to_owned()))
    }

    #[test]
    fn the_halves_of_basic_are_form_decoded() {
        assert_eq!(basic("P1:K1"), Some(("P1".to_owned(), "K1".to_owned())));
        assert_eq!(basic("P%3A1:K+1%25:x"), Some(("P:1".to_owned(), "K 1%:x".to_owned())));
        for bad in ["P1", ":K1", "P1:", "P1:%zz"] {
            assert_eq!(basic(bad), None, "{bad}");
        }
        assert!(Client::in_basic("Bearer P1:K1").is_none());
    }
}
