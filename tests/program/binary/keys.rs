//! Which files of a key folder are keys.

use std::fs;

use crate::{
    program::{Program, tokenwell, within},
    setting::Setting,
};

#[test]
fn a_secret_with_other_entries_is_ready_with_its_keys() {
    let mut setting = Setting::new();
    setting.put_key("billing", "billing");
    setting.put_key("SEARCH_API_KEY", "search");
    setting.put("keys/project-id", "P2abcdefghijklmnopqrstuvwxyz");
    setting.put("keys/rotated-at", "2026-11-30T13:45:00Z");
    setting.put("keys/env", "production");
    let [keys, out] = ["keys", "out/{name}.jwt"].map(|name| setting.path(name));
    setting.configure(&format!(
        "credentialsFrom:\n  - accessKeyDirectory: {}\n    exclude: [env]\n    rename: {{SEARCH_API_KEY: search}}\n    \
         outputs: [{{path: '{}'}}]\n",
        keys.display(),
        out.display()
    ));
    let ask = |setting: &Setting, command: &[&str]| {
        Program::start(tokenwell(command).arg("--config").arg(setting.path("tokenwell.yaml"))).ended()
    };
    let told = "`project-id` (a project id), `rotated-at` (a number or a time); leave them out by `exclude`";
    let plan = ask(&setting, &["check"]);
    assert_eq!(plan.code, Some(0), "{plan:?}");
    assert!(plan.stderr.contains(told), "{plan:?}");
    for row in ["exclude      env", "rename       SEARCH_API_KEY to search", "as of now    billing, search"] {
        assert!(plan.stdout.contains(row), "{row}: {plan:?}");
    }
    let online = ask(&setting, &["check", "--online"]);
    assert_eq!(online.code, Some(0), "{online:?}");
    assert!(online.stdout.contains(told), "{online:?}");
    let asked = setting.sandbox.counters().exchanges;
    assert_eq!(asked, 2, "one for each key");
    let daemon = setting.ready();
    assert_eq!(setting.sandbox.counters().exchanges - asked, 2);
    assert_eq!(ask(&setting, &["wait", "--timeout", "0s"]).code, Some(0));
    within("the status", || ask(&setting, &["status"]).stdout.starts_with("2 of 2 fresh").then_some(()));
    let mut names: Vec<_> =
        fs::read_dir(setting.path("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.retain(|name| !name.to_string_lossy().starts_with('.'));
    names.sort();
    assert_eq!(names, ["billing.jwt", "search.jwt"]);
    let ended = daemon.stop();
    assert_eq!(ended.stderr.matches(told).count(), 1, "{}", ended.stderr);
    setting.clean(&ended);
}
