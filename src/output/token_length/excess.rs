//! Judges the token of a session by the limits of its readers.

use std::fmt;

use super::{limit::LengthLimit, netrc, nginx};
use crate::output::{
    Output,
    render::{Content, Format, render},
};

/// A limit that a token exceeds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Excess {
    /// The limit.
    pub limit: LengthLimit,
    /// The length of the token, in bytes.
    pub token_bytes: usize,
    /// The names of the outputs that have the limit.
    pub outputs: Vec<String>,
}

/// Returns the limits that the token of a session exceeds in these outputs, the shortest first. A template is judged by what
/// it writes of this token. Touches no disk.
pub fn excesses(outputs: &[Output], content: &Content<'_>) -> Vec<Excess> {
    let token = &content.session.jwt;
    let token_bytes = token.byte_count();
    let excess = |limit: LengthLimit| {
        if token_bytes <= limit.bytes() {
            return None;
        }
        let has_limit = |output: &&Output| limit.is_of(&output.format) && exceeds(limit, &output.format, content);
        let outputs: Vec<_> = outputs.iter().filter(has_limit).map(|output| output.name().into_owned()).collect();
        (!outputs.is_empty()).then_some(Excess { limit, token_bytes, outputs })
    };
    LengthLimit::ALL.into_iter().filter_map(excess).collect()
}

/// Whether an output that has the limit exceeds it with a token that is longer.
fn exceeds(limit: LengthLimit, format: &Format, content: &Content<'_>) -> bool {
    let is_written = match limit {
        LengthLimit::RequestHead | LengthLimit::LargeRequestHead => return true,
        LengthLimit::NginxParameter => nginx::is_one_parameter,
        LengthLimit::NetrcPassword => netrc::has_token,
        LengthLimit::TemplateParts => without_its_end,
    };
    // One that cannot be rendered is reported as such.
    let Ok(rendered) = render(format, content) else { return false };
    std::str::from_utf8(rendered.bytes()).is_ok_and(|text| is_written(text, content.session.jwt.expose()))
}

/// Whether a text has the beginning of a token, and not its end.
fn without_its_end(text: &str, token: &str) -> bool {
    let begins = token.get(..BEGINNING_BYTES).is_some_and(|beginning| text.contains(beginning));
    let has_end_of = |token: &str| {
        let end = token.len().checked_sub(END_BYTES).and_then(|at| token.get(at..));
        end.is_none_or(|end| text.contains(end))
    };
    // The last of several parts may be that short.
    let mut parts =
        text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';')).filter(|part| !part.is_empty());
    begins
        && !has_end_of(token)
        && !parts.any(|part| part.len() < END_BYTES && token.strip_suffix(part).is_some_and(has_end_of))
}

impl Excess {
    /// The problem, with who refuses the token.
    pub fn problem(&self) -> String {
        let Self { limit, token_bytes, outputs } = self;
        let place = match limit {
            LengthLimit::RequestHead | LengthLimit::LargeRequestHead => String::new(),
            LengthLimit::NginxParameter | LengthLimit::NetrcPassword | LengthLimit::TemplateParts => {
                let named: Vec<_> = outputs.iter().map(|output| format!("`{output}`")).collect();
                format!(" in {}", named.join(", "))
            }
        };
        format!("the token has {token_bytes} bytes{place}: {}", limit.readers())
    }
}

/// The problem and its remedy, in one line.
impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.problem(), self.limit.remedy())
    }
}

