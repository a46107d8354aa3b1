//! The whole file.

use std::path::{Path, PathBuf};

use super::{credential, http, log, renew, set, status};
use crate::{
    config::{
        fields::Fields,
        meant::{Config, Confine, Credential, KeyDirectory},
        notes::{Notes, Spot},
        overrides::{self, Overrides},
        reader::{Field, Text},
        tree::Node,
        uses::{Purpose, Uses},
        value::path,
    },
    renewal::Policy,
    status::path_in,
};

/// Reads a document; `None` only together with a mistake.
pub(in crate::config) fn read(node: &Node, file: &Path, said: &Overrides, notes: &mut Notes) -> Option<Config> {
    if *node == Node::Null {
        notes.mistake(&Spot::WholeFile { path: String::new() }, "there is nothing in it", SMALLEST);
        return None;
    }
    let mut uses = Uses::of_file(file);
    let mut fields = Field::root(node).fields(notes)?;
    if !said.has_project() && !fields.has("projectId") {
        notes.mistake(&Spot::WholeFile { path: "projectId".to_owned() }, "missing", overrides::PROJECT_REMEDY);
    }
    let project = said.project(fields.take("projectId", notes), notes);
    let allow_plain_http = fields.take("allowPlainHttp", notes).and_then(|field| field.flag(notes)).unwrap_or(false);
    let base_url = said.base_url(fields.take("baseUrl", notes), project.as_ref(), allow_plain_http, notes);
    let state = fields.take("stateDirectory", notes).map(|field| state_directory(&field, &mut uses, notes));
    let pace =
        fields.take("renew", notes).map_or(Policy::default(), |field| renew::read(&field, Policy::default(), notes));
    let http = fields.take("http", notes).map(|field| http::read(&field, &mut uses, notes)).unwrap_or_default();
    let mut log = fields.take("log", notes).map(|field| log::read(&field, notes)).unwrap_or_default();
    log.level = log::level_of_environment(notes).or(log.level);
    let status = fields.take("status", notes).map(|field| status::read(&field, &mut uses, notes));
    let confine = fields.take("confine", notes).map(|field| field.word(&CONFINE, notes));
    let (mut credentials, mut key_directories) = credentials(&mut fields, pace, &mut uses, notes);
    let sets = fields.take("sets", notes).map(|field| field.items(notes)).unwrap_or_default();
    let sets = sets.iter().filter_map(|item| set::read(item, &mut uses, notes)).collect();
    fields.finish(notes);
    uses.check(notes);
    let sets = set::gather(sets, &mut credentials, &mut key_directories, notes);
    let credentials: Vec<_> = credentials.into_iter().collect::<Option<_>>()?;
    let key_directories: Vec<_> = key_directories.into_iter().collect::<Option<_>>()?;
    let state_directory = match state {
        Some(said) => said?,
        None => overrides::state_directory(&credentials, &key_directories, notes)?,
    };
    uses.check_status_file(&path_in(&state_directory), notes);
    Some(Config {
        project: project?,
        base_url: base_url?,
        state_directory,
        credentials,
        key_directories,
        sets,
        http: http.settings,
        in_flight_max: http.in_flight_max,
        log,
        status: status.unwrap_or_default(),
        confine: confine.flatten().unwrap_or_default(),
    })
}

fn state_directory(field: &Field, uses: &mut Uses, notes: &mut Notes) -> Option<PathBuf> {
    let path = field.text(notes).and_then(|text: Text| path::folder(&text, notes));
    uses.note(Purpose::StateDirectory, path.as_deref(), &field.spot);
    path
}

/// Both lists. Every entry is read, so that the mistakes of all of them are found.
fn credentials(
    fields: &mut Fields,
    pace: Policy,
    uses: &mut Uses,
    notes: &mut Notes,
) -> (Vec<Option<Credential>>, Vec<Option<KeyDirectory>>) {
    let one_by_one = fields.take("credentials", notes);
    let from = fields.take("credentialsFrom", notes);
    let nothing_said = !fields.has("credentials") && !fields.has("credentialsFrom");
    let lists: Vec<_> = one_by_one.iter().chain(&from).collect();
    if nothing_said {
        notes.mistake(&Spot::WholeFile { path: String::new() }, "no credential is named", CREDENTIALS);
    } else if !lists.is_empty() && lists.iter().all(|list| list.is_empty_list()) {
        notes.mistake(&lists[0].spot, "no credential is named", CREDENTIALS);
    }
    let items = one_by_one.map(|list| list.items(notes)).unwrap_or_default();
    let credentials = items.iter().map(|item| credential::read(item, pace, uses, notes)).collect();
    let items = from.map(|list| list.items(notes)).unwrap_or_default();
    let directories = items.iter().map(|item| credential::read_directory(item, pace, uses, notes)).collect();
    (credentials, directories)
}

pub(in crate::config) const CONFINE: [(&str, Confine); 2] = [("auto", Confine::Auto), ("off", Confine::Off)];
const SMALLEST: &str = "the least is:
  projectId: P2…
  credentials:
    - name: billing
      accessKeyFile: /var/run/secrets/descope/billing
      outputs: [{path: /run/tokenwell/billing.jwt}]";
const CREDENTIALS: &str = "write:
  credentials:
    - name: billing
      accessKeyFile: /var/run/secrets/descope/billing
      outputs: [{path: /run/tokenwell/billing.jwt}]";
