//! Debian's Chromium without a window, driven by the `DevTools` protocol over a pair of pipes.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use nix::{sys::stat::Mode, unistd::mkfifo};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::within;

/// A browser with one empty page. Dropping it stops the browser.
pub(crate) struct Browser {
    child: Child,
    orders: fs::File,
    answers: Receiver<Value>,
    session: String,
    next: u64,
    events: Vec<Value>,
    _profile: TempDir,
}

impl Browser {
    pub(crate) fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let (orders, answers) = (profile.path().join("orders"), profile.path().join("answers"));
        for pipe in [&orders, &answers] {
            mkfifo(pipe, Mode::from_bits_truncate(0o600)).unwrap();
        }
        let child = Command::new("sh")
            .arg("-c")
            .arg("orders=$1 answers=$2; shift 2; exec chromium \"$@\" 3<\"$orders\" 4>\"$answers\"")
            .arg("sh")
            .args([&orders, &answers])
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().join("profile").display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let orders = fs::OpenOptions::new().write(true).open(orders).unwrap();
        let pipe = fs::File::open(answers).unwrap();
        let (tell, answers) = mpsc::channel();
        thread::spawn(move || {
            for message in BufReader::new(pipe).split(0) {
                let Ok(message) = message else { return };
                if tell.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    return;
                }
            }
        });
        let session = String::new();
        let mut browser = Self { child, orders, answers, session, next: 0, events: Vec::new(), _profile: profile };
        let target = browser.order("Target.createTarget", &json!({"url": "about:blank"}));
        let attached =
            browser.order("Target.attachToTarget", &json!({"targetId": target["targetId"], "flatten": true}));
        attached["sessionId"].as_str().unwrap().clone_into(&mut browser.session);
        for domain in ["Page", "Network", "Runtime", "Log"] {
            browser.order(&format!("{domain}.enable"), &json!({}));
        }
        browser.order("Page.addScriptToEvaluateOnNewDocument", &json!({"source": VIOLATIONS}));
        browser
    }

    pub(crate) fn open(&mut self, address: &str) {
        let opened = self.order("Page.navigate", &json!({"url": address}));
        assert!(opened["errorText"].is_null(), "{opened}");
        // A request to a page that is about to close has no effect.
        let loaded = format!("location.href === '{address}' && document.readyState === 'complete'");
        within("the page is loaded", || {
            let id = self.send("Runtime.evaluate", &json!({"expression": loaded, "returnByValue": true}));
            self.answer(id).filter(|answer| answer["result"]["result"]["value"] == true)
        });
    }

    /// Evaluates an expression in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let answer = self.order("Runtime.evaluate", &json!({"expression": expression, "returnByValue": true}));
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub(crate) fn until(&mut self, expression: &str) {
        let wait = format!(
            "new Promise((done) => {{ const look = () => ({expression}) ? done(true) : setTimeout(look, 20); look(); }})"
        );
        let order = json!({"expression": wait, "awaitPromise": true, "returnByValue": true});
        let id = self.send("Runtime.evaluate", &order);
        match self.answer(id) {
            Some(answer) => assert_eq!(answer["result"]["result"]["value"], true, "{expression}: {answer}"),
            None => panic!("in vain: {expression}\n{}", self.evaluate("document.body.innerText")),
        }
    }

    /// Returns the browser's complaints about the page, and every request to another server.
    pub(crate) fn complaints(&mut self, address: &str) -> Vec<String> {
        self.evaluate("0");
        let of = |event: &Value| -> Option<String> {
            let parameters = &event["params"];
            match event["method"].as_str()? {
                "Network.requestWillBeSent" => {
                    let url = parameters["request"]["url"].as_str()?;
                    (!url.starts_with(address)).then(|| format!("a request to {url}"))
                }
                "Runtime.exceptionThrown" => Some(parameters["exceptionDetails"].to_string()),
                // Some stages have unanswered requests on purpose; Chromium logs them as network messages.
                "Log.entryAdded" if parameters["entry"]["source"] != "network" => Some(parameters["entry"].to_string()),
                _ => None,
            }
        };
        self.events.iter().filter_map(of).collect()
    }

    /// Gives the window a width in pixels and a color scheme, `light` or `dark`.
    pub(crate) fn look(&mut self, width: u32, scheme: &str) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.order("Emulation.setDeviceMetricsOverride", &size);
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.order("Emulation.setEmulatedMedia", &features);
    }

    /// Saves a screenshot to the folder `$TOKENWELL_PICTURES`, if that is set.
    pub(crate) fn picture(&mut self, name: &str) {
        let Some(folder) = env::var_os("TOKENWELL_PICTURES") else { return };
        let picture = self.order("Page.captureScreenshot", &json!({"captureBeyondViewport": true}));
        let bytes = STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
        fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), bytes).unwrap();
    }

    fn order(&mut self, method: &str, parameters: &Value) -> Value {
        let id = self.send(method, parameters);
        let Some(answer) = self.answer(id) else { panic!("chromium does not answer to {method}") };
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    fn send(&mut self, method: &str, parameters: &Value) -> u64 {
        self.next += 1;
        let mut order = json!({"id": self.next, "method": method, "params": parameters});
        if !self.session.is_empty() {
            order["sessionId"] = json!(self.session);
        }
        self.orders.write_all(format!("{order}\0").as_bytes()).unwrap();
        self.next
    }

    #[expect(clippy::disallowed_methods, reason = "only there to fail a test")]
    fn answer(&mut self, id: u64) -> Option<Value> {
        let end = Instant::now() + PATIENCE;
        loop {
            // Events arrive at any time.
            let message = self.answers.recv_timeout(end.saturating_duration_since(Instant::now())).ok()?;
            if message["id"] == id {
                return Some(message);
            }
            if message["id"].is_null() {
                self.events.push(message);
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Disables Chromium's sandbox, because tests run as root in containers, and all of its own network requests.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
];

const VIOLATIONS: &str = "window.violations = []; document.addEventListener('securitypolicyviolation', \
    (event) => window.violations.push(event.violatedDirective + ' ' + event.blockedURI));";

/// Longest wait before the test fails.
const PATIENCE: Duration = Duration::from_secs(120);
