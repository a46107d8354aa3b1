//! The API's base URL, wherever it was given. It is never shown: it may hold a password.

use crate::{
    config::{diagnostics::Diagnostics, reader::Text},
    exchange::{BaseUrl, BaseUrlError},
};

/// Reads a base URL; plain http is for loopback, unless it is allowed.
pub(in crate::config) fn read(text: &Text, allow_plain_http: bool, diagnostics: &mut Diagnostics) -> Option<BaseUrl> {
    match BaseUrl::parse(text.value.trim(), allow_plain_http) {
        Ok(url) => {
            if allow_plain_http && BaseUrl::parse(text.value.trim(), false).is_err() {
                let what = "access keys cross the network in clear";
                diagnostics.warning(&text.location, what, "use `https://` as soon as the API has it");
            }
            Some(url)
        }
        Err(error) => {
            diagnostics.mistake(&text.location, error.to_string(), remedy(error));
            None
        }
    }
}

fn remedy(error: BaseUrlError) -> &'static str {
    match error {
        BaseUrlError::NotAUrl | BaseUrlError::Scheme => "write it like `https://api.descope.com`",
        BaseUrlError::Userinfo => "take the part before `@` away: requests carry the access key and nothing else",
        BaseUrlError::QueryOrFragment => "take away what follows `?` or `#`",
        BaseUrlError::PlainHttp => "use `https://`, or set `allowPlainHttp: true` in the configuration file",
    }
}
