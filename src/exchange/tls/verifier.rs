//! Verification of servers, with the reason for each refusal.

use std::sync::{Arc, OnceLock};

use rustls::{
    CertificateError, DigitallySignedStruct, Error as TlsError, OtherError, RootCertStore, SignatureScheme,
    client::{
        VerifierBuilderError, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::{
    certificate_fault::CertificateFault,
    diagnosis::{diagnose, diagnose_signature},
};

/// Verifies servers as the TLS library does. Its errors hold a [`CertificateFault`].
#[derive(Debug)]
pub(super) struct ServerVerifier {
    library: Arc<WebPkiServerVerifier>,
    roots: Arc<RootCertStore>,
    /// The certificates of the first handshake, for a client that makes only one.
    shown: Option<Arc<OnceLock<Vec<CertificateDer<'static>>>>>,
}

impl ServerVerifier {
    /// Trusts these roots, of which there must be one.
    pub(super) fn new(roots: Arc<RootCertStore>) -> Result<Self, VerifierBuilderError> {
        let provider = Arc::new(ring::default_provider());
        let library = WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots), provider).build()?;
        Ok(Self { library, roots, shown: None })
    }

    /// Returns the same verifier, which also puts the certificates of the first handshake here.
    pub(super) fn showing(&self, shown: Arc<OnceLock<Vec<CertificateDer<'static>>>>) -> Self {
        Self { library: Arc::clone(&self.library), roots: Arc::clone(&self.roots), shown: Some(shown) }
    }
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let chain = || {
            let sent = [end_entity].into_iter().chain(intermediates);
            sent.map(|certificate| certificate.clone().into_owned()).collect::<Vec<_>>()
        };
        if let Some(shown) = &self.shown {
            shown.get_or_init(chain);
        }
        let verified = self.library.verify_server_cert(end_entity, intermediates, name, ocsp_response, now);
        verified.map_err(|error| with_fault(diagnose(&error, &chain(), &self.roots, name, now)))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let verified = self.library.verify_tls12_signature(message, certificate, signed);
        verified.map_err(|error| signature_error(error, certificate))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let verified = self.library.verify_tls13_signature(message, certificate, signed);
        verified.map_err(|error| signature_error(error, certificate))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.library.supported_verify_schemes()
    }
}

/// Finds out why the server's signature of the handshake is refused.
fn signature_error(error: TlsError, certificate: &CertificateDer<'_>) -> TlsError {
    match error {
        TlsError::InvalidCertificate(_) => with_fault(diagnose_signature(certificate)),
        error => error,
    }
}

