//! The API's base URL, from any source. It is never shown, because it may hold a password.

use crate::{
    config::{diagnostics::Diagnostics, reader::Text},
    exchange::{BaseUrl, BaseUrlError},
};

/// Reads a base URL. Plain http is allowed for loopback only, unless `allow_plain_http` is set.
pub(in crate::config) fn read(text: &Text, allow_plain_http: bool, diagnostics: &mut Diagnostics) -> Option<BaseUrl> {
    match BaseUrl::parse(text.value.trim(), allow_plain_http) {
        Ok(url) => {
            if allow_plain_http && BaseUrl::parse(text.value.trim(), false).is_err() {
                let what = "access keys cross the network unencrypted";
                diagnostics.warning(&text.location, what, "use `https://` as soon as the API supports it");
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
        BaseUrlError::Userinfo => "remove the part before `@`: requests carry the access key and nothing else",
        BaseUrlError::QueryOrFragment => "remove what follows `?` or `#`",
        BaseUrlError::PlainHttp => "use `https://`, or set `allowPlainHttp: true` in the configuration file",
    }
}
