//! The status page in a real browser, served by the real binary.
#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that fails is a test that fails")]

#[expect(dead_code, reason = "shared with other tests")]
#[path = "../../common/mod.rs"]
mod common;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "../../common/program.rs"]
mod program;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "../../common/setting.rs"]
mod setting;
#[path = "../../common/skipped.rs"]
mod skipped;
#[path = "../../common/tools.rs"]
mod tools;

#[expect(dead_code, reason = "shared with other tests")]
#[path = "../../common/client.rs"]
mod client;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "../../common/manager.rs"]
mod manager;

mod browser;
mod causes;
mod faces;

use std::{fs, time::Duration};

use serde_json::json;
use tokenwell::sandbox::Answer;

use crate::{
    browser::Browser,
    program::{Program, run, within},
    setting::{QUICK, Setting},
    tools::needs,
};

#[test]
fn the_worst_problem_is_shown_first() {
    if !needs("chromium") {
        return;
    }
    let mut setting = Setting::new();
    for name in ["fresh", "denied", "expired"] {
        setting.put_key(name, name);
    }
    // The lifetime is long enough that the other credentials keep their state on a slow machine.
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(3600));
    configure(&setting, &setting.named(&["fresh", "denied", "expired"]));
    let program = Program::start(&mut run(&setting.path("")));
    program.until_said("ready", 1);
    let address = address(&setting, &program);
    let mut browser = Browser::start();
    browser.open(&address);
    browser.until("document.querySelector('#sentence').textContent === 'All 3 tokens are fresh.'");
    browser.until("document.title === '✓ 3/3 fresh · blue · Tokenwell'");
    browser.picture("fresh");

    // The page shows a rotation without a reload.
    let key = setting.put_key("fresh", "rotated").fingerprint().to_string();
    browser.until(&format!("{} === 'key {key}'", text("fresh", "small")));
    let length = setting.token("fresh").unwrap().len();
    browser.until(&format!("{} === 'token of {length} bytes'", text("fresh", "small + small")));

    // One session expires, and one key is denied.
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(3));
    setting.put_key("expired", "short");
    browser.until(&format!("{}.match(/^[0-3]s left$/) !== null", text("expired", ".left > span")));
    setting.sandbox.set(|settings| settings.outage = Some(Answer::status(503)));
    browser.until(&format!("{}.startsWith('expired ')", text("expired", ".left > span")));
    browser.until(&format!("{} === '✕ '", text("expired", ".state > span")));
    setting.sandbox.set(|settings| settings.outage = Some(Answer::denied()));
    setting.put_key("denied", "wrong");
    browser.until(&format!("{} === 'failing: denied'", text("denied", ".state > span:nth-child(2)")));
    browser.until(&format!("{}.includes('make a new access key')", text("denied", ".why")));
    browser.until("document.querySelector('tbody th span').textContent === 'expired'");
    browser.until("document.querySelector('#headline').dataset.mood === 'bad'");
    browser.until("document.querySelector('#sentence').textContent.startsWith('Not ready. 2 of 3 need a person. ')");
    browser.until("document.title === '✕ 2 need a person · blue · Tokenwell'");
    let fresh = text("fresh", ".state");
    assert!(browser.evaluate(&fresh).as_str().unwrap().starts_with("✓ fresh"));
    browser.picture("trouble");

    // The daemon refuses this configuration.
    setting.put("tokenwell.yaml", "nonsense: <b>1</b>\n");
    browser.until("document.querySelector('#notices').textContent.includes('The newest configuration is refused')");
    assert_eq!(browser.evaluate("document.querySelectorAll('b').length"), 0);

    // The page reports it when no update arrives.
    setting.learn_tokens();
    let html = browser.evaluate("document.documentElement.outerHTML");
    assert_eq!(setting.leaks.found_in(html.as_str().unwrap()), None);
    program.stop();
    browser.until("document.querySelector('#sentence').textContent.startsWith('No answer from the daemon; its last answer came ')");
    browser.until("document.title === '✕ no answer · blue · Tokenwell'");
    browser.until("[...document.querySelectorAll('.next')].every((next) => next.textContent === '')");
    browser.picture("gone");

    assert_eq!(browser.evaluate("window.violations"), json!([]));
    assert_eq!(browser.complaints(&address), Vec::<String>::new());
}

