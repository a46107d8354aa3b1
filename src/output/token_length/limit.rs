//! The lengths above which readers refuse a token, as a table.
//!
//! The lengths are those that programs were seen to accept by default, in November 2026, less some room for the rest of a
//! parameter or of a request: nginx 1.30.6, curl 8.23.0, Apache httpd 2.4.69, Tomcat 11.0.27, Jetty 12.1.14, gunicorn 27.0.1,
//! gRPC core (grpcio 1.85.3), `HAProxy` 3.2.26, Node 20. `docs/reading-the-token.md` has the exact figures.

use crate::output::Format;

/// A length above which some readers refuse a token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LengthLimit {
    /// A parameter of nginx's configuration.
    NginxParameter,
    /// The parts of a token that a template writes.
    TemplateParts,
    /// A password of a netrc file.
    NetrcPassword,
    /// The head of a request, at servers with a buffer of 8 KiB.
    RequestHead,
    /// The head of a request, at servers with a buffer of 16 KiB.
    LargeRequestHead,
}

impl LengthLimit {
    /// Every limit, the shortest first.
    pub const ALL: [Self; 5] =
        [Self::NginxParameter, Self::TemplateParts, Self::NetrcPassword, Self::RequestHead, Self::LargeRequestHead];

    /// The length in bytes that a token may have. A template that writes parts of a token may lose its end above any length.
    pub fn bytes(self) -> usize {
        match self {
            Self::NginxParameter | Self::TemplateParts => 4000,
            Self::NetrcPassword => 4700,
            Self::RequestHead => 7000,
            Self::LargeRequestHead => 15_000,
        }
    }

    /// Whether readers of this format may have the limit. What a template writes says which reader it has.
    pub(super) fn is_of(self, format: &Format) -> bool {
        match self {
            Self::RequestHead | Self::LargeRequestHead => true,
            Self::NginxParameter | Self::NetrcPassword | Self::TemplateParts => matches!(format, Format::Template(_)),
        }
    }

    /// Who refuses a longer token, and the lengths that they take.
    pub fn readers(self) -> &'static str {
        match self {
            Self::NginxParameter => {
                "nginx takes 4095 bytes in one parameter: above that it refuses to reload, and sends the old token on"
            }
            Self::NetrcPassword => "curl takes 4795 bytes as the password of a netrc file",
            Self::RequestHead => {
                "by default nginx (8168 bytes), Apache (8169), Tomcat, Jetty and lighttpd (8113) and gunicorn (8166) refuse \
                 requests with longer ones, and gRPC some from 7500 bytes on"
            }
            Self::LargeRequestHead => {
                "by default HAProxy (15213 bytes) and Node (16333) refuse requests with longer ones, and gRPC all from 16000 \
                 bytes on"
            }
            Self::TemplateParts => "its template writes the beginning of the token and not its end",
        }
    }

    /// What a person can do.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::NginxParameter => {
                "let the template write the token in two parts, `{{ token[:4000] }}` and `{{ token[4000:] }}`, or above 8000 bytes in \
                 more, such as `{{ token[4000:8000] }}` and `{{ token[8000:] }}`"
            }
            Self::NetrcPassword => "use `format: header` with `curl -H @FILE` instead",
            Self::RequestHead | Self::LargeRequestHead => {
                "ask for fewer claims or roles, or raise the limit of the server"
            }
            Self::TemplateParts => "leave the last part open, as in `{{ token[4000:] }}`",
        }
    }
}
