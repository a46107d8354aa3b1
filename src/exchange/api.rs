//! A project and the base URL of its API.

use super::{BaseUrl, ProjectId};

/// The project of a configuration, and the base URL of its API.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Api {
    /// The project.
    pub project: ProjectId,
    /// The base URL of its API.
    pub base_url: BaseUrl,
}
