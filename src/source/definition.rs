//! A source of sessions as configured: its kind, and what its sessions must meet.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::json;

use super::{
    access_key::AccessKey,
    answer::{NotStored, RotatedSecret},
    answers::Answers,
    chain::ChainLink,
    chain_folder::{ChainLock, CopiedChains},
    expectation::{Expectation, ExpectedIssuer},
    kind::Kind,
    material::Material,
    public_key::PublicKeys,
    rules::Rules,
    secret_file,
    secret_kind::{SecretFile, SecretKind},
    suspect_text::judge,
    suspicion::{SuspectFile, Suspicion},
    token_chain::NotLocked,
    unusable::ReadError,
};
use crate::{
    exchange::{Api, Origin},
    fingerprint::Fingerprint,
    renewal::RefusalClass,
    secret::Secret,
    session::ReplyField,
};

/// A source of sessions.
#[derive(Clone, PartialEq, Debug)]
pub struct Source {
    /// How sessions are obtained.
    pub kind: Kind,
    /// What the claims of a session must be (`verify`).
    pub rules: Rules,
    /// The file with the only public keys that may sign sessions (`publicKeyFile`).
    pub public_key_file: Option<PathBuf>,
    /// The fields of the reply that outputs name (`outputs[].fields`).
    pub fields: BTreeSet<ReplyField>,
}

impl From<Kind> for Source {
    /// Returns a source without rules of its own.
    fn from(kind: Kind) -> Self {
        Self { kind, rules: Rules::default(), public_key_file: None, fields: BTreeSet::new() }
    }
}

impl From<AccessKey> for Source {
    fn from(access_key: AccessKey) -> Self {
        Kind::AccessKey(access_key).into()
    }
}

