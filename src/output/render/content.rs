//! What is written of a session.

use crate::session::{Session, Times};

/// What is written of a session.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// The session.
    pub session: &'a Session,
    /// The name of its credential.
    pub credential: &'a str,
    /// The project's id.
    pub project: &'a str,
    /// Its life, as readers are told of it.
    pub times: Times,
}
