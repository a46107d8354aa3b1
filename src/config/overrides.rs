//! Values from flags and the environment, which override the file, and defaults that depend on other values.

use std::path::{Path, PathBuf};

use super::{
    diagnostics::{Diagnostics, Location},
    model::{Credential, KeyDirectory},
    own_outputs::OwnOutputs,
    reader::{Field, Text},
    source::ConfigSource,
    state_place,
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

    /// Returns the project with its place: overridden, else from the file. The caller reports a missing one, because it
    /// knows the remedy.
    pub(super) fn project(&self, of_file: Option<Field>, diagnostics: &mut Diagnostics) -> Option<Project> {
        let text = match &self.project_id {
            Some(text) => text,
            None => &of_file?.text(diagnostics)?,
        };
        Some(Project { id: project::read(text, diagnostics)?, location: text.location.clone() })
    }

    /// Whether a project was given outside the file.
    pub(super) fn has_project(&self) -> bool {
        self.project_id.is_some()
    }

    /// Returns the base URL: overridden, else from the file, else Descope's own for the project's region.
    pub(super) fn base_url(
        &self,
        of_file: Option<Field>,
        project: Option<&Project>,
        allow_plain_http: bool,
        diagnostics: &mut Diagnostics,
    ) -> Option<BaseUrl> {
        let url = match (&self.base_url, of_file) {
            (Some(text), _) => base_url::read(text, allow_plain_http, diagnostics),
            (None, Some(field)) => {
                field.text(diagnostics).and_then(|text| base_url::read(&text, allow_plain_http, diagnostics))
            }
            (None, None) => project.map(|project| BaseUrl::of_project(&project.id)),
        }?;
        if let Some(project) = project {
            project.refuse_example(&url, diagnostics);
        }
        Some(url)
    }
}

/// The project, and where its id was given.
pub(super) struct Project {
    pub(super) id: ProjectId,
    pub(super) location: Location,
}

impl Project {
    /// Refuses the example of the README before Descope is asked for it. A stand-in such as the sandbox may use any id. In a
    /// file it is legal to look at, because the example configurations have it, but not to send requests with.
    pub(super) fn refuse_example(&self, url: &BaseUrl, diagnostics: &mut Diagnostics) {
        if !self.id.is_example() || !url.is_descopes_own() {
            return;
        }
        let what = format!("`{}`: this is the example of the README, not your project", self.id);
        match self.location {
            Location::Flag(_) | Location::Variable(_) => diagnostics.mistake(&self.location, what, WHERE_THE_ID_IS),
            Location::File { .. } | Location::WholeFile { .. } => {
                diagnostics.not_to_send(&self.location, what, WHERE_THE_ID_IS);
            }
        }
    }
}

/// The state directory, if the file has none.
pub(super) struct StateDirectory {
    pub(super) path: PathBuf,
    /// Where earlier versions kept the state, if the path is the default one.
    pub(super) former: Option<PathBuf>,
}

impl StateDirectory {
    /// One that a person has chosen.
    pub(super) fn chosen(path: PathBuf) -> Self {
        Self { path, former: None }
    }
}

/// Returns the state directory if the file has none: `$STATE_DIRECTORY` (systemd; the first of several), else a folder beside the
/// first output that is in no set. Blocks on the disk.
pub(super) fn state_directory(
    credentials: &[Credential],
    key_directories: &[KeyDirectory],
    diagnostics: &mut Diagnostics,
) -> Option<StateDirectory> {
    if let Some(value) = diagnostics.setting(STATE_VARIABLE) {
        let first = value.split(':').next().unwrap_or_default();
        let path = path::folder(&Text::outside(first, Location::Variable(STATE_VARIABLE)), diagnostics);
        return path.map(StateDirectory::chosen);
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
    let folder = first.folder()?.ancestors().find(|folder| !has_placeholder(folder))?;
    let path = state_place::beside(folder, &first.name(), &OwnOutputs::new(credentials, key_directories));
    Some(StateDirectory { path, former: Some(folder.to_owned()) })
}

/// The remedy for a missing project id.
pub(super) const PROJECT_REMEDY: &str = "write `projectId: P2…`, set `$DESCOPE_PROJECT_ID` or give `--project-id`";

const WHERE_THE_ID_IS: &str = "copy yours from the console: https://app.descope.com/settings/project";
const STATE_REMEDY: &str = "write something like `stateDirectory: /var/lib/tokenwell`, or set `$STATE_DIRECTORY`";
const PROJECT_VARIABLE: &str = "DESCOPE_PROJECT_ID";
/// Some of Descope's SDKs use the second name.
const BASE_URL_VARIABLES: [&str; 2] = ["DESCOPE_BASE_URL", "DESCOPE_BASE_URI"];
const STATE_VARIABLE: &str = "STATE_DIRECTORY";
