//! The top level of the file.

use std::path::{Path, PathBuf};

use super::{credential, http, log, renew, set, status};
use crate::{
    config::{
        diagnostics::{Diagnostics, Location},
        fields::Fields,
        model::{Config, Confine, Credential, KeyDirectory},
        output_paths,
        overrides::{self, Overrides, StateDirectory},
        path_conflicts::PathConflicts,
        path_use::Purpose,
        reader::{Field, Text},
        tree::Node,
        value::path,
    },
    renewal::Policy,
    status::path_in,
};

/// Reads a document. Returns `None` only if it recorded a mistake.
pub(in crate::config) fn read(
    node: &Node,
    file: &Path,
    overrides: &Overrides,
    diagnostics: &mut Diagnostics,
) -> Option<Config> {
    if *node == Node::Null {
        diagnostics.mistake(&Location::WholeFile { path: String::new() }, "it is empty", SMALLEST);
        return None;
    }
    let mut conflicts = PathConflicts::of_file(file);
    let mut fields = Field::root(node).fields(diagnostics)?;
    if !overrides.has_project() && !fields.has("projectId") {
        diagnostics.mistake(
            &Location::WholeFile { path: "projectId".to_owned() },
            "missing",
            overrides::PROJECT_REMEDY,
        );
    }
    let project = overrides.project(fields.take("projectId", diagnostics), diagnostics);
    let allow_plain_http =
        fields.take("allowPlainHttp", diagnostics).and_then(|field| field.flag(diagnostics)).unwrap_or(false);
    let base_url =
        overrides.base_url(fields.take("baseUrl", diagnostics), project.as_ref(), allow_plain_http, diagnostics);
    let state =
        fields.take("stateDirectory", diagnostics).map(|field| state_directory(&field, &mut conflicts, diagnostics));
    let pace = fields
        .take("renew", diagnostics)
        .map_or(Policy::default(), |field| renew::read(&field, Policy::default(), diagnostics));
    let http = fields
        .take("http", diagnostics)
        .map(|field| http::read(&field, &mut conflicts, diagnostics))
        .unwrap_or_default();
    let mut log = fields.take("log", diagnostics).map(|field| log::read(&field, diagnostics)).unwrap_or_default();
    log.level = log::level_of_environment(diagnostics).or(log.level);
    let status = fields.take("status", diagnostics).map(|field| status::read(&field, &mut conflicts, diagnostics));
    let status::StatusSettings { listen: status, hosts: status_hosts, instance } = status.unwrap_or_default();
    let instance = instance.or_else(|| status::instance_of_environment(diagnostics));
    let confine = fields.take("confine", diagnostics).map(|field| field.word(&CONFINE, diagnostics));
    let (mut credentials, mut key_directories) = credentials(&mut fields, pace, &mut conflicts, diagnostics);
    let sets = fields.take("sets", diagnostics).map(|field| field.items(diagnostics)).unwrap_or_default();
    let sets = sets.iter().filter_map(|item| set::read(item, &mut conflicts, diagnostics)).collect();
    fields.finish(diagnostics);
    conflicts.check(diagnostics);
    output_paths::warn(&conflicts, diagnostics);
    let sets = set::gather(sets, &mut credentials, &mut key_directories, diagnostics);
    let mut credentials: Vec<_> = credentials.into_iter().collect::<Option<_>>()?;
    let key_directories: Vec<_> = key_directories.into_iter().collect::<Option<_>>()?;
    let state = match state {
        Some(folder) => StateDirectory::chosen(folder?),
        None => overrides::state_directory(&credentials, &key_directories, diagnostics)?,
    };
    conflicts.check_status_file(&path_in(&state.path), diagnostics);
    for credential in &mut credentials {
        credential.source.keep_in(&state.path, &credential.name);
    }
    Some(Config {
        project: project?.id,
        base_url: base_url?,
        state_directory: state.path,
        former_state_directory: state.former,
        credentials,
        key_directories,
        sets,
        http: http.settings,
        in_flight_max: http.in_flight_max,
        log,
        status,
        status_hosts,
        instance,
        confine: confine.flatten().unwrap_or_default(),
    })
}

fn state_directory(field: &Field, conflicts: &mut PathConflicts, diagnostics: &mut Diagnostics) -> Option<PathBuf> {
    let path = field.text(diagnostics).and_then(|text: Text| path::folder(&text, diagnostics));
    conflicts.record(Purpose::StateDirectory, path.as_deref(), &field.location);
    path
}

/// Reads both lists. Reads every entry, to find the mistakes of all.
fn credentials(
    fields: &mut Fields,
    pace: Policy,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> (Vec<Option<Credential>>, Vec<Option<KeyDirectory>>) {
    let one_by_one = fields.take("credentials", diagnostics);
    let from = fields.take("credentialsFrom", diagnostics);
    let are_both_missing = !fields.has("credentials") && !fields.has("credentialsFrom");
    let lists: Vec<_> = one_by_one.iter().chain(&from).collect();
    if are_both_missing {
        diagnostics.mistake(&Location::WholeFile { path: String::new() }, "no credential is configured", CREDENTIALS);
    } else if !lists.is_empty() && lists.iter().all(|list| list.is_empty_list()) {
        diagnostics.mistake(&lists[0].location, "no credential is configured", CREDENTIALS);
    }
    let items = one_by_one.map(|list| list.items(diagnostics)).unwrap_or_default();
    let credentials = items.iter().map(|item| credential::read(item, pace, conflicts, diagnostics)).collect();
    let items = from.map(|list| list.items(diagnostics)).unwrap_or_default();
    let directories = items.iter().map(|item| credential::read_directory(item, pace, conflicts, diagnostics)).collect();
    (credentials, directories)
}

pub(in crate::config) const CONFINE: [(&str, Confine); 2] = [("auto", Confine::Auto), ("off", Confine::Off)];
const SMALLEST: &str = "the smallest configuration is:
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
