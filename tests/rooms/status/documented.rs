//! The table of the status JSON in `docs/status.md`, compared with a real report.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use crate::{
    program::{Program, run},
    served::{FREE_PORT, configure, credential, server, until},
    setting::Setting,
};

#[test]
fn the_page_lists_every_field_of_a_report_and_no_other() {
    let mut setting = Setting::with(&["a", "b", "c"]);
    let key = setting.put_key("b", "b");
    setting.sandbox.revoke(&key);
    let path = |name: &str| setting.path(name).display().to_string();
    let (keys, out) = (path("keys"), path("out"));
    // One with a hook and a set, one that is refused, one whose file cannot be written.
    setting.put("occupied", "");
    let rest = format!(
        "sets: [{{directory: {out}/set}}]
credentials:
  - {{name: a, accessKeyFile: {keys}/a, outputs: [{{path: {out}/set/a.jwt}}], hooks: [{{command: [/bin/false]}}]}}
  - {{name: b, accessKeyFile: {keys}/b, outputs: [{{path: {out}/b.jwt}}]}}
  - {{name: c, accessKeyFile: {keys}/c, outputs: [{{path: {}/c.jwt}}]}}
",
        path("occupied")
    );
    configure(&setting, FREE_PORT, &rest);
    let program = Program::start(&mut run(&setting.path("")));
    let server = server(&setting, &program);
    let mut found = BTreeSet::new();
    until(&server, "all of it was told", |status| {
        collect("", status, &mut found);
        let of_c = &credential(status, "c")["outputs"][0];
        of_c["error"].is_string()
            && credential(status, "a")["hooks"][0]["error"].is_string()
            && found.contains("credentials[].lastRefusal.class")
            && found.contains("history.buckets[].from")
    });
    let told = documented();
    assert_eq!(told.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new(), "told, and not there");
    assert_eq!(found.difference(&told).collect::<Vec<_>>(), Vec::<&String>::new(), "there, and not told");
}

/// Every key below this, such as `credentials[].outputs[].path`.
fn collect(above: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
                found.insert(path.clone());
                collect(&path, value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(&format!("{above}[]"), value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The first column of the table.
fn documented() -> BTreeSet<String> {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/status.md")).unwrap();
    let section = page.split("## Status as JSON\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    rows.map(|(field, _)| field.to_owned()).collect()
}