fn with_fault(fault: CertificateFault) -> TlsError {
    CertificateError::Other(OtherError(Arc::new(fault))).into()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, time::Duration};

    use rustls::pki_types::pem::PemObject as _;

    use super::*;

    fn certificate(name: &str) -> CertificateDer<'static> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/certificates");
        let pem = fs::read(folder.join(name).with_extension("pem")).unwrap();
        CertificateDer::from_pem_slice(&pem).unwrap()
    }

    fn verifier(roots: &[&str]) -> ServerVerifier {
        let mut store = RootCertStore::empty();
        for root in roots {
            store.add(certificate(root)).unwrap();
        }
        ServerVerifier::new(store.into()).unwrap()
    }

    /// Returns why a server with this chain is refused, at a time at which all of them are valid.
    fn fault(roots: &[&str], chain: &[&str], name: &str, year: u64) -> CertificateFault {
        let chain: Vec<_> = chain.iter().map(|name| certificate(name)).collect();
        let now = UnixTime::since_unix_epoch(Duration::from_secs((year - 1970) * 31_556_952));
        let name = ServerName::try_from(name).unwrap();
        let error = verifier(roots).verify_server_cert(&chain[0], &chain[1..], &name, &[], now).unwrap_err();
        fault_of(&error)
    }

    fn fault_of(error: &TlsError) -> CertificateFault {
        let TlsError::InvalidCertificate(CertificateError::Other(OtherError(fault))) = error else {
            panic!("{error:?}")
        };
        fault.downcast_ref::<CertificateFault>().unwrap().clone()
    }

    #[test]
    fn every_certificate_that_is_refused_has_its_reason() {
        let table: &[(&[&str], &[&str], &str, &str)] = &[
            (&["root"], &["self-signed-ca"], "certificate authority (`CA:TRUE`)", "subjectAltName=DNS:api.example"),
            (&["self-signed-ca"], &["self-signed-ca"], "certificate authority (`CA:TRUE`)", "CA:FALSE"),
            (&["root"], &["self-signed"], "`api.example` is self-signed", "name its certificate in `http.caFile`"),
            (&["root"], &["by-inter"], "`api.example`, `Issuing CA`, is no trusted root", "append that certificate to"),
            (&["p521"], &["by-inter", "inter"], "certificate `Issuing CA`, `Root`, is no trusted root", "`Root`"),
            (
                &["p521"],
                &["by-inter", "inter", "root"],
                "the authority `Root`, which is no trusted root",
                "inspects TLS",
            ),
            (&["root"], &["version1"], "is of version 1", "-extfile"),
            (&["root"], &["without-san"], "no `subjectAltName`", "-addext subjectAltName=DNS:api.example"),
            (&["rsa1024"], &["short-issuer"], "`Short Root` is too short: RSA of 1024 bits", "at least 2048 bits"),
            (&["rsaroot"], &["sha1"], "is not supported: SHA-1 with RSA", "SHA-256"),
            (&["rsaroot"], &["md5"], "is not supported: MD5 with RSA", "SHA-256"),
            (&["rsaroot"], &["pss"], "is not supported: RSASSA-PSS", "SHA-256"),
            (&["root"], &["sha512-ecdsa"], "is not supported: ECDSA with SHA-512", "SHA-384"),
            (&["p521"], &["p521-issuer"], "`P-521 Root` is not supported: ECDSA P-521", "P-256"),
            (&["ed448"], &["ed448-issuer"], "is not supported: Ed448", "Ed25519"),
            (&["root"], &["client-auth"], "allows `clientAuth`, `codeSigning`, not `serverAuth`", "serverAuth"),
            (&["root"], &["critical"], "not supported: `1.2.3.4`, `tlsfeature`", "not critical"),
            (&["root"], &["by-notca", "notca"], "`No CA` signed a certificate of the server", "CA:TRUE"),
            (&["root"], &["by-constrained", "constrained"], "(`nameConstraints`), such as `api.example`", "another"),
            (&["root"], &["by-below", "below", "short"], "`pathLenConstraint`", "`pathLenConstraint`"),
        ];
        for (roots, chain, reason, remedy) in table {
            let fault = fault(roots, chain, "api.example", 2050);
            assert!(fault.to_string().contains(reason), "{chain:?}: {fault}");
            assert!(fault.remedy().contains(remedy), "{chain:?}: {}", fault.remedy());
        }
    }

    #[test]
    fn a_certificate_outside_its_validity_is_dated() {
        let chain = &["by-inter", "inter"];
        let expired = fault(&["root"], chain, "api.example", 2200).to_string();
        assert!(expired.contains("has expired at 2126-"), "{expired}");
        assert!(expired.contains("; the clock of this machine says 2199-"), "{expired}");
        let early = fault(&["root"], chain, "api.example", 2000).to_string();
        assert!(early.contains("is not valid yet, but from 2026-"), "{early}");
    }

    #[test]
    fn a_key_that_cannot_sign_a_handshake_is_named() {
        let reason = |name| {
            let error = signature_error(CertificateError::BadSignature.into(), &certificate(name));
            fault_of(&error).to_string()
        };
        assert!(reason("short-key").contains("is too short: RSA of 1024 bits"), "{}", reason("short-key"));
        assert!(reason("p521-key").contains("is not supported: ECDSA P-521"), "{}", reason("p521-key"));
    }
}
