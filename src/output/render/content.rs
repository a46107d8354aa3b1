//! The content of an output: a session with its names and times.

use crate::session::{Session, Times};

/// The content of an output.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// The session.
    pub session: &'a Session,
    /// The name of its credential.
    pub credential: &'a str,
    /// The project's id.
    pub project: &'a str,
    /// Its issue, expiry and renewal times, as outputs publish them.
    pub times: Times,
}
