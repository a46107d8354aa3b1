//! A 401 or 403 without the server's own error: a proxy, a firewall or a gateway may have answered in its place.

use http::{HeaderMap, header};

use super::{json_body::compression, reply::Reply};

/// Who may have answered, in words.
pub(super) struct Blocked {
    /// What happened.
    pub(super) message: String,
    /// What a person can do; `None` if that is the same for every certain block.
    pub(super) remedy: Option<String>,
}

/// Describes such a reply to a request with `secret` to `server`, the address of which is in `setting`. Only Cloudflare's own pages are certainly from something in front of the server; what was seen of
/// another reply is named, without a text of it.
pub(super) fn blocked(reply: &Reply, server: &str, secret: &str, setting: &str) -> Blocked {
    let status = reply.status.as_u16();
    let before = format!("before {server} sees the {secret}");
    let body = BodyForm::of(reply);
    let certain = match cloudflare_error(&reply.body) {
        Some(code) => Some(format!("Cloudflare blocks the request {before}: HTTP {status}, error {code}")),
        None if is_cloudflare(&reply.headers) && body != BodyForm::Json => {
            Some(format!("Cloudflare blocks the request {before}: HTTP {status}"))
        }
        None => None,
    };
    if let Some(message) = certain {
        return Blocked { message, remedy: None };
    }
    let asks = if reply.headers.contains_key(header::WWW_AUTHENTICATE) { ", and it asks for a login" } else { "" };
    let message = format!(
        "HTTP {status} without {server}'s own error: a proxy or firewall may block the request {before} (the body is {}{asks})",
        body.noun()
    );
    let remedy = format!(
        "ask the operator of the proxy or firewall on the way, if there is one, to allow this machine's address and the user \
         agent `tokenwell`; else check that `{setting}` is {server}, and the {secret}"
    );
    Blocked { message, remedy: Some(remedy) }
}

/// What the body of a reply is, as far as it helps to tell who answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum BodyForm {
    Empty,
    Json,
    Markup,
    Compressed,
    Other,
}

impl BodyForm {
    fn of(reply: &Reply) -> Self {
        let body = reply.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&reply.body).trim_ascii();
        match body.first() {
            None => Self::Empty,
            Some(b'{' | b'[' | b'"') if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() => Self::Json,
            Some(b'<') => Self::Markup,
            Some(_) if compression(reply).is_some() => Self::Compressed,
            Some(_) => Self::Other,
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Json => "JSON of another form",
            Self::Markup => "a page",
            Self::Compressed => "compressed, which hides what it says",
            Self::Other => "text",
        }
    }
}

/// Parses `error code: 1010`, which is the complete body of a block by Cloudflare's firewall.
fn cloudflare_error(body: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(body).ok()?.trim().strip_prefix("error code: ")?;
    let is_a_code = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_a_code { digits.parse().ok() } else { None }
}

fn is_cloudflare(headers: &HeaderMap) -> bool {
    headers.contains_key("cf-ray") || headers.get(header::SERVER).is_some_and(|server| server == "cloudflare")
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, StatusCode};

    use super::*;

    fn blocked_by(headers: &[(&'static str, &'static str)], body: &str) -> Blocked {
        let headers = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)));
        let reply = Reply {
            status: StatusCode::UNAUTHORIZED,
            headers: headers.collect(),
            body: body.as_bytes().to_vec().into(),
        };
        blocked(&reply, "Descope", "access key", "baseUrl")
    }

    #[test]
    fn a_guess_is_told_as_one_with_what_was_seen() {
        let cloudflare = ("cf-ray", "1-FRA");
        for (who, headers, body, seen) in [
            ("AWS API Gateway", &[][..], r#"{"message":"CANARY"}"#, "JSON of another form"),
            (
                "Kong",
                &[("www-authenticate", "Key")],
                r#"{"message":"CANARY"}"#,
                "JSON of another form, and it asks for a login",
            ),
            (
                "Spring",
                &[],
                r#"{"timestamp":"CANARY","status":401,"error":"Unauthorized","path":"/"}"#,
                "JSON of another form",
            ),
            ("RFC 9457", &[], r#"{"type":"about:blank","title":"CANARY","status":401}"#, "JSON of another form"),
            ("RFC 6750", &[("www-authenticate", "Bearer")], r#"{"error":"invalid_token"}"#, "it asks for a login"),
            ("FastAPI", &[], r#"{"detail":"CANARY"}"#, "JSON of another form"),
            ("JSON behind Cloudflare", &[cloudflare], r#"{"message":"CANARY"}"#, "JSON of another form"),
            ("a text of JSON", &[], "\"CANARY\"", "JSON of another form"),
            ("nginx", &[("server", "nginx")], "<html>CANARY</html>", "a page"),
            ("Envoy", &[("server", "envoy")], "Jwt is missing", "text"),
            ("Istio", &[], "RBAC: access denied", "text"),
            (
                "a proxy without a word",
                &[("www-authenticate", "Basic realm=CANARY")],
                "",
                "empty, and it asks for a login",
            ),
            ("broken JSON", &[], "{CANARY", "text"),
            ("a gateway that compresses", &[("content-encoding", "gzip")], "\u{1f}CANARY", "compressed, which hides"),
        ] {
            let Blocked { message, remedy } = blocked_by(headers, body);
            assert!(
                message.contains("a proxy or firewall may block the request before Descope sees"),
                "{who}: {message}"
            );
            assert!(message.contains(seen) && !message.contains("CANARY"), "{who}: {message}");
            let remedy = remedy.unwrap();
            assert!(
                remedy.contains("if there is one") && remedy.contains("check that `baseUrl` is Descope"),
                "{who}: {remedy}"
            );
        }
    }

    #[test]
    fn a_page_of_cloudflare_is_a_fact() {
        for (headers, body) in [
            (&[][..], "error code: 1010"),
            (&[("cf-ray", "1-FRA")], "<html>CANARY</html>"),
            (&[("server", "cloudflare")], ""),
        ] {
            let Blocked { message, remedy } = blocked_by(headers, body);
            assert!(
                message.starts_with("Cloudflare blocks the request before Descope sees") && remedy.is_none(),
                "{message}"
            );
        }
    }
}
