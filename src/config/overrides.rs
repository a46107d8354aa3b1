//! Values from flags and the environment, which override the file, and defaults that depend on other values.

use std::path::{Path, PathBuf};

use super::{
    diagnostics::{Diagnostics, Location},
    model::{Credential, KeyDirectory},
    reader::{Field, Text},
    source::ConfigSource,
    value::{base_url, path, project},
};
use crate::exchange::{BaseUrl, ProjectId};

/// Values from outside the file. A field of the file that is overridden is not validated.
pub(super) struct Overrides {
    project_id: Option<Text>,
    base_url: Option<Text>,
}

impl Overrides {
    /// Reads flags and variables; flags override variables.
    pub(super) fn new(source: &ConfigSource, diagnostics: &mut Diagnostics) -> Self {
        let mut first = |flag: &'static str, value: &Option<String>, variables: &[&'static str]| {
            let of_flag = value.as_ref().map(|value| Text::outside(value, Location::Flag(flag)));
            of_flag.or_else(|| {
                let mut found = variables.iter().filter_map(|name| Some((*name, diagnostics.setting(name)?)));
                found.next().map(|(name, value)| Text::outside(&value, Location::Variable(name)))
            })
        };
        Self {
            project_id: first("--project-id", &source.project_id, &[PROJECT_VARIABLE]),
            base_url: first("--base-url", &source.base_url, &BASE_URL_VARIABLES),
        }
    }

    /// Returns the project: overridden, else from the file. The caller reports a missing one, because it knows the
    /// remedy.
    pub(super) fn project(&self, of_file: Option<Field>, diagnostics: &mut Diagnostics) -> Option<ProjectId> {
        if let Some(text) = &self.project_id {
            return project::read(text, diagnostics);
        }
        of_file.and_then(|field| field.text(diagnostics)).and_then(|text| project::read(&text, diagnostics))
    }

    /// Whether a project was given outside the file.
    pub(super) fn has_project(&self) -> bool {
        self.project_id.is_some()
    }

    /// Returns the base URL: overridden, else from the file, else Descope's own for the project's region.
    pub(super) fn base_url(
        &self,
        of_file: Option<Field>,
        project: Option<&ProjectId>,
        allow_plain_http: bool,
        diagnostics: &mut Diagnostics,
    ) -> Option<BaseUrl> {
        if let Some(text) = &self.base_url {
            return base_url::read(text, allow_plain_http, diagnostics);
        }
        match of_file {
            Some(field) => {
                field.text(diagnostics).and_then(|text| base_url::read(&text, allow_plain_http, diagnostics))
            }
            None => project.map(BaseUrl::of_project),
        }
    }
}

/// Returns the state directory if the file has none: `$STATE_DIRECTORY` (systemd; the first of several), else the
/// folder of the first output that is in no set.
pub(super) fn state_directory(
    credentials: &[Credential],
    key_directories: &[KeyDirectory],
    diagnostics: &mut Diagnostics,
) -> Option<PathBuf> {
    if let Some(value) = diagnostics.setting(STATE_VARIABLE) {
        let first = value.split(':').next().unwrap_or_default();
        return path::folder(&Text::outside(first, Location::Variable(STATE_VARIABLE)), diagnostics);
    }
    let patterns = key_directories.iter().map(|directory| &directory.pattern);
    let mut outputs = credentials.iter().chain(patterns).flat_map(|credential| &credential.outputs).peekable();
    outputs.peek()?;
    let Some(first) = outputs.find(|output| !output.is_in_set()) else {
        let what = "missing, and every output is in a set, which may hold no other files";
        diagnostics.mistake(&Location::WholeFile { path: "stateDirectory".to_owned() }, what, STATE_REMEDY);
        return None;
    };
    // The folder of `/run/{name}/jwt` is different for each key, so their common parent is used.
    let has_placeholder = |folder: &Path| folder.to_string_lossy().contains(path::NAME_PLACEHOLDER);
    first.folder()?.ancestors().find(|folder| !has_placeholder(folder)).map(Path::to_owned)
}

/// The remedy for a missing project id.
pub(super) const PROJECT_REMEDY: &str = "write `projectId: P2…`, set `$DESCOPE_PROJECT_ID` or give `--project-id`";

const STATE_REMEDY: &str = "write something like `stateDirectory: /var/lib/tokenwell`, or set `$STATE_DIRECTORY`";
const PROJECT_VARIABLE: &str = "DESCOPE_PROJECT_ID";
/// Some of Descope's SDKs use the second name.
const BASE_URL_VARIABLES: [&str; 2] = ["DESCOPE_BASE_URL", "DESCOPE_BASE_URI"];
const STATE_VARIABLE: &str = "STATE_DIRECTORY";
