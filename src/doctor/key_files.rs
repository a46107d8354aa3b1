//! Key files: whether each is present and complete, protected from other users, and replaceable with a new key.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};

use super::{
    finding::Finding,
    needs::{Need, ProcessUser},
};
use crate::{
    config::Credential,
    source::{self, ReadError, SecretKind, Source},
};

/// Result of probing a key file. Holds none of its content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct KeyFileProbe {
    pub(super) path: PathBuf,
    pub(super) kind: SecretKind,
    /// Why it gives no key, with the remedy.
    pub(super) trouble: Option<String>,
    /// What it probably holds instead of a usable secret, with the remedy.
    suspicion: Option<String>,
    is_forbidden: bool,
    /// Whether group or others may write it.
    is_writable_by_others: bool,
    /// Whether the file itself is a mount.
    is_mount: bool,
}

/// Probes each key file once. Blocks on the disk.
pub(super) fn probe(credentials: &[Credential]) -> Vec<KeyFileProbe> {
    let mut probes = BTreeMap::new();
    for source in credentials.iter().map(|credential| &credential.source) {
        for file in source.files() {
            probes.entry(file.path).or_insert_with_key(|path| probe_file(path, file.kind, source));
        }
    }
    probes.into_values().collect()
}

fn probe_file(path: &Path, kind: SecretKind, source: &Source) -> KeyFileProbe {
    let error = source.read().err().filter(|error| error.path == path);
    let suspect = source.suspects().into_iter().find(|suspect| suspect.path == path);
    let stat = statx(CWD, path, AtFlags::empty(), StatxFlags::empty());
    KeyFileProbe {
        path: path.to_owned(),
        kind,
        is_forbidden: error.as_ref().is_some_and(ReadError::is_forbidden),
        suspicion: suspect.filter(|_| error.is_none()).map(|suspect| suspect.to_string()),
        trouble: error.map(|error| error.to_string()),
        is_writable_by_others: source::writable_by_others(path),
        is_mount: stat.is_ok_and(|stat| stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)),
    }
}

/// Reports each key file. `folders` describes key folders that cannot be listed; `remarks` are further observations.
pub(super) fn findings(
    probes: &[KeyFileProbe],
    folders: &[String],
    remarks: &[String],
    identity: &ProcessUser,
) -> Vec<Finding> {
    let folders = folders.iter().map(|trouble| Finding::failed(SUBJECT, trouble));
    let remarks = remarks.iter().map(|what| Finding::remark(SUBJECT, what));
    let files = probes.iter().flat_map(|probe| findings_of_file(probe, identity));
    let mut findings: Vec<_> = folders.chain(remarks).chain(files).collect();
    if findings.is_empty() {
        let remedy = "put a file with an access key into a key folder";
        findings.push(Finding::failed(SUBJECT, format!("there is no key file; {remedy}")));
    }
    findings
}

fn findings_of_file(probe: &KeyFileProbe, identity: &ProcessUser) -> Vec<Finding> {
    let KeyFileProbe { path, kind, trouble, suspicion, is_forbidden, is_writable_by_others, is_mount } = probe;
    let (shown, file, noun) = (path.display(), kind.file_noun(), kind.noun());
    let mut findings = Vec::new();
    if let Some(trouble) = trouble {
        let need = Need::Readable { file: path.clone(), group: identity.group };
        let needs = if *is_forbidden { vec![need] } else { Vec::new() };
        findings.push(Finding::failed(SUBJECT, trouble).needing(needs));
    }
    findings.extend(suspicion.iter().map(|suspicion| Finding::remark(SUBJECT, suspicion)));
    if *is_writable_by_others {
        let text = format!("others may write {file} `{shown}`; take that right away (`chmod go-w`)");
        findings.push(Finding::failed(SUBJECT, text));
    }
    if *is_mount {
        let what = "is a mount of its own, as Kubernetes makes for `subPath`: nothing new ever arrives in it";
        findings.push(Finding::failed(SUBJECT, format!("{file} `{shown}` {what}; mount its folder instead")));
    }
    if findings.is_empty() {
        let what = if *kind == SecretKind::AccessKey { "one key".to_owned() } else { format!("the {noun}") };
        findings.push(Finding::passed(SUBJECT, format!("`{shown}` holds {what}")));
    }
    findings
}

const SUBJECT: &str = "key file";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_with_a_key_file_is_reported() {
        let identity = ProcessUser { user: 1000, group: 1000, groups: Vec::new() };
        let good = KeyFileProbe {
            path: "/keys/a".into(),
            kind: SecretKind::AccessKey,
            trouble: None,
            suspicion: None,
            is_forbidden: false,
            is_writable_by_others: false,
            is_mount: false,
        };
        let bad = KeyFileProbe { is_writable_by_others: true, is_mount: true, path: "/keys/b".into(), ..good.clone() };
        let suspicion = Some("key file `/keys/c` seems to hold no usable access key".to_owned());
        let suspect = KeyFileProbe { suspicion, path: "/keys/c".into(), ..good.clone() };
        let lines = findings(&[good, bad, suspect], &["key folder `/k` is missing".to_owned()], &[], &identity);
        let lines: Vec<_> = lines.iter().map(|finding| format!("{:?} {}", finding.status, finding.text)).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        Failed key folder `/k` is missing
        Passed `/keys/a` holds one key
        Failed others may write key file `/keys/b`; take that right away (`chmod go-w`)
        Failed key file `/keys/b` is a mount of its own, as Kubernetes makes for `subPath`: nothing new ever arrives in it; mount its folder instead
        Remark key file `/keys/c` seems to hold no usable access key
        ");
        assert_eq!(
            findings(&[], &[], &[], &identity)[0].text,
            "there is no key file; put a file with an access key into a key folder"
        );
    }
}