#[test]
fn a_thousand_credentials_are_shown_in_part() {
    if !needs("chromium") {
        return;
    }
    let mut setting = Setting::new();
    for n in 0..1000 {
        setting.put_key(&format!("credential-{n:04}"), &n.to_string());
    }
    let (keys, out) = (setting.path("keys"), setting.path("out/{name}.jwt"));
    let (keys, out) = (keys.display(), out.display());
    configure(
        &setting,
        &format!("credentialsFrom:\n  - {{accessKeyDirectory: {keys}, outputs: [{{path: \"{out}\"}}]}}\n"),
    );
    // The lifetime is long, because a renewal would reorder the rows.
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(3600));
    let program = Program::start(&mut run(&setting.path("")));
    // Waits for 100 tokens at a time, because each wait has its own time-out.
    for written in (100..=1000).step_by(100) {
        program.until_said("token written", written);
    }
    let address = address(&setting, &program);
    let mut browser = Browser::start();
    browser.open(&address);
    browser.until("document.querySelector('#sentence').textContent === 'All 1000 tokens are fresh.'");
    assert_eq!(browser.evaluate("document.querySelectorAll('tbody').length"), 200);
    assert_eq!(browser.evaluate("document.querySelector('#show-all').textContent"), "Show all 1000");
    browser.evaluate("document.querySelector('#show-all').click()");
    assert_eq!(browser.evaluate("document.querySelectorAll('tbody').length"), 1000);

    browser.evaluate("window.kept = [...document.querySelectorAll('tbody')]; window.touched = 0; 0");
    browser.evaluate(
        "new MutationObserver((changes) => { for (const change of changes) window.touched += change.addedNodes.length; })\
         .observe(document.querySelector('table'), {childList: true}); 0",
    );
    for _ in 0..3 {
        let last = browser.evaluate("performance.getEntriesByName('update')[0].startTime");
        browser.until(&format!("performance.getEntriesByName('update')[0].startTime > {last}"));
        let took = browser.evaluate("performance.getEntriesByName('update')[0].duration");
        println!("an update of 1,000 rows: {took} ms of script");
    }
    assert_eq!(browser.evaluate("window.kept.every((row) => row.isConnected)"), true);
    assert_eq!(browser.evaluate("window.touched"), 0, "no row was taken out or put in");

    browser.evaluate(
        "document.querySelector('#filter').value = 'credential-0777'; \
         document.querySelector('#filter').dispatchEvent(new Event('input')); 0",
    );
    assert_eq!(browser.evaluate("document.querySelectorAll('tbody').length"), 1);
    assert_eq!(browser.evaluate("document.querySelector('#shown').textContent"), "1 of 1000 shown");
    assert_eq!(browser.evaluate("window.violations"), json!([]));
    assert_eq!(browser.complaints(&address), Vec::<String>::new());
}

fn configure(setting: &Setting, rest: &str) {
    setting.configure_with(QUICK, &format!("status: {{listen: \"127.0.0.1:0\", instance: blue}}\n{rest}"));
}

/// Returns the address of the process's status server, from its status file.
fn address(setting: &Setting, program: &Program) -> String {
    within("the address", || {
        let file = fs::read_to_string(setting.path("state/status.json")).ok()?;
        let file: serde_json::Value = serde_json::from_str(&file).ok()?;
        let of_this = file["processId"] == program.pid();
        file["statusAddress"].as_str().filter(|_| of_this).map(str::to_owned)
    })
}

/// JavaScript for the text of one part of a credential's rows; empty if the part is missing.
fn text(name: &str, part: &str) -> String {
    format!(
        "((body) => body ? body.querySelector('{part}').textContent : '')([...document.querySelectorAll('tbody')]\
         .find((body) => body.querySelector('th span').textContent === '{name}'))"
    )
}
