//! The record of one credential.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::recorded_refusal::RecordedRefusal;
use crate::{
    attributes::Imposed,
    fingerprint::Fingerprint,
    renewal::{ExchangeRecord, Memory, WrittenTerm},
    session::{ReplyFields, Times},
};

/// The stored state of one credential.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// Fingerprint of the project, the API and the login options. A session that was requested with others is not adopted.
    pub request: Fingerprint,
    /// The last exchange.
    pub last_exchange: ExchangeRecord,
    /// The last refusal, unless a session was written after it.
    pub refusal: Option<RecordedRefusal>,
    /// The last token that was written.
    pub written: Option<WrittenToken>,
}

/// A token that was written.
#[derive(Clone, PartialEq, Debug)]
pub struct WrittenToken {
    /// Fingerprint of the token's bytes.
    pub token: Fingerprint,
    /// The number of this token on disk, which each newer one exceeds.
    pub generation: u64,
    /// Its lifetime and renewal, for the schedule.
    pub term: WrittenTerm,
    /// Whether its signature was verified.
    pub verified: bool,
    /// `keyId` of the reply.
    pub key_id: Option<String>,
    /// The fields of the reply that outputs name. They may be personal data.
    pub fields: ReplyFields,
    /// Its times, as published to readers.
    pub times: Times,
    /// The files that hold it.
    pub outputs: Vec<PathBuf>,
    /// What file systems imposed on some of these files.
    pub imposed: Vec<ImposedOutput>,
    /// Whether its hooks have not run yet.
    pub hooks_owed: bool,
}

/// A file with attributes that its file system imposed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImposedOutput {
    /// The file.
    pub path: PathBuf,
    /// The attributes.
    pub imposed: Imposed,
}

/// Returns the lowest number of a token that is written at this time of the wall clock, since the Unix epoch: milliseconds, so that
/// numbers grow also where an earlier record is lost.
pub fn generation_at(wall: Duration) -> u64 {
    u64::try_from(wall.as_millis()).unwrap_or(u64::MAX)
}

impl WrittenToken {
    /// What the file system imposed on a file when it was written.
    pub fn imposed_on(&self, file: &Path) -> Option<&Imposed> {
        self.imposed.iter().find(|output| output.path == file).map(|output| &output.imposed)
    }
}

impl Record {
    /// Whether its token was written to one of these files.
    pub fn is_of_any(&self, files: &[&Path]) -> bool {
        self.written
            .as_ref()
            .is_some_and(|written| written.outputs.iter().any(|output| files.contains(&output.as_path())))
    }

    /// Returns the part that the schedule uses.
    pub fn memory(&self) -> Memory {
        Memory { asked: self.last_exchange, written: self.written.as_ref().map(|written| written.term) }
    }
}
