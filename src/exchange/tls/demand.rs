//! Servers that refuse a client certificate, or its absence, by HTTP: nginx and what is built on it, Apache, IIS.

use super::{client_auth::ClientAuth, fault::TlsFault};

/// Returns the fault if a reply refuses the client certificate, or its absence. Only a server that asked for one can mean that.
pub(in crate::exchange) fn refused_by_reply(status: u16, body: &[u8], client: ClientAuth) -> Option<TlsFault> {
    let is_json = body.trim_ascii_start().starts_with(b"{");
    let names_it = body.windows(NGINX.len()).any(|text| text == NGINX);
    match (client, status) {
        (ClientAuth::Missing, 495 | 496) => Some(TlsFault::ClientCertificateMissing),
        (ClientAuth::Missing, 400) if names_it => Some(TlsFault::ClientCertificateMissing),
        (ClientAuth::Missing, 403) if !is_json => Some(TlsFault::ForbiddenAfterRequest),
        (ClientAuth::Presented, 495 | 496) => Some(TlsFault::ClientCertificateUnverified),
        (ClientAuth::Presented, 400) if names_it => Some(TlsFault::ClientCertificateUnverified),
        _ => None,
    }
}

/// A part of nginx's pages `400 No required SSL certificate was sent` and `400 The SSL certificate error`.
const NGINX: &[u8] = b"SSL certificate";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_by_http_counts_only_if_the_server_asked() {
        let sent = b"<html><head><title>400 No required SSL certificate was sent</title></head>";
        let error = b"<html><head><title>400 The SSL certificate error</title></head>";
        for (status, body, client, fault) in [
            (400, &sent[..], ClientAuth::Missing, Some(TlsFault::ClientCertificateMissing)),
            (400, sent, ClientAuth::NotAsked, None),
            (400, error, ClientAuth::Presented, Some(TlsFault::ClientCertificateUnverified)),
            (400, b"{\"errorCode\": \"E011001\"}", ClientAuth::Missing, None),
            (403, b"<html>Forbidden</html>", ClientAuth::Missing, Some(TlsFault::ForbiddenAfterRequest)),
            (403, b"{\"errorCode\": \"E011003\"}", ClientAuth::Missing, None),
            (403, b"<html>Forbidden</html>", ClientAuth::Presented, None),
            (496, b"", ClientAuth::Missing, Some(TlsFault::ClientCertificateMissing)),
            (495, b"", ClientAuth::Presented, Some(TlsFault::ClientCertificateUnverified)),
            (200, sent, ClientAuth::Missing, None),
        ] {
            assert_eq!(refused_by_reply(status, body, client), fault, "{status} {client:?}");
        }
    }
}
