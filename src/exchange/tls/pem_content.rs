//! What a file holds that should hold PEM. The words for it never repeat its content.

use x509_cert::{Certificate, der::Decode as _};

/// What a file holds instead of what it should hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PemContent {
    /// Nothing, or white space.
    Nothing,
    /// Certificates in PEM, of which none can be used.
    Certificate,
    /// A private key in PEM.
    PrivateKey,
    /// A private key in PEM that is encrypted.
    EncryptedKey,
    /// A public key in PEM.
    PublicKey,
    /// A request for a certificate in PEM.
    Request,
    /// A list of revoked certificates in PEM.
    Revocations,
    /// Certificates in PKCS#7, in PEM.
    Pkcs7,
    /// A certificate in a form of OpenSSL's own, in PEM.
    Trusted,
    /// A private key of OpenSSH.
    OpenSshKey,
    /// A certificate in DER.
    Der,
    /// Other binary data.
    Binary,
    /// Text in UTF-16.
    Utf16,
    /// PEM whose line breaks are the characters `\n`.
    EscapedLines,
    /// PEM that is encoded in base64 once more.
    Base64,
    /// A page in HTML.
    Html,
    /// JSON.
    Json,
    /// Other text.
    Text,
}

impl PemContent {
    /// Looks at the content of a file.
    pub(super) fn of(bytes: &[u8]) -> Self {
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Self::Utf16;
        }
        if Certificate::from_der(bytes).is_ok() {
            return Self::Der;
        }
        let Ok(text) = std::str::from_utf8(bytes) else { return Self::Binary };
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Self::Nothing;
        }
        if text.starts_with("-----BEGIN") && text.contains("-----\\n") {
            return Self::EscapedLines;
        }
        let encrypted_of_old = text.contains("Proc-Type: 4,ENCRYPTED");
        let block = BLOCKS.iter().find(|(label, _)| text.contains(&format!("-----BEGIN {label}-----")));
        match block {
            Some((_, Self::PrivateKey)) if encrypted_of_old => Self::EncryptedKey,
            Some((_, content)) => *content,
            None if text.starts_with(BASE64_OF_BEGIN) => Self::Base64,
            None if text.starts_with('<') => Self::Html,
            None if text.starts_with(['{', '[']) => Self::Json,
            None if text.contains('\0') => Self::Binary,
            None => Self::Text,
        }
    }

    /// Returns the words for it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Nothing => "it is empty",
            Self::Certificate => "it holds certificates, but none that is usable",
            Self::PrivateKey => "it holds a private key",
            Self::EncryptedKey => "it holds a private key that is encrypted with a password",
            Self::PublicKey => "it holds a public key",
            Self::Request => "it holds a request for a certificate (CSR)",
            Self::Revocations => "it holds a list of revoked certificates (CRL)",
            Self::Pkcs7 => "it holds PKCS#7: convert it with `openssl pkcs7 -print_certs -in FILE -out FILE.pem`",
            Self::Trusted => "it holds `TRUSTED CERTIFICATE`: convert it with `openssl x509 -in FILE -out FILE.pem`",
            Self::OpenSshKey => "it holds a key of OpenSSH",
            Self::Der => {
                "it holds a certificate in DER: convert it with `openssl x509 -inform der -in FILE -out FILE.pem`"
            }
            Self::Binary => {
                "it holds binary data, such as DER, PKCS#12 or a Java key store: convert it to PEM with `openssl`"
            }
            Self::Utf16 => "it holds text in UTF-16: save it in UTF-8",
            Self::EscapedLines => "its line breaks are the two characters `\\n`: write real line breaks",
            Self::Base64 => "it holds base64 of PEM: decode it with `base64 -d`",
            Self::Html => "it holds a page in HTML",
            Self::Json => "it holds JSON",
            Self::Text => "it holds text that is no PEM",
        }
    }
}

/// The labels of PEM, the more telling first.
const BLOCKS: [(&str, PemContent); 14] = [
    ("ENCRYPTED PRIVATE KEY", PemContent::EncryptedKey),
    ("PRIVATE KEY", PemContent::PrivateKey),
    ("RSA PRIVATE KEY", PemContent::PrivateKey),
    ("EC PRIVATE KEY", PemContent::PrivateKey),
    ("DSA PRIVATE KEY", PemContent::PrivateKey),
    ("OPENSSH PRIVATE KEY", PemContent::OpenSshKey),
    ("CERTIFICATE", PemContent::Certificate),
    ("TRUSTED CERTIFICATE", PemContent::Trusted),
    ("X509 CERTIFICATE", PemContent::Trusted),
    ("CERTIFICATE REQUEST", PemContent::Request),
    ("NEW CERTIFICATE REQUEST", PemContent::Request),
    ("X509 CRL", PemContent::Revocations),
    ("PKCS7", PemContent::Pkcs7),
    ("PUBLIC KEY", PemContent::PublicKey),
];
/// Base64 of `-----BEGIN`.
const BASE64_OF_BEGIN: &str = "LS0tLS1CRUdJT";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_holds_is_recognised() {
        let pem =
            |label: &str| format!("# a note\n-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n").into_bytes();
        let old =
            b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----".to_vec();
        for (bytes, content) in [
            (Vec::new(), PemContent::Nothing),
            (b" \n\xef\xbb\xbf".to_vec(), PemContent::Text),
            (b"\xef\xbb\xbf\n".to_vec(), PemContent::Nothing),
            (pem("CERTIFICATE"), PemContent::Certificate),
            (pem("EC PRIVATE KEY"), PemContent::PrivateKey),
            (pem("ENCRYPTED PRIVATE KEY"), PemContent::EncryptedKey),
            (old, PemContent::EncryptedKey),
            (pem("PUBLIC KEY"), PemContent::PublicKey),
            (pem("CERTIFICATE REQUEST"), PemContent::Request),
            (pem("X509 CRL"), PemContent::Revocations),
            (pem("PKCS7"), PemContent::Pkcs7),
            (pem("OPENSSH PRIVATE KEY"), PemContent::OpenSshKey),
            (b"\xff\xfe-\0-\0".to_vec(), PemContent::Utf16),
            (b"\x30\x82\x01\xff\x02".to_vec(), PemContent::Binary),
            (b"-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----".to_vec(), PemContent::EscapedLines),
            (b"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t".to_vec(), PemContent::Base64),
            (b"<!doctype html>".to_vec(), PemContent::Html),
            (b"{\"a\": 1}".to_vec(), PemContent::Json),
            (b"hello".to_vec(), PemContent::Text),
        ] {
            assert_eq!(PemContent::of(&bytes), content, "{bytes:?}");
        }
    }
}
