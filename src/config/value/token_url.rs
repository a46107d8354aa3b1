//! The URL of a token endpoint. It is never shown, because it may hold a secret.

use crate::{
    config::{diagnostics::Diagnostics, reader::Field},
    exchange::{TokenUrl, TokenUrlError},
};

/// Reads the URL of a token endpoint. Plain http is for loopback only, whatever `allowPlainHttp` says.
pub(in crate::config) fn read(field: &Field, diagnostics: &mut Diagnostics) -> Option<TokenUrl> {
    let text = field.text(diagnostics)?;
    TokenUrl::parse(text.value.trim())
        .map_err(|error| diagnostics.mistake(&text.location, error.to_string(), remedy(error)))
        .ok()
}

fn remedy(error: TokenUrlError) -> &'static str {
    match error {
        TokenUrlError::NotAUrl | TokenUrlError::Scheme => "write it like `https://api.descope.com/oauth2/v1/token`",
        TokenUrlError::Userinfo => "remove the part before `@`: write `clientId` and `clientSecretFile`",
        TokenUrlError::Fragment => "remove `#` and what follows it",
        TokenUrlError::SecretInQuery => {
            "remove the parameter: put the secret into `clientSecretFile` or `assertionFile`"
        }
        TokenUrlError::PlainHttp => "use `https://`; `allowPlainHttp` does not apply here",
    }
}
