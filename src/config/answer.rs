//! Single answers that become values of a configuration: the same rules as for the fields, before there is a file.

use std::path::Path;

use super::{
    diagnostics::{Diagnostics, Location},
    environment::Environment,
    mistake::Mistakes,
    overrides::Project,
    reader::Text,
    value::{base_url, name, path, project},
};
use crate::exchange::BaseUrl;

/// A value that is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// `projectId`
    ProjectId,
    /// `baseUrl`
    BaseUrl,
    /// `credentials[].name`
    Name,
    /// `credentials[].accessKeyFile`, an absolute path
    AccessKeyFile,
    /// `credentials[].outputs[].path`, an absolute path; `-` is refused
    Output,
}

impl Asked {
    /// Returns the flag of the value.
    pub fn flag(self) -> &'static str {
        match self {
            Self::ProjectId => "--project-id",
            Self::BaseUrl => "--base-url",
            Self::Name => "--name",
            Self::AccessKeyFile => "--access-key-file",
            Self::Output => "--output",
        }
    }

    /// Checks an answer as the field would be checked. The example of the README is no project id.
    pub fn check(self, answer: &str) -> Result<(), Mistakes> {
        let environment = Environment::default();
        let mut diagnostics = Diagnostics::new(&environment, Path::new("/"), "");
        let location = Location::Flag(self.flag());
        let text = Text::outside(answer, location.clone());
        match self {
            Self::ProjectId => {
                if let Some(id) = project::read(&text, &mut diagnostics) {
                    let own = BaseUrl::of_project(&id);
                    Project { id, location }.refuse_example(&own, &mut diagnostics);
                }
            }
            Self::BaseUrl => _ = base_url::read(&text, false, &mut diagnostics),
            Self::Name => _ = name::read_text(text, &mut diagnostics),
            Self::AccessKeyFile => _ = path::file_of(&text, &mut diagnostics),
            Self::Output => _ = path::output_of(&text, &mut diagnostics),
        }
        diagnostics.end(None, "").map(|_| ())
    }
}