/// A template that writes so much of a token means to write all of it.
const BEGINNING_BYTES: usize = 1000;
const END_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::{
        output::{Quotes, Template, Variable},
        renewal::Grant,
        secret::Secret,
        session::{Claims, ReplyFields, Session, Times},
    };

    /// A token of that length, in which no part repeats another.
    fn token(bytes: usize) -> String {
        let text: String = (0..).map(|n: u32| format!("{n:x}.")).take(bytes).collect();
        text[..bytes].to_owned()
    }

    fn found(formats: Vec<Format>, bytes: usize) -> Vec<Excess> {
        let grant = Grant { lifetime: std::time::Duration::from_secs(600), refresh_after: None };
        let (jwt, claims) = (Secret::new(token(bytes)), Claims::default());
        let session = Session { jwt, grant, claims, fields: ReplyFields::new() };
        let times = Times { issued_at: UNIX_EPOCH, expires_at: UNIX_EPOCH, renew_at: UNIX_EPOCH };
        let content = Content { session: &session, credential: "a", project: "P2a", times };
        let output = |(n, format)| Output { format, ..Output::at(format!("/out/{n}").into()) };
        excesses(&formats.into_iter().enumerate().map(output).collect::<Vec<_>>(), &content)
    }

    fn template(text: &str) -> Format {
        Format::Template(Template::parse(text, None).unwrap())
    }

    fn limits(format: Format, bytes: usize) -> Vec<LengthLimit> {
        found(vec![format], bytes).iter().map(|excess| excess.limit).collect()
    }

    #[test]
    fn every_format_has_the_limits_of_request_heads() {
        use LengthLimit::{LargeRequestHead, RequestHead};
        let variables = || Format::Env { variables: Variable::defaults(), quotes: Quotes::default() };
        for format in [Format::Jwt, Format::Header, variables(), template("{{ token }}")] {
            for (bytes, expected) in [
                (4001, vec![]),
                (7000, vec![]),
                (7001, vec![RequestHead]),
                (15_000, vec![RequestHead]),
                (15_001, vec![RequestHead, LargeRequestHead]),
            ] {
                assert_eq!(limits(format.clone(), bytes), expected, "{format:?} {bytes}");
            }
        }
    }

    #[test]
    fn a_template_is_judged_by_what_it_writes() {
        use LengthLimit::{NetrcPassword, NginxParameter, RequestHead, TemplateParts};
        let two =
            r#"set $tw1 "{{ token[:4000] }}"; set $tw2 "{{ token[4000:] }}"; proxy_set_header A "Bearer $tw1$tw2";"#;
        let cut = r#"set $tw1 "{{ token[:4000] }}"; set $tw2 "{{ token[4000:8000] }}"; proxy_set_header A "Bearer $tw1$tw2";"#;
        let three = r#"set $tw1 "{{ token[:4000] }}"; set $tw2 "{{ token[4000:8000] }}"; set $tw3 "{{ token[8000:] }}"; proxy_set_header A "Bearer $tw1$tw2$tw3";"#;
        let late = r#"set $tw1 "{{ token[:4090] }}"; set $tw2 '{{ token[4090:] }}';"#;
        for (text, bytes, expected) in [
            (r#"proxy_set_header Authorization "Bearer {{ token }}";"#, 4000, vec![]),
            (r#"proxy_set_header Authorization "Bearer {{ token }}";"#, 4001, vec![NginxParameter]),
            (r#"proxy_set_header Authorization "Bearer {{ token }}";"#, 7001, vec![NginxParameter, RequestHead]),
            ("set $token {{ token }};", 4001, vec![NginxParameter]),
            ("set $token '{{ token[:10] }}{{ token[10:] }}';", 4001, vec![NginxParameter]),
            ("grpc_set_header A 'Bearer {{ token }}';", 4001, vec![NginxParameter]),
            ("fastcgi_param A 'Bearer {{ token }}';", 4001, vec![NginxParameter]),
            ("map $host $token { default '{{ token }}'; }", 4001, vec![NginxParameter]),
            ("# proxy_set_header A '{{ token }}';\nset $a '{{ token[:9] }}';", 4001, vec![]),
            (two, 4001, vec![]),
            (two, 4031, vec![]),
            (two, 4032, vec![]),
            (two, 6000, vec![]),
            (two, 8094, vec![RequestHead]),
            (two, 8095, vec![NginxParameter, RequestHead]),
            (three, 8001, vec![RequestHead]),
            (three, 12_000, vec![RequestHead]),
            (three, 12_095, vec![NginxParameter, RequestHead]),
            (late, 4500, vec![]),
            (cut, 7000, vec![]),
            (cut, 8001, vec![TemplateParts, RequestHead]),
            ("set\t$token {{ token }};", 4001, vec![NginxParameter]),
            ("set   $token\n  {{ token }};", 4001, vec![NginxParameter]),
            ("{% set it = token %}set $token {{ it }};", 4001, vec![NginxParameter]),
            ("{{ 'set $token ' ~ token ~ ';' }}", 4001, vec![NginxParameter]),
            ("map \"$host$uri\" $token { default {{ token }}; }", 4001, vec![NginxParameter]),
            ("geo $token { default {{ token }}; }", 4001, vec![NginxParameter]),
            ("js_var $token '{{ token }}';", 4001, vec![NginxParameter]),
            ("auth_request_set $token {{ token }};", 4001, vec![NginxParameter]),
            ("more_set_input_headers 'Authorization: Bearer {{ token }}';", 4001, vec![NginxParameter]),
            ("proxy_set_body '{{ token }}';", 4001, vec![NginxParameter]),
            (r#"{"conf": "proxy_set_header A \"{{ token }}\";"}"#, 4001, vec![NginxParameter]),
            (r#"{"conf":"set $token {{ token }};"}"#, 4001, vec![NginxParameter]),
            ("{# proxy_set_header, set $token #}TOKEN={{ token }}", 4001, vec![]),
            ("# no proxy_set_header, no set $token\nTOKEN={{ token }}", 4001, vec![]),
            ("unset $token; TOKEN={{ token }}", 4001, vec![]),
            ("the offset $5 {{ token }}", 4001, vec![]),
            ("{{ token[:12] }} is its beginning", 6000, vec![]),
            ("machine api.example login x password {{ token }}", 4700, vec![]),
            ("machine api.example login x password {{ token }}", 4701, vec![NetrcPassword]),
            ("default\nlogin x\npassword {{ token }}\n", 4701, vec![NetrcPassword]),
            ("machine api.example login {{ credential }} password x", 4701, vec![]),
            ("MACHINE api.example\tlogin x\tpassword\t\"{{ token }}\"", 4701, vec![NetrcPassword]),
            ("machine api.example login {{ token }} password x", 4701, vec![NetrcPassword]),
            ("{{ 'machine api.example password ' ~ token }}", 4701, vec![NetrcPassword]),
            ("{# machine x password y #}{{ token }}", 4701, vec![]),
            ("# the default password\nTOKEN={{ token }}", 4701, vec![]),
            ("the password is {{ token }}", 4701, vec![]),
        ] {
            assert_eq!(limits(template(text), bytes), expected, "{text} {bytes}");
        }
    }

    #[test]
    fn an_excess_names_the_outputs_the_readers_and_a_remedy() {
        let nginx = || template("set $token {{ token }};");
        let lines = |formats| found(formats, 4001).iter().map(ToString::to_string).collect::<Vec<_>>();
        insta::assert_snapshot!(lines(vec![nginx(), Format::Jwt, nginx()]).join("\n"), @"the token has 4001 bytes in `/out/0`, `/out/2`: nginx takes 4095 bytes in one parameter: above that it refuses to reload, and sends the old token on; let the template write the token in two parts, `{{ token[:4000] }}` and `{{ token[4000:] }}`, or above 8000 bytes in more, such as `{{ token[4000:8000] }}` and `{{ token[8000:] }}`");
        let servers = found(vec![Format::Jwt], 15_001).iter().map(ToString::to_string).collect::<Vec<_>>();
        insta::assert_snapshot!(servers.join("\n"), @"
        the token has 15001 bytes: by default nginx (8168 bytes), Apache (8169), Tomcat, Jetty and lighttpd (8113) and gunicorn (8166) refuse requests with longer ones, and gRPC some from 7500 bytes on; ask for fewer claims or roles, or raise the limit of the server
        the token has 15001 bytes: by default HAProxy (15213 bytes) and Node (16333) refuse requests with longer ones, and gRPC all from 16000 bytes on; ask for fewer claims or roles, or raise the limit of the server
        ");
    }
}
