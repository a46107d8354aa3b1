//! The files of certificates in `http`: what is there and cannot be used is a mistake; what is missing is a warning of `check`.

use std::fs;

use crate::case::{check, refusal};

fn configuration(http: &str) -> String {
    format!(
        "projectId: P2abc\nhttp: {{{http}}}\ncredentials: [{{name: a, accessKeyFile: /k/a, outputs: [{{path: /run/a.jwt}}]}}]\n"
    )
}

#[test]
fn a_ca_file_without_a_certificate_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    let put = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).unwrap();
    put("empty", b"");
    put("key", key.serialize_pem().as_bytes());
    put("der", certificate.der());
    put("html", b"<html>");
    put("garbage", b"\x30\xff\xff\0");
    put(
        "bundle",
        format!("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{}", certificate.pem()).as_bytes(),
    );
    fs::create_dir(folder.path().join("folder")).unwrap();
    for (name, holds) in [
        ("empty", "it is empty"),
        ("key", "it holds a private key"),
        ("der", "it holds a certificate in DER: convert it with `openssl x509 -inform der -in FILE -out FILE.pem`"),
        ("html", "it holds a page in HTML"),
        ("garbage", "it holds binary data"),
        ("folder", "it is not a regular file"),
    ] {
        let output = check(&folder, &configuration(&format!("caFile: DIR/{name}")));
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}: {error}");
        assert!(error.contains("line 2, http.caFile: ") && error.contains(holds), "{name}: {error}");
        assert!(error.contains("name a file of PEM certificates"), "{error}");
    }
    for name in ["bundle", "missing"] {
        let output = check(&folder, &configuration(&format!("caFile: DIR/{name}")));
        assert_eq!(output.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let is_told = String::from_utf8_lossy(&output.stderr).contains("there is no such file")
            || String::from_utf8_lossy(&output.stdout).contains("there is no such file");
        assert_eq!(is_told, name == "missing");
    }
}

#[test]
fn a_client_certificate_needs_both_files_and_they_match() {
    let both = "it holds a private key";
    for (http, words) in [
        ("clientCertificateFile: /c/a.pem", "http: `clientCertificateFile` without `clientKeyFile`"),
        ("clientKeyFile: /c/a.key", "http: `clientKeyFile` without `clientCertificateFile`"),
        (
            "clientCertificateFile: /c/a.pem, clientKeyFile: /run/a.jwt",
            "the same file as `http.clientKeyFile`: a token would replace it",
        ),
    ] {
        let said = refusal(&configuration(http), &[]);
        assert!(said.contains(words), "{said}");
    }
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    let put = |name: &str, content: String| fs::write(folder.path().join(name), content).unwrap();
    put("a.pem", certificate.pem());
    put("a.key", key.serialize_pem());
    put("b.key", rcgen::KeyPair::generate().unwrap().serialize_pem());
    for (certificate, key, code, words) in [
        ("a.pem", "a.key", 0, "client certificate"),
        ("missing.pem", "a.key", 0, "there is no such file"),
        ("a.pem", "b.key", 2, "line 2, http.clientKeyFile: its private key does not match the certificate"),
        ("a.key", "a.key", 2, both),
        ("a.pem", "a.pem", 2, "it contains no usable private key: it holds certificates"),
    ] {
        let http = format!("clientCertificateFile: DIR/{certificate}, clientKeyFile: DIR/{key}");
        let output = check(&folder, &configuration(&http));
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(words), "{said}");
    }
}