impl Source {
    /// Returns every file that it reads. Watching, confinement, path conflicts, protected keys, redaction and the
    /// printed plan use this list. A file that is not in it is not watched.
    pub fn files(&self) -> Vec<SecretFile<'_>> {
        let public_key = self.public_key_file.iter().map(|path| SecretFile { kind: SecretKind::PublicKey, path });
        self.kind.files().into_iter().chain(public_key).collect()
    }

    /// Reads its secrets, with a size limit. Changes nothing. Blocks on the disk.
    pub fn read(&self) -> Result<Material, ReadError> {
        let public_keys = self.public_key_file.as_deref().map(PublicKeys::read).transpose()?;
        Ok(Material { secrets: self.kind.read()?, public_keys })
    }

    /// Reads its secrets and checks that a secret from the reply could be stored, so that no request is sent in vain.
    /// Blocks on the disk.
    pub fn read_for_exchange(&self) -> Result<Material, ReadError> {
        self.kind.reserve()?;
        self.read()
    }

    /// Returns the files that probably hold something else than their secret. Those that cannot be read are left out. Blocks on
    /// the disk.
    pub fn suspects(&self) -> Vec<SuspectFile> {
        let suspect = |file: SecretFile<'_>| {
            let content = secret_file::read(file.path, SUSPECT_BYTES_MAX).ok()?;
            let suspicion = match file.kind {
                SecretKind::Answers => Answers::parse(&content).ok()?.suspicion()?,
                kind => judge(kind, &content)?,
            };
            Some(SuspectFile { kind: file.kind, path: file.path.to_owned(), suspicion })
        };
        self.files().into_iter().filter_map(suspect).collect()
    }

    /// Returns which file of a material that was denied probably holds something else.
    pub(super) fn suspect_of(&self, (kind, suspicion): (SecretKind, Suspicion)) -> Option<SuspectFile> {
        let file = self.files().into_iter().find(|file| file.kind == kind)?;
        Some(SuspectFile { kind, path: file.path.to_owned(), suspicion })
    }

    /// Whether a reply can replace its secret. An exchange of such a source is never abandoned once it is sent.
    pub fn rotates(&self) -> bool {
        self.kind.rotates()
    }

    /// Stores rotated secrets of this credential in the state directory.
    pub fn keep_in(&mut self, state_directory: &Path, credential: &str) {
        self.kind.keep_in(state_directory, credential);
    }

    /// Whether another state directory has rotated secrets of this credential. Blocks on the disk.
    pub fn has_chain_in(&self, state_directory: &Path, credential: &str) -> bool {
        self.kind.has_chain_in(state_directory, credential)
    }

    /// Copies rotated secrets of this credential from another state directory: all of them if they are certainly its own, else the
    /// chain of the secret that is mounted now. Blocks on the disk.
    pub fn copy_chain_from(
        &self,
        state_directory: &Path,
        credential: &str,
        is_certain: bool,
    ) -> io::Result<Option<CopiedChains>> {
        self.kind.copy_chain_from(state_directory, credential, is_certain)
    }

    /// Excludes other processes while its secret may be replaced; `None` if it never rotates. Blocks on
    /// the disk.
    pub fn lock(&self) -> Result<Option<ChainLock>, NotLocked> {
        self.kind.lock()
    }

    /// Stores a rotated secret from the reply to a request with `link`, so that a crash cannot lose it. Blocks on the
    /// disk.
    pub fn store(&self, link: Option<ChainLink>, rotated: &RotatedSecret) -> Result<(), NotStored> {
        self.kind.store(link, rotated)
    }

    /// Notes that `link` has brought a session. If it is of the mounted secret, rotated secrets of other mounted ones are
    /// removed. Blocks on the disk.
    pub fn granted(&self, link: ChainLink) {
        self.kind.granted(link);
    }

    /// Notes that `link` was denied: another one may be used instead. Blocks on the disk.
    pub fn denied(&self, link: ChainLink) {
        self.kind.denied(link);
    }

    /// Returns how long before the end of its refresh token a person is warned; `None` if it has none.
    pub fn refresh_warn_before(&self) -> Option<Duration> {
        self.kind.refresh_warn_before()
    }

    /// Describes the stored secrets that replace mounted ones, for the printed plan; `None` if it never rotates. Blocks on the
    /// disk.
    pub fn stored_tokens(&self) -> Option<String> {
        self.kind.stored_tokens()
    }

    /// Removes the rotated token of `link`, which the server denied: the mounted one is presented next. Blocks on the disk.
    pub(super) fn forget(&self, link: ChainLink) {
        self.kind.forget(link);
    }

    /// Returns the origin of its requests. Pace, quiet periods and admission of that origin apply to its exchanges.
    pub fn origin(&self, api: &Api) -> Origin {
        self.kind.origin(api)
    }

    /// Returns the rules that its sessions must meet before they are published.
    pub fn expectation(&self, api: &Api) -> Expectation {
        Expectation { issuer: self.issuer(api), rules: self.rules.clone(), fields: self.fields.clone() }
    }

    /// Returns the fingerprint of all settings that affect its sessions, without the secrets. A token of an earlier
    /// process with another fingerprint is not reused.
    pub fn request_fingerprint(&self, api: &Api) -> Fingerprint {
        let mut terms = vec![json!(api.project.as_str()), json!(api.base_url.to_string())];
        terms.extend(self.kind.request_terms());
        if *self != Self::from(self.kind.clone()) {
            let Rules { audience, tenant, claims } = &self.rules;
            let fields: Vec<_> = self.fields.iter().map(|field| field.name()).collect();
            terms.push(json!([audience, tenant, claims, self.public_key_file, fields]));
        }
        Secret::new(serde_json::Value::from(terms).to_string()).fingerprint()
    }

    /// Returns names and values of its options that are not the default, for the printed plan. Claims may be
    /// confidential, so only their names are included.
    pub fn terms(&self) -> Vec<(&'static str, String)> {
        let rules = self.rules.names();
        let rules = (!rules.is_empty()).then(|| ("verify", rules.join(", ")));
        self.kind.terms().into_iter().chain(rules).collect()
    }

    /// Returns the same source for the file of this name in the same folder, which is one credential of a key folder.
    #[must_use]
    pub fn named(&self, file_name: &str) -> Self {
        Self { kind: self.kind.named(file_name), ..self.clone() }
    }

    /// Returns the name of its secret for messages.
    pub fn noun(&self) -> &'static str {
        self.kind.noun()
    }

    /// Returns what logs and the status show for a key of its identities that is not the present one; `None` if it may
    /// depend on something that can be guessed.
    pub fn shown_key(&self, key: Fingerprint) -> Option<Fingerprint> {
        self.kind.has_only_strong_secrets().then_some(key)
    }

    /// Returns the message for a read that does not end.
    pub fn hangs(&self) -> String {
        let file = |file: &SecretFile| format!("the {} file `{}`", file.kind.noun(), file.path.display());
        let files: Vec<_> = self.files().iter().map(file).collect();
        format!("reading {} hangs", files.join(" or "))
    }

    /// Returns the remedy if it cannot be read.
    pub fn missing_remedy(&self) -> String {
        self.kind.missing_remedy()
    }

    /// Returns the remedy for a refusal of this class, where this source knows more than the class.
    pub fn refused_remedy(&self, class: RefusalClass) -> Option<String> {
        match class {
            RefusalClass::Denied => Some(self.kind.denied_remedy()),
            RefusalClass::Garbled => self.garbled_remedy().map(str::to_owned),
            RefusalClass::Blocked | RefusalClass::Busy | RefusalClass::Failed | RefusalClass::Unreachable => None,
        }
    }

    /// Returns the remedy for a denial.
    pub fn denied_remedy(&self) -> String {
        self.kind.denied_remedy()
    }

    /// Returns the remedy for a refresh token that ends soon; `None` if its sessions come from another secret.
    pub fn sign_in_remedy(&self) -> Option<String> {
        self.kind.sign_in_remedy()
    }

    /// Returns the remedy for an unusable session, if its own rules or public keys may be the reason.
    fn garbled_remedy(&self) -> Option<&'static str> {
        match (self.rules.is_empty(), &self.public_key_file) {
            (true, None) => None,
            (false, None) => {
                Some("compare `verify` with the claims of the project's sessions; check `baseUrl` and `projectId`")
            }
            (true, Some(_)) => {
                Some("compare `publicKeyFile` with the keys of the project; check `baseUrl` and `projectId`")
            }
            (false, Some(_)) => Some(
                "compare `verify` and `publicKeyFile` with the project's sessions; check `baseUrl` and `projectId`",
            ),
        }
    }

    fn issuer(&self, api: &Api) -> ExpectedIssuer {
        self.kind.issuer(api)
    }
}

/// Longer content is not judged. Tokens have 32 KiB at most.
const SUSPECT_BYTES_MAX: usize = 64 * 1024;
