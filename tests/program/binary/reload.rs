//! A changed configuration file is noticed without a signal.

use std::fs;

use nix::sys::signal::Signal::{SIGHUP, SIGUSR1};

use crate::{
    common::secret_volume::SecretVolume,
    program::{Program, content, once, run, tokenwell},
    setting::{QUICK, Setting},
};

#[test]
fn a_file_that_is_replaced_or_rewritten_in_place_is_noticed() {
    let mut setting = Setting::with(&["a"]);
    let program = setting.ready();
    setting.put_key("b", "b");
    setting.configure(&setting.named(&["a", "b"])); // by rename
    content(&setting.path("out/b.jwt"));
    setting.put_key("c", "c");
    let text = setting.text(&format!("{QUICK}{}", setting.named(&["a", "b", "c"])));
    fs::write(setting.path("tokenwell.yaml"), text).unwrap();
    content(&setting.path("out/c.jwt"));
    assert_eq!(setting.sandbox.counters().exchanges, 3);
    let ended = program.stop();
    assert_eq!(ended.code, Some(0));
    setting.clean(&ended);
}

#[test]
fn a_configmap_that_is_swapped_is_noticed() {
    let mut setting = Setting::new();
    for name in ["a", "b", "c"] {
        setting.put_key(name, name);
    }
    let text = |setting: &Setting, names: &[&str]| setting.text(&format!("{QUICK}{}", setting.named(names)));
    let mut volume = SecretVolume::new(&setting.path("mount"), &[("tokenwell.yaml", &text(&setting, &["a"]))]);
    let config = volume.path("tokenwell.yaml").display().to_string();
    let program = Program::start(&mut tokenwell(["run", "--config", &config]));
    content(&setting.path("out/a.jwt"));
    for names in [&["a", "b"][..], &["a", "b", "c"]] {
        volume.update(&[("tokenwell.yaml", &text(&setting, names))]);
        content(&setting.path(&format!("out/{}.jwt", names.last().unwrap())));
    }
    assert_eq!(setting.sandbox.counters().exchanges, 3);
    let ended = program.stop();
    assert_eq!(ended.code, Some(0));
    setting.clean(&ended);
}

#[test]
fn a_ca_file_without_a_certificate_is_a_mistake_at_any_time() {
    let mut setting = Setting::with(&["a"]);
    let good = setting.named(&["a"]);
    setting.put("ca.pem", "<html>CANARY</html>\n");
    let bad = format!("http: {{caFile: {}}}\n{good}", setting.path("ca.pem").display());
    let program = setting.ready();
    setting.configure(&bad);
    program.signal(SIGHUP);
    program.until_said("the configuration is refused, the old one stays in force", 1);
    program.signal(SIGUSR1);
    setting.until_exchanges(2);
    let ended = program.stop();
    assert_eq!(ended.code, Some(0));
    setting.clean(&ended);
    for mut command in [run(&setting.path("")), once(&setting.path(""), "10s")] {
        let ended = Program::start(&mut command).ended();
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        let said = &ended.stderr;
        assert!(said.contains("http.caFile") && said.contains("no usable certificate"), "{said}");
        assert!(said.contains("HTML") && !said.contains("CANARY"), "{said}");
    }
    assert_eq!(setting.sandbox.counters().exchanges, 2);
}
