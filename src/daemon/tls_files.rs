//! The files of certificates, and whether they changed since the clients were made of them.

use std::path::PathBuf;

use super::single_flight::SingleFlight;
use crate::{
    config::Digest,
    exchange::{ClientError, Clients, HttpSettings},
};

/// A file with its content's digest.
pub(super) type FileDigest = (PathBuf, Digest);

/// New clients, and the settings of which they were made.
pub(super) type NewClients = (HttpSettings, Result<Clients, ClientError>);

/// The files of certificates as the last scan found them.
#[derive(Debug, Default)]
pub(super) struct TlsFiles {
    found: Vec<FileDigest>,
    making: SingleFlight,
    /// Why the files cannot be used; logged once.
    error: Option<String>,
    /// Whether clients that are made now are of other files than those before. The files of a configuration that named none at the start
    /// are usually those of which the reload has made clients already.
    is_confirmed: bool,
}

/// What to log after clients were made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TlsNews {
    /// They are in use.
    Used,
    /// They cannot be used, and the former ones stay.
    Refused,
    /// That is known already.
    Known,
}

impl TlsFiles {
    /// Takes the files as they were before the first clients were made of them, so a change since then is noticed by the first scan.
    pub(super) fn before_clients(found: Vec<FileDigest>) -> Self {
        Self { is_confirmed: !found.is_empty(), found, ..Self::default() }
    }

    /// Takes what a scan found. Returns whether to make new clients now: of files that changed, or that another configuration
    /// names.
    pub(super) fn scanned(&mut self, found: Vec<FileDigest>) -> bool {
        if self.found == found {
            return false;
        }
        let is_any = !found.is_empty();
        self.found = found;
        is_any && self.making.begin()
    }

    /// Notes the end of making clients. Returns whether to make them again, because files have changed meanwhile.
    pub(super) fn ended(&mut self) -> bool {
        self.making.end() && self.making.begin()
    }

    /// Notes the result of making clients.
    pub(super) fn made(&mut self, error: Option<String>) -> TlsNews {
        let news = match (&self.error, &error) {
            (None, None) if !self.is_confirmed => TlsNews::Known,
            (_, None) => TlsNews::Used,
            (Some(before), Some(now)) if before == now => TlsNews::Known,
            (_, Some(_)) => TlsNews::Refused,
        };
        self.is_confirmed = true;
        self.error = error;
        news
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn clients_are_made_once_for_each_change() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let found = |text: &str| {
            fs::write(&file, text).unwrap();
            vec![(file.clone(), Digest::of_file(&file))]
        };
        let mut files = TlsFiles::default();
        assert!(!files.scanned(Vec::new()), "there are none");
        assert!(files.scanned(found("a")));
        assert!(!files.scanned(found("a")), "nothing changed");
        assert!(!files.scanned(found("b")), "others are being made");
        assert!(files.ended(), "of the former files");
        assert!(!files.ended());
        assert!(files.scanned(found("c")));
    }

    #[test]
    fn files_that_are_as_before_the_first_clients_make_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        fs::write(&file, "a").unwrap();
        let found = || vec![(file.clone(), Digest::of_file(&file))];
        let mut files = TlsFiles::before_clients(found());
        assert!(!files.scanned(found()));
        fs::write(&file, "b").unwrap();
        assert!(files.scanned(found()), "it changed");
        assert_eq!(files.made(None), TlsNews::Used);
    }

    #[test]
    fn a_refusal_is_news_once() {
        let mut files = TlsFiles::default();
        let error = |text: &str| Some(text.to_owned());
        assert_eq!(files.made(None), TlsNews::Known, "the files are those of the start");
        let news = [error("a"), error("a"), error("b"), None, error("b")].map(|error| files.made(error));
        assert_eq!(news, [TlsNews::Refused, TlsNews::Known, TlsNews::Refused, TlsNews::Used, TlsNews::Refused]);
    }
}
