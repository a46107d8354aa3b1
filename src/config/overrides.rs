//! What flags and the environment say, which beats the file; and what is true when nobody says anything.

use std::path::{Path, PathBuf};

use super::{
    diagnostics::{Diagnostics, Location},
    model::{Credential, KeyDirectory},
    reader::{Field, Text},
    source::Source,
    value::{base_url, path, project},
};
use crate::exchange::{BaseUrl, ProjectId};

/// Values from outside the file. The field of the file that one of them beats is not looked at.
pub(super) struct Overrides {
    project_id: Option<Text>,
    base_url: Option<Text>,
}

impl Overrides {
    /// Flags beat the environment.
    pub(super) fn new(source: &Source, diagnostics: &mut Diagnostics) -> Self {
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

    /// The project: as overridden, else as the file says. That it is missing is for the caller to say, who knows the remedy.
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

    /// The API: as overridden, else as the file says, else Descope's own for the project.
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

/// Where state is kept if the file does not say: `$STATE_DIRECTORY` (systemd; the first, if there are several), else
/// beside the first output that is in no set.
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
        let what = "missing, and every output is in a set, where nothing else may stand";
        diagnostics.mistake(&Location::WholeFile { path: "stateDirectory".to_owned() }, what, STATE_REMEDY);
        return None;
    };
    // The folder of `/run/{name}/jwt` is one of many: their common parent is meant.
    let has_mark = |folder: &Path| folder.to_string_lossy().contains(path::NAME_MARK);
    first.folder()?.ancestors().find(|folder| !has_mark(folder)).map(Path::to_owned)
}

/// What to do about a project id that is missing.
pub(super) const PROJECT_REMEDY: &str = "write `projectId: P2…`, set `$DESCOPE_PROJECT_ID` or give `--project-id`";

const STATE_REMEDY: &str = "write such as `stateDirectory: /var/lib/tokenwell`, or set `$STATE_DIRECTORY`";
const PROJECT_VARIABLE: &str = "DESCOPE_PROJECT_ID";
/// The second is what some of Descope's SDKs call it.
const BASE_URL_VARIABLES: [&str; 2] = ["DESCOPE_BASE_URL", "DESCOPE_BASE_URI"];
const STATE_VARIABLE: &str = "STATE_DIRECTORY";
