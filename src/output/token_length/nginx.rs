//! Whether a text is a part of nginx's configuration that takes a token as a parameter.

use super::parameters::parameters;

/// Whether nginx would read this text as directives, and find a parameter in it that has the whole token or more bytes than nginx
/// takes. What stands in its comments does not count.
pub(super) fn is_one_parameter(text: &str, token: &str) -> bool {
    let is_too_long = |parameter: &str| parameter.len() > PARAMETER_BYTES_MAX || parameter.contains(token);
    has_directive(text) && parameters(text).any(is_too_long)
}

/// Whether a directive in it takes a header or sets a variable.
fn has_directive(text: &str) -> bool {
    let is_variable = |parameter: Option<&str>| parameter.is_some_and(|parameter| parameter.starts_with('$'));
    let parameters: Vec<_> = parameters(text).collect();
    parameters.iter().enumerate().any(|(n, parameter)| {
        let sets = SETTING.contains(&last_word(parameter));
        let after = |more: usize| parameters.get(n + more).copied();
        sets && (is_variable(after(1)) || is_variable(after(2)))
            || OF_HEADERS.iter().any(|directive| parameter.contains(directive))
    })
}

/// The word that a parameter ends with, which in a text of JSON or YAML may have quotes and marks before it.
fn last_word(parameter: &str) -> &str {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    parameter.rsplit(|c| !is_part(c)).next().unwrap_or_default()
}

/// nginx reads its configuration in pieces of 4096 bytes, and a parameter with the quote at its beginning must fit into one.
const PARAMETER_BYTES_MAX: usize = 4095;
/// Directives that send their parameter on.
const OF_HEADERS: [&str; 9] = [
    "proxy_set_header",
    "proxy_set_body",
    "grpc_set_header",
    "add_header",
    "more_set_headers",
    "more_set_input_headers",
    "fastcgi_param",
    "uwsgi_param",
    "scgi_param",
];
/// Directives whose first or second parameter is the variable that they set.
const SETTING: [&str; 5] = ["set", "js_var", "auth_request_set", "map", "geo"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_found_outside_of_comments() {
        for (text, expected) in [
            ("proxy_set_header A b;", true),
            ("location / {\n\tproxy_set_header\tA b;\n}", true),
            ("set $a b;", true),
            ("set\t$a b;", true),
            ("set   \n $a b;", true),
            ("auth_request_set $a b;", true),
            ("map $a $b { default c; }", true),
            ("map \"$a\" $b { default c; }", true),
            ("geo $a { default c; }", true),
            (r#"{"conf":"set $a b;"}"#, true),
            (r#"{"conf": "proxy_set_header A b;"}"#, true),
            ("# proxy_set_header A b;\nA=b", false),
            ("#set $a b", false),
            ("unset $a; A=b", false),
            ("reset $a", false),
            ("set -e\necho $a", false),
            ("A=b", false),
            ("", false),
        ] {
            assert_eq!(has_directive(text), expected, "{text}");
        }
    }
}
