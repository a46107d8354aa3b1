//! The tables of the status JSON and of the metrics in `docs/status.md`, compared with a real daemon.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use crate::{
    program::{Program, run},
    served::{FREE_PORT, configure, credential, server, until},
    setting::Setting,
};

#[test]
fn the_page_lists_every_field_and_metric_and_no_other() {
    let mut setting = Setting::with(&["a", "b", "c", "d"]);
    let key = setting.put_key("b", "b");
    setting.sandbox.revoke(&key);
    let path = |name: &str| setting.path(name).display().to_string();
    let (keys, out) = (path("keys"), path("out"));
    // One credential has a hook and a set, one is refused, and two have outputs that cannot be written.
    setting.put("occupied", "");
    let rest = format!(
        "sets: [{{directory: {out}/set}}]
credentials:
  - {{name: a, accessKeyFile: {keys}/a, outputs: [{{path: {out}/set/a.jwt}}], hooks: [{{command: [/bin/false]}}]}}
  - {{name: b, accessKeyFile: {keys}/b, outputs: [{{path: {out}/b.jwt}}]}}
  - {{name: c, accessKeyFile: {keys}/c, outputs: [{{path: {occupied}/c.jwt}}]}}
  - {{name: d, accessKeyFile: {keys}/d, outputs: [{{path: {occupied}/d.jwt}}]}}
",
        occupied = path("occupied")
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
            && found.contains("causes[].class")
    });
    let documented = documented("Status as JSON");
    assert_eq!(documented.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new(), "documented, not reported");
    assert_eq!(found.difference(&documented).collect::<Vec<_>>(), Vec::<&String>::new(), "reported, not documented");
    let metrics = server.get("/metrics").body;
    let names = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let names: BTreeSet<_> = names.filter(|name| !name.starts_with("process_")).map(str::to_owned).collect();
    assert_eq!(metrics_documented(), names, "the metrics of docs/status.md, and those of a daemon");
}

/// Collects the path of every key, such as `credentials[].outputs[].path`.
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

/// Returns the metric names in the table, without labels and without the standard `process_*` metrics.
fn metrics_documented() -> BTreeSet<String> {
    let names = documented("Metrics").into_iter().filter(|name| name != "process_*");
    names.map(|name| name.split('{').next().unwrap_or_default().to_owned()).collect()
}

/// Returns the first column of the table below a heading.
fn documented(heading: &str) -> BTreeSet<String> {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/status.md")).unwrap();
    let section = page.split(&format!("## {heading}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    rows.map(|(field, _)| field.to_owned()).collect()
}
