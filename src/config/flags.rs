//! The configuration of one credential that is given by flags alone.

use std::path::{Path, PathBuf};

use super::{
    meant::{Config, Confine, Credential},
    notes::{Notes, Spot},
    overrides::{self, Overrides},
    reader::Text,
    section::{http::Http, log::level_of_environment},
    uses::{Purpose, Uses},
    value::{name, path},
};
use crate::{config::meant::LogSettings, exchange::LoginOptions, output::Output, renewal::Policy};

/// Makes a configuration of flags, with the defaults of a file that says nothing more.
pub(super) fn read(key_file: &Path, outputs: &[PathBuf], said: &Overrides, notes: &mut Notes) -> Option<Config> {
    let mut uses = Uses::default();
    if !said.has_project() {
        let remedy = "give `--project-id`, or set `$DESCOPE_PROJECT_ID`";
        notes.mistake(&Spot::Flag("--project-id"), "missing", remedy);
    }
    let project = said.project(None, notes);
    let base_url = said.base_url(None, project.as_ref(), false, notes);
    let key_file = file(key_file, KEY_FILE_FLAG, Purpose::KeyFile, &mut uses, notes);
    let outputs: Vec<_> =
        outputs.iter().map(|path| file(path, OUTPUT_FLAG, Purpose::Output, &mut uses, notes)).collect();
    uses.check(notes);
    let outputs = outputs.into_iter().map(|path| path.map(Output::at)).collect::<Option<_>>()?;
    let log = LogSettings { level: level_of_environment(notes), ..LogSettings::default() };
    let credential = credential(key_file?, outputs);
    let state_directory = overrides::state_directory(std::slice::from_ref(&credential), &[], notes)?;
    let Http { settings, in_flight_max } = Http::default();
    Some(Config {
        project: project?,
        base_url: base_url?,
        state_directory,
        credentials: vec![credential],
        key_directories: Vec::new(),
        sets: Vec::new(),
        http: settings,
        in_flight_max,
        log,
        status: None,
        confine: Confine::default(),
    })
}

fn file(path: &Path, flag: &'static str, purpose: Purpose, uses: &mut Uses, notes: &mut Notes) -> Option<PathBuf> {
    let spot = Spot::Flag(flag);
    let Some(text) = path.to_str() else {
        notes.mistake(&spot, "not UTF-8", "rename what is not");
        return None;
    };
    let path = path::file_of(&Text::outside(text, spot.clone()), notes);
    uses.note(purpose, path.as_deref(), &spot);
    path
}

/// Named after its key file, as the credentials of `credentialsFrom` are, if that is a legal name.
fn credential(key_file: PathBuf, outputs: Vec<Output>) -> Credential {
    let file_name = key_file.file_name().and_then(|name| name.to_str());
    let name = file_name.filter(|name| name::is_legal(name)).unwrap_or(NAME_DEFAULT).to_owned();
    let (options, policy) = (LoginOptions::default(), Policy::default());
    Credential { name, key_file, required: true, options, policy, outputs, hooks: Vec::new() }
}

const KEY_FILE_FLAG: &str = "--access-key-file";
const OUTPUT_FLAG: &str = "--output";
const NAME_DEFAULT: &str = "default";
