//! `fileKeyRef`: the variable of a container that the kubelet takes from an environment file.

use std::{fs, path::Path, process::Command};

use super::programs::{Reader, Reads, installed};
use crate::{
    program::{Program, once},
    setting::Setting,
};

/// The example is a Job whose init container is `tokenwell once`.
#[test]
fn the_kubelet_reads_the_token_of_the_example_for_kubernetes() {
    let Some(kubelet) = kubelet() else { return };
    let mut setting = Setting::new();
    setting.put_key("billing", "billing");
    let job = document("job.yaml");
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let variable = &container["env"][0];
    let reference = &variable["valueFrom"]["fileKeyRef"];
    assert_eq!(reference["volumeName"], "tokenwell-tokens");
    let text = document("configuration.yaml")["data"]["tokenwell.yaml"].as_str().unwrap().to_owned();
    let text = text
        .replace("/run/tokenwell/", &format!("{}/", setting.path("out").display()))
        .replace("/var/run/secrets/descope", &setting.path("keys").display().to_string())
        .replace("/var/lib/tokenwell", &setting.path("state").display().to_string());
    setting.put("tokenwell.yaml", &format!("baseUrl: {}\n{text}", setting.sandbox.base_url()));
    let ended = Program::start(&mut once(&setting.path(""), "20s")).ended();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);

    let path = setting.path("out").join(reference["path"].as_str().unwrap());
    let token = value(&kubelet, &path, reference["key"].as_str().unwrap()).unwrap();
    let content = fs::read_to_string(&path).unwrap();
    assert_eq!(token.split('.').count(), 3);
    assert!(content.starts_with(&format!("DESCOPE_SESSION_TOKEN='{token}'\n")));
    for other in ["DESCOPE_SESSION_EXPIRES_AT", "DESCOPE_PROJECT_ID"] {
        assert!(!value(&kubelet, &path, other).unwrap().is_empty(), "{other}");
    }
    setting.clean(&ended);
}

/// What `docs/reading-the-token.md` says of the kubelet.
#[test]
fn the_kubelet_stops_at_the_first_line_it_cannot_read() {
    let Some(kubelet) = kubelet() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("env");
    for (content, read) in [
        ("T='x'\nOTHER=bare\n", Some("x")),
        ("OTHER=bare\nT='x'\n", None),
        ("OTHER=\"double\"\nT='x'\n", None),
        ("OTHER='it'\"'\"'s'\nT='x'\n", None),
        ("T=x\n", None),
        ("T = 'x'\n", None),
        ("# comment\n\nT='x'\n", Some("x")),
        ("OTHER='x'\n", Some("")),
    ] {
        fs::write(&path, content).unwrap();
        assert_eq!(value(&kubelet, &path, "T").as_deref(), read, "{content:?}");
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(value(&kubelet, &path, "T"), None, "a missing file");
}

fn kubelet() -> Option<Reader> {
    installed(&[Reads::SingleQuoted]).into_iter().next()
}

/// Returns the value of one variable by the kubelet's parser, which returns nothing for one that the file lacks.
fn value(kubelet: &Reader, path: &Path, name: &str) -> Option<String> {
    let ran = Command::new(kubelet.program()).arg(path).arg("0").arg(name).output().unwrap();
    let value = String::from_utf8(ran.stdout).unwrap().trim_end_matches('\0').to_owned();
    ran.status.success().then_some(value)
}

fn document(name: &str) -> serde_yaml::Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/kubernetes/examples/environment");
    serde_yaml::from_str(&fs::read_to_string(Path::new(folder).join(name)).unwrap()).unwrap()
}
