//! A project at an API.

use super::{BaseUrl, ProjectId};

/// The project of a configuration, and where its API is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Api {
    /// The project.
    pub project: ProjectId,
    /// Where its API is.
    pub base_url: BaseUrl,
}
