//! A configuration of one credential, given by flags alone.

use std::path::{Path, PathBuf};

use super::{
    diagnostics::{Diagnostics, Location},
    model::{Config, Confine, Credential},
    output_paths,
    overrides::{self, Overrides},
    path_conflicts::PathConflicts,
    path_use::Purpose,
    reader::Text,
    section::{http::Http, log::level_of_environment, status::instance_of_environment},
    value::{name, path},
};
use crate::{
    config::model::LogSettings,
    output::Output,
    renewal::Policy,
    source::{AccessKey, Source},
    status::AllowedHosts,
};

/// Builds a configuration from flags, with the same defaults as a file.
pub(super) fn read(
    access_key_file: &Path,
    outputs: &[PathBuf],
    overrides: &Overrides,
    diagnostics: &mut Diagnostics,
) -> Option<Config> {
    let mut conflicts = PathConflicts::default();
    if !overrides.has_project() {
        let remedy = "give `--project-id`, or set `$DESCOPE_PROJECT_ID`";
        diagnostics.mistake(&Location::Flag("--project-id"), "missing", remedy);
    }
    let project = overrides.project(None, diagnostics);
    let base_url = overrides.base_url(None, project.as_ref(), false, diagnostics);
    let access_key_file = file(access_key_file, ACCESS_KEY_FLAG, Purpose::SecretFile, &mut conflicts, diagnostics);
    let outputs: Vec<_> =
        outputs.iter().map(|path| file(path, OUTPUT_FLAG, Purpose::Output, &mut conflicts, diagnostics)).collect();
    conflicts.check(diagnostics);
    output_paths::warn(&conflicts, diagnostics);
    let outputs = outputs.into_iter().map(|path| path.map(Output::at)).collect::<Option<_>>()?;
    let log = LogSettings { level: level_of_environment(diagnostics), ..LogSettings::default() };
    let instance = instance_of_environment(diagnostics);
    let credential = credential(access_key_file?, outputs);
    let state = overrides::state_directory(std::slice::from_ref(&credential), &[], diagnostics)?;
    let Http { settings, in_flight_max } = Http::default();
    Some(Config {
        project: project?.id,
        base_url: base_url?,
        state_directory: state.path,
        former_state_directory: state.former,
        credentials: vec![credential],
        key_directories: Vec::new(),
        sets: Vec::new(),
        http: settings,
        in_flight_max,
        log,
        status: None,
        status_hosts: AllowedHosts::default(),
        instance,
        confine: Confine::default(),
    })
}

fn file(
    path: &Path,
    flag: &'static str,
    purpose: Purpose,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<PathBuf> {
    let location = Location::Flag(flag);
    let Some(text) = path.to_str() else {
        diagnostics.mistake(&location, "not UTF-8", "rename the file or folder");
        return None;
    };
    let text = Text::outside(text, location.clone());
    let path = if purpose == Purpose::Output {
        path::output_of(&text, diagnostics)
    } else {
        path::file_of(&text, diagnostics)
    };
    conflicts.record(purpose, path.as_deref(), &location);
    path
}

/// Names the credential after its key file.
fn credential(file: PathBuf, outputs: Vec<Output>) -> Credential {
    let name = name::of_file(&file.file_name().unwrap_or_default().to_string_lossy());
    let source = Source::from(AccessKey::at(file));
    Credential { name, source, required: true, policy: Policy::default(), outputs, hooks: Vec::new() }
}

const ACCESS_KEY_FLAG: &str = "--access-key-file";
const OUTPUT_FLAG: &str = "--output";
