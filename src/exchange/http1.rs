//! How leniently replies of HTTP/1 are read, and the descriptions of malformed replies.
//!
//! curl, Node, Python and Go differ in what they accept. A reply that most of them accept is accepted, as far as the HTTP
//! library can.

use reqwest::ClientBuilder;

/// Sets the limits and leniencies of a client: many header fields, fields that continue on the next line, a space before the
/// colon, and fields that are malformed, which are ignored.
pub(super) fn lenient(builder: ClientBuilder) -> ClientBuilder {
    builder
        .http1_max_headers(FIELDS_MAX)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_ignore_invalid_headers_in_responses(true)
}

/// Describes an error of the HTTP library in words, if the reply caused it. `text` is the library's text, because its type is
/// private.
pub(super) fn malformed(text: &str) -> Option<&'static str> {
    MALFORMED.iter().find(|(known, _)| text.starts_with(known)).map(|(_, words)| *words)
}

/// The highest number of header fields in a reply. Its head has at most 417,792 bytes, the library's bound.
const FIELDS_MAX: usize = 8192;
/// The beginning of each text of hyper, and its description.
const MALFORMED: [(&str, &str); 15] = [
    ("message head is too large", "its header is too long: more than 8192 fields or 408 KiB"),
    ("invalid HTTP version", "the server does not speak HTTP/1.1"),
    ("invalid HTTP status-code", "its status line is not one of HTTP/1.1"),
    ("invalid HTTP", "its header is malformed"),
    ("invalid content-length", "its `Content-Length` is not a number, or there are several different ones"),
    ("unexpected transfer-encoding", "it has `Transfer-Encoding`, which its version, HTTP/1.0, does not have"),
    ("received unexpected message", "the server sent it before there was a request"),
    ("chunk extensions over limit", "the extensions of its chunks are longer than 16 KiB"),
    ("chunk trailers", "its trailer is too long: more than 8192 fields or 16 KiB"),
    ("Invalid chunk", MALFORMED_CHUNKS),
    ("invalid chunk", MALFORMED_CHUNKS),
    ("Invalid trailer", MALFORMED_TRAILER),
    ("Invalid header", MALFORMED_TRAILER),
    ("invalid header", MALFORMED_TRAILER),
    ("Partial header", MALFORMED_TRAILER),
];
const MALFORMED_CHUNKS: &str = "the chunks of its body are malformed";
const MALFORMED_TRAILER: &str = "its trailer is malformed";
