//! The error codes of Descope in a reply, such as `E062803`.

use crate::session::{json_object::JsonObject, lenient::Lenient};

/// Returns the code in `errorCode`, if that is a text. White space around it and lower case do not matter. A code in another
/// form is replaced by an empty text.
pub(super) fn own(body: &JsonObject<'_>) -> Option<String> {
    Some(well_formed(body.field("errorCode").text()?).unwrap_or_default())
}

/// Returns the code of a rate limit: in `errorCode`, or where gateways put it when they write an error anew, as a text or a
/// number. Other codes count in `errorCode` only, because a denial needs certainty, and a wait does no harm.
pub(super) fn rate_limit(body: &JsonObject<'_>) -> Option<String> {
    let of = |body: &JsonObject<'_>| NAMES.iter().find_map(|name| limit_in(&body.field(name)));
    of(body).or_else(|| of(&body.object("error")?))
}

fn limit_in(value: &Lenient<'_>) -> Option<String> {
    let code = match value {
        Lenient::Integer(number) => well_formed(&format!("E{number:06}")),
        value => well_formed(value.text()?),
    };
    code.filter(|code| is_rate_limit(code))
}

/// Returns a code in its usual form.
fn well_formed(code: &str) -> Option<String> {
    let code = code.trim().to_ascii_uppercase();
    is_error_code(&code).then_some(code)
}

/// Whether a text has the form of Descope's error codes, such as `E062803`.
fn is_error_code(code: &str) -> bool {
    code.len() == 7
        && code.starts_with(|c: char| c.is_ascii_uppercase())
        && code.bytes().skip(1).all(|byte| byte.is_ascii_digit())
}

/// Whether a code is that of a rate limit: `E130429`, `E170429` of a single endpoint, or that of another module, which ends with
/// the status 429 too. `E000429` is a status, of no module.
fn is_rate_limit(code: &str) -> bool {
    code.ends_with("0429") && !code.ends_with("000429")
}

/// Go's SDK reads names in any case.
const NAMES: [&str; 5] = ["errorCode", "ErrorCode", "errorcode", "error_code", "code"];

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(body: &str) -> (Option<String>, Option<String>) {
        let Ok(body) = JsonObject::parse(body.as_bytes()) else { panic!("{body}") };
        (own(&body), rate_limit(&body))
    }

    #[test]
    fn a_rate_limit_is_found_wherever_a_gateway_puts_it() {
        for body in [
            r#"{"errorCode":"E170429"}"#,
            r#"{"errorCode":"e170429"}"#,
            r#"{"errorCode":" E170429\n"}"#,
            r#"{"errorCode":170429}"#,
            r#"{"errorcode":"E170429"}"#,
            r#"{"ErrorCode":"E170429"}"#,
            r#"{"error_code":"E170429"}"#,
            r#"{"code":"E170429"}"#,
            r#"{"code":170429}"#,
            r#"{"error":{"code":"E170429"}}"#,
            r#"{"error":{"errorCode":"E170429"}}"#,
            r#"{"errorCode":"other","code":"E170429"}"#,
            r#"{"code":7,"error":{"code":"E170429","x":"\ud800"}}"#,
        ] {
            assert_eq!(codes(body).1.as_deref(), Some("E170429"), "{body}");
        }
    }

    #[test]
    fn other_codes_count_in_their_own_field_only() {
        for (body, code) in [
            (r#"{"errorCode":"E062803"}"#, Some("E062803")),
            (r#"{"errorCode":" e062803 "}"#, Some("E062803")),
            (r#"{"errorCode":"words"}"#, Some("")),
            (r#"{"errorCode":62803}"#, None),
            (r#"{"errorCode":429}"#, None),
            (r#"{"code":429}"#, None),
            (r#"{"code":"E062803"}"#, None),
            (r#"{"error":{"code":"E062803"}}"#, None),
            (r#"{"error":"E170429"}"#, None),
            (r#"{"errorCode":[170429]}"#, None),
        ] {
            assert_eq!(codes(body), (code.map(str::to_owned), None), "{body}");
        }
    }
}
