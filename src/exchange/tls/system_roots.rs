//! The certificates that the system trusts: files and folders of PEM, in the places of OpenSSL.

use std::{
    collections::{BTreeSet, HashSet},
    env,
    fs::{self, File, Metadata},
    hash::BuildHasher as _,
    io::{BufRead, BufReader},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use base64::{
    Engine as _, alphabet,
    engine::general_purpose::{GeneralPurpose, PAD},
};
use rustls::pki_types::CertificateDer;

/// Passes on each certificate; the same one may come from several files. Skips what cannot be read. Blocks on the disk.
pub(super) fn each(take: impl FnMut(CertificateDer<'static>)) {
    let (file, folders) = places();
    each_in(file.as_deref(), &folders, take);
}

/// Returns the variable that replaces the system's roots by others, if one is set.
pub(super) fn replacing_variable() -> Option<&'static str> {
    [FILE_VARIABLE, FOLDERS_VARIABLE].into_iter().find(|name| env::var_os(name).is_some())
}

/// Returns the file and the folders: those of the variables, as in OpenSSL, else the distribution's.
fn places() -> (Option<PathBuf>, Vec<PathBuf>) {
    let file = env::var_os(FILE_VARIABLE).map(PathBuf::from);
    let folders = env::var_os(FOLDERS_VARIABLE).unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&folders).filter(|folder| !folder.as_os_str().is_empty()).collect();
    if file.is_some() || !folders.is_empty() {
        return (file, folders);
    }
    let found = openssl_probe::probe();
    (found.cert_file, found.cert_dir)
}

/// Reads each file once: in a folder, several links lead to one file. Decodes each certificate once: a distribution's file holds those of
/// its folder too, and decoding is what takes the time.
fn each_in(file: Option<&Path>, folders: &[PathBuf], mut take: impl FnMut(CertificateDer<'static>)) {
    let (mut read, mut known) = (BTreeSet::new(), HashSet::new());
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok());
    let entries = entries.flat_map(|entries| entries.filter_map(Result::ok)).map(|entry| entry.path());
    let mut new = |base64: &str| {
        if known.insert(known.hasher().hash_one(base64))
            && let Ok(der) = PEM.decode(base64)
        {
            take(der.into());
        }
    };
    for path in file.map(Path::to_owned).into_iter().chain(entries) {
        let found = fs::metadata(&path).ok().filter(Metadata::is_file);
        if found.is_some_and(|found| read.insert((found.dev(), found.ino())))
            && let Ok(file) = File::open(&path)
        {
            each_section(BufReader::new(file), &mut new);
        }
    }
}

/// Passes on the text between the lines `BEGIN CERTIFICATE` and `END CERTIFICATE`, without white space, until the file ends or cannot be
/// read.
fn each_section(mut pem: impl BufRead, mut take: impl FnMut(&str)) {
    let (mut line, mut section, mut is_within) = (Vec::new(), String::new(), false);
    while pem.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        match line.trim_ascii() {
            BEGIN => {
                section.clear();
                is_within = true;
            }
            END if is_within => {
                take(&section);
                is_within = false;
            }
            // What is no text cannot be decoded.
            text if is_within => section.push_str(str::from_utf8(text).unwrap_or("!")),
            _ => {}
        }
        line.clear();
    }
}

/// Roots are public, so they are decoded faster than keys, whose decoding must take the same time for all.
const PEM: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PAD);
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";
const FILE_VARIABLE: &str = "SSL_CERT_FILE";
const FOLDERS_VARIABLE: &str = "SSL_CERT_DIR";

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use rustls::pki_types::pem::PemObject as _;

    use super::*;

    fn found(file: Option<&Path>, folders: &[PathBuf]) -> usize {
        let mut count = 0;
        each_in(file, folders, |_| count += 1);
        count
    }

    #[test]
    fn each_file_is_read_once_and_what_is_none_is_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/certificates");
        let (root, other) = (fs::read(data.join("root.pem")).unwrap(), fs::read(data.join("p521.pem")).unwrap());
        let path = |name: &str| folder.path().join(name);
        fs::write(
            path("bundle.crt"),
            [&root[..], b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", &other].concat(),
        )
        .unwrap();
        fs::write(path("one.pem"), &root).unwrap();
        fs::create_dir(path("folder")).unwrap();
        symlink("one.pem", path("4a6481c9.0")).unwrap();
        symlink("nothing", path("dangling.0")).unwrap();
        let folders = [folder.path().to_owned(), path("missing")];
        assert_eq!(found(None, &folders), 2);
        assert_eq!(found(Some(&path("bundle.crt")), &folders), 2);
        assert_eq!(found(Some(&path("bundle.crt")), &[]), 2);
        assert_eq!(found(Some(&path("folder")), &[]), 0);
        assert_eq!(found(Some(&path("missing")), &[]), 0);
    }

    #[test]
    fn the_same_certificates_are_found_as_by_the_library() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/certificates");
        let one = fs::read_to_string(data.join("root.pem")).unwrap();
        let two = fs::read_to_string(data.join("p521.pem")).unwrap();
        let section = |from: &str| one.replace("CERTIFICATE", from);
        for pem in [
            format!("{one}{two}"),
            format!("# a comment\n{one}\n\ntext\n{two}").replace('\n', "\r\n"),
            format!("{}\n{two}", one.trim_end()),
            one.trim_end().to_owned(),
            format!("{}{two}", section("PRIVATE KEY")),
            format!("{}{two}", section("TRUSTED CERTIFICATE")),
            one.replace("-----END CERTIFICATE-----", ""),
            one.replace('M', "!"),
            String::new(),
        ] {
            let by_library: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok).collect();
            let mut found = Vec::new();
            each_section(pem.as_bytes(), |base64| found.extend(PEM.decode(base64).ok().map(CertificateDer::from)));
            assert_eq!(found, by_library, "{pem}");
        }
    }
}
