//! The plan in JSON: the configuration as it is in force, with every default.

use serde_json::{Map, Value, json};

use super::plan::{described, percent};
use crate::{
    config::{Config, Credential, KeyDirectory, LogFormat, Set, duration::short},
    doctor::KeyMetadata,
    output::{Output, Target},
    renewal::{OnExpiry, Policy},
};

/// Returns the plan of a configuration. It holds no secret and no claim.
pub(super) fn plan(config: &Config, keys: &KeyMetadata) -> Value {
    let credentials: Vec<_> = config.credentials.iter().map(|credential| named(credential, keys)).collect();
    let folders: Vec<_> = config
        .key_directories
        .iter()
        .enumerate()
        .map(|(n, directory)| folder(directory, keys.in_folders.get(n).map_or(&[], Vec::as_slice)))
        .collect();
    let client = config.http.client_certificate.as_ref();
    json!({
        "projectId": config.project.to_string(),
        "baseUrl": config.base_url.to_string(),
        "stateDirectory": config.state_directory,
        "sets": config.sets.iter().map(set).collect::<Vec<_>>(),
        "http": {
            "timeout": short(config.http.timeout),
            "connectTimeout": short(config.http.connect_timeout),
            "caFile": config.http.ca_file,
            "clientCertificateFile": client.map(|files| &files.certificate),
            "clientKeyFile": client.map(|files| &files.key),
            "maxInFlight": config.in_flight_max,
        },
        "status": {"listen": config.status.as_ref().map(ToString::to_string)},
        "log": {"format": log_format(config.log.format), "level": config.log.level.as_deref().unwrap_or("info")},
        "credentials": credentials,
        "credentialsFrom": folders,
    })
}

fn named(credential: &Credential, keys: &KeyMetadata) -> Value {
    let files = credential.source.files();
    let files: Vec<_> = files
        .iter()
        .map(|file| {
            let state = keys.found.get(file.path).copied().unwrap_or("not examined");
            json!({"kind": file.kind.file_noun(), "path": file.path, "state": state})
        })
        .collect();
    let mut object = Map::new();
    object.insert("name".to_owned(), json!(credential.name));
    object.insert("secretFiles".to_owned(), json!(files));
    object.extend(details(credential));
    Value::Object(object)
}

fn folder(directory: &KeyDirectory, found: &[Credential]) -> Value {
    let [include, exclude] = directory.selection.patterns();
    let renamed: Map<_, _> = directory.selection.renamed().map(|(file, name)| (file.to_owned(), json!(name))).collect();
    let names: Vec<_> = found.iter().map(|credential| credential.name.as_str()).collect();
    let mut object = Map::new();
    object.insert("accessKeyDirectory".to_owned(), json!(directory.path));
    object.insert("include".to_owned(), json!(include));
    object.insert("exclude".to_owned(), json!(exclude));
    object.insert("rename".to_owned(), Value::Object(renamed));
    object.insert("names".to_owned(), json!(names));
    object.extend(details(&directory.pattern));
    Value::Object(object)
}

/// Returns the fields that a credential and a pattern of credentials have in common.
fn details(credential: &Credential) -> Map<String, Value> {
    let options: Map<_, _> =
        credential.source.terms().into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let on_expiry = match credential.policy.on_expiry {
        OnExpiry::Keep => "keep",
        OnExpiry::Remove => "remove",
    };
    [
        ("required", json!(credential.required)),
        ("outputs", json!(credential.outputs.iter().map(output).collect::<Vec<_>>())),
        ("hooks", json!(credential.hooks.iter().map(described).collect::<Vec<_>>())),
        ("options", Value::Object(options)),
        ("renew", renew(&credential.policy)),
        ("onExpiry", json!(on_expiry)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn output(output: &Output) -> Value {
    let Target::File(file) = &output.target;
    json!({
        "path": file.path,
        "format": output.format.word(),
        "mode": format!("{:04o}", file.mode),
        "owner": file.owner,
        "group": file.group,
    })
}

fn set(set: &Set) -> Value {
    json!({
        "directory": set.directory,
        "mode": format!("{:04o}", set.folder.mode),
        "group": set.folder.group,
        "keepPrevious": short(set.folder.keep_previous),
    })
}

fn renew(policy: &Policy) -> Value {
    json!({
        "at": format!("{}%", percent(policy.renew_at.percent())),
        "jitter": format!("{}%", percent(policy.jitter.percent())),
        "spacing": short(policy.spacing),
        "retryFirst": short(policy.retry_first),
        "retryMax": short(policy.retry_max),
        "deniedEvery": short(policy.denied_every),
    })
}

fn log_format(format: LogFormat) -> &'static str {
    match format {
        LogFormat::Auto => "auto",
        LogFormat::Text => "text",
        LogFormat::Json => "json",
    }
}
