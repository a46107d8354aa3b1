//! Twenty credentials with one problem, and one with another: what the page says, and how it is used.

use std::{fs, time::Duration};

use serde_json::json;
use tokenwell::sandbox::Answer;

use crate::{
    address,
    browser::Browser,
    configure,
    program::{Program, run},
    setting::Setting,
    text,
    tools::needs,
};

#[test]
fn one_cause_is_said_once_and_a_person_is_called_first() {
    if !needs("chromium") {
        return;
    }
    let names: Vec<_> = (0..20).map(|n| format!("app-{n:02}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let mut setting = Setting::new();
    for name in &names {
        setting.put_key(name, name);
    }
    setting.sandbox.set(|settings| settings.life = Duration::from_secs(3600));
    configure(&setting, &setting.named(&names));
    let program = Program::start(&mut run(&setting.path("")));
    program.until_said("ready", 1);
    let address = address(&setting, &program);
    let mut browser = Browser::start();
    browser.look(1200, "light");
    browser.open(&address);
    browser.until(&format!("{SENTENCE} === 'All 20 tokens are fresh.'"));

    // An outage heals by itself: one cause, in amber.
    setting.sandbox.set(|settings| settings.outage = Some(Answer::status(503)));
    program.signal(nix::sys::signal::Signal::SIGUSR1);
    browser.until(&format!("{SENTENCE}.includes('HTTP 503 (all 20); the first token ends in ')"));
    browser.until("document.querySelectorAll('#causes li').length === 1");
    assert_eq!(browser.evaluate("document.querySelector('#headline').dataset.mood"), "warn");
    let why = browser.evaluate(&text("app-07", ".why"));
    assert!(!why.as_str().unwrap().contains("HTTP 503"), "{why}");
    browser.picture("outage");

    // A missing key needs a person: it is counted in the headline and in the title.
    fs::remove_file(setting.path("keys/app-07")).unwrap();
    browser.until("document.title === '✕ 1 needs a person · blue · Tokenwell'");
    browser.until(&format!("{SENTENCE}.startsWith('1 of 20 needs a person. app-07: waits for its access key. ')"));
    assert_eq!(browser.evaluate("document.querySelector('tbody th span').textContent"), "app-07");

    // A chip filters, and the address keeps it.
    assert_eq!(browser.evaluate(&chip("person", "textContent")), "1 needs a person");
    browser.evaluate(&chip("person", "click()"));
    browser.until("document.querySelectorAll('tbody').length === 1 && location.hash === '#show=person'");
    assert_eq!(browser.evaluate(&chip("person", "getAttribute('aria-pressed')")), "true");
    browser.evaluate("location.hash = '#show=failing&text=app-1'; 0");
    browser.until("document.querySelectorAll('tbody').length === 10");
    browser.evaluate("location.hash = ''; 0");
    browser.until("document.querySelectorAll('tbody').length === 20");

    // Without a clipboard the literal is selected.
    browser.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined}); 0");
    browser.evaluate("document.querySelector('.why .copy').click(); 0");
    let key = setting.path("keys/app-07").display().to_string();
    browser.until(&format!("getSelection().toString() === '{key}'"));

    for (width, scheme) in [(1200, "light"), (1200, "dark"), (320, "light"), (320, "dark")] {
        browser.look(width, scheme);
        browser.evaluate(CONTRASTS);
        assert_eq!(browser.evaluate("window.faint"), json!([]), "{width} {scheme}");
        let overflow = browser.evaluate("document.documentElement.scrollWidth - innerWidth");
        assert!(overflow.as_i64().unwrap() <= 0, "{overflow} px wider than {width}");
        browser.picture(&format!("causes-{width}-{scheme}"));
    }
    let absolute = "[...document.querySelectorAll('time')].every((time) => time.dateTime && time.title)";
    assert_eq!(browser.evaluate(absolute), true);

    program.stop();
    browser.until(&format!("{SENTENCE}.startsWith('No answer from the daemon; ')"));
    browser.until("[...document.querySelectorAll('.next')].every((next) => next.textContent === '')");
    browser.evaluate("window.before = document.querySelector('table').innerText; 0");
    // Only the age of the last answer goes on.
    browser.evaluate(&format!("window.age = {SENTENCE}; 0"));
    browser.until(&format!("{SENTENCE} !== window.age"));
    assert_eq!(browser.evaluate("document.querySelector('table').innerText === window.before"), true, "it is frozen");
    assert_eq!(browser.evaluate("window.violations"), json!([]));
    assert_eq!(browser.complaints(&address), Vec::<String>::new());
}

fn chip(name: &str, what: &str) -> String {
    format!("document.querySelector('#chips [data-show={name}]').{what}")
}

const SENTENCE: &str = "document.querySelector('#sentence').textContent";

/// Lists texts with a contrast below 4.5 : 1, by the formula of WCAG 2.
const CONTRASTS: &str = "
    window.faint = (() => {
        const rgb = (color) => color.match(/[0-9.]+/g).map(Number);
        const light = ([r, g, b]) => {
            const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
            return 0.2126 * x + 0.7152 * y + 0.0722 * z;
        };
        const ground = (node) => {
            for (; node; node = node.parentElement) {
                const color = rgb(getComputedStyle(node).backgroundColor);
                if (color.length < 4 || color[3] > 0) return color;
            }
            return [255, 255, 255];
        };
        const hasText = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
        const shown = [...document.body.querySelectorAll('*')].filter((node) => node.checkVisibility() && hasText(node));
        return shown.filter((node) => {
            const [a, b] = [light(rgb(getComputedStyle(node).color)), light(ground(node))];
            return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
        }).map((node) => node.outerHTML.slice(0, 120));
    })(); 0";
