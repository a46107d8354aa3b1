//! The life of one credential, and the output of every status interface at each stage.

use std::{iter, time::Duration};

use nix::sys::signal::Signal;
use serde_json::Value;
use tokenwell::sandbox::Answer;

use crate::{
    browser::Browser,
    client::Server,
    manager::Manager,
    program::{Ended, Program, run, tokenwell, within},
    setting::Setting,
    text,
    tools::needs,
};

/// Expected output at a stage.
struct Station {
    state: &'static str,
    ready: bool,
    class: Option<&'static str>,
    /// Expected in the body of `/readyz`.
    readyz: &'static str,
    /// Expected in the row of the page.
    page: &'static str,
    /// Expected in the lines of `tokenwell status`.
    table: &'static [&'static str],
    /// Expected in the status line of the service manager.
    sentence: &'static str,
    /// Expected in the log, with its level.
    log: (&'static str, &'static str),
}

#[test]
fn every_status_view_agrees_at_every_stage() {
    if !needs("chromium") {
        return;
    }
    let mut setting = Setting::new();
    setting.put_key("a", "first");
    setting.sandbox.set(|settings| {
        settings.life = LONG;
        settings.outage = Some(Answer::status(503));
    });
    let pace = "renew: {spacing: 100ms, retryFirst: 200ms, retryMax: 500ms}\n";
    setting.configure_with(pace, &format!("status: {{listen: \"127.0.0.1:0\"}}\n{}", setting.named(&["a"])));
    let manager = Manager::at_path(&setting.path("notify"));
    let program = Program::start(run(&setting.path("")).env("NOTIFY_SOCKET", &manager.address));
    let address = crate::address(&setting, &program);
    let mut faces = Views {
        server: Server::named(&address),
        browser: Browser::start(),
        manager,
        program,
        setting,
        said: Vec::new(),
    };
    faces.browser.open(&address);

    faces.show(&Station {
        state: "starting",
        ready: false,
        class: Some("failed"),
        readyz: "a: no token yet",
        page: "starting",
        table: &["not ready: 0 of 1 fresh", "starting", "HTTP 503"],
        sentence: "waiting for the token: a: failed: ",
        log: ("WARN", "HTTP 503"),
    });
    faces.setting.sandbox.set(|settings| settings.outage = None);
    let fresh = Station {
        state: "fresh",
        ready: true,
        class: None,
        readyz: "ready",
        page: "fresh",
        table: &["1 of 1 fresh", "fresh", "renewal in"],
        sentence: "the token is fresh",
        log: ("INFO", "token written"),
    };
    faces.show(&fresh);
    faces.setting.sandbox.set(|settings| settings.outage = Some(Answer::status(502)));
    faces.program.signal(Signal::SIGUSR1);
    faces.show(&Station {
        state: "failing",
        ready: true,
        class: Some("failed"),
        readyz: "ready",
        page: "failing",
        table: &["0 of 1 fresh; a: ", "failing", "HTTP 502"],
        sentence: "0 of 1 fresh; a: the API fails",
        log: ("WARN", "HTTP 502"),
    });
    faces.setting.sandbox.set(|settings| (settings.life, settings.outage) = (SHORT, None));
    faces.until("a session that ends soon", |credential| credential["lastRefusal"].is_null());
    faces.setting.sandbox.set(|settings| settings.outage = Some(Answer::status(502)));
    faces.show(&Station {
        state: "expired",
        ready: false,
        class: Some("failed"),
        readyz: "a: ",
        page: "expired",
        table: &["not ready: 0 of 1 fresh", "expired", "HTTP 502"],
        sentence: "not ready; 0 of 1 fresh; a: expired at ",
        log: ("ERROR", "has expired"),
    });
    faces.setting.sandbox.set(|settings| (settings.life, settings.outage) = (LONG, None));
    faces.show(&Station { log: ("INFO", "recovered"), ..fresh });

    faces.setting.sandbox.set(|settings| settings.outage = Some(Answer::denied()));
    faces.setting.put_key("a", "wrong");
    faces.show(&Station {
        state: "failing",
        ready: true,
        class: Some("denied"),
        readyz: "ready",
        page: "failing: denied",
        table: &["0 of 1 fresh; a: ", "failing", "denied", "to do: make a new access key"],
        sentence: "0 of 1 fresh; a: access key denied",
        log: ("ERROR", "denies the access key"),
    });
    faces.setting.sandbox.set(|settings| settings.outage = None);
    faces.setting.put_key("a", "rotated");
    faces.show(&Station { log: ("INFO", "access key changed"), ..fresh });

    let Views { mut setting, program, said, .. } = faces;
    let ended = program.stop();
    assert_eq!(ended.code, Some(0));
    for (level, words) in said {
        let level = format!("\"level\":\"{level}\"");
        let lines = ended.stderr.lines().filter(|line| line.contains(words) && line.contains(&level)).count();
        assert!(lines > 0, "{level} `{words}` is not in\n{}", ended.stderr);
    }
    setting.clean(&ended);
}

struct Views {
    setting: Setting,
    program: Program,
    server: Server,
    browser: Browser,
    manager: Manager,
    /// Expected log messages, each with its level.
    said: Vec<(&'static str, &'static str)>,
}

impl Views {
    /// Checks a stage in which the credential's state is stable.
    fn show(&mut self, station: &Station) {
        let told = self.until(&format!("the state {}", station.state), |credential| {
            let class = credential["lastRefusal"]["class"].as_str();
            credential["state"] == station.state && class == station.class
        });
        assert_eq!(told["ready"], station.ready, "{told:#}");

        assert_eq!(self.server.get("/livez").status, 200);
        for path in ["/readyz", "/readyz/a"] {
            let readyz = self.server.get(path);
            assert_eq!(readyz.status, if station.ready { 200 } else { 503 }, "{}", readyz.body);
            assert!(readyz.body.contains(station.readyz), "{}", readyz.body);
        }

        let metrics = self.server.get("/metrics").body;
        let ready = format!("\ntokenwell_ready {}\n", u8::from(station.ready));
        assert!(metrics.contains(&ready), "{metrics}");
        if let Some(class) = station.class {
            let start = format!("tokenwell_exchanges_total{{credential=\"a\",outcome=\"{class}\"}} ");
            let count = metrics.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or("0");
            assert_ne!(count, "0", "{metrics}");
        }
        let ends = metrics.contains("tokenwell_session_expiry_timestamp_seconds{credential=\"a\"}");
        assert_eq!(ends, station.state != "starting", "{metrics}");

        // A renewal in flight at that moment is reported differently.
        let tells = |table: &Ended| station.table.iter().all(|words| table.stdout.contains(words));
        let table = iter::repeat_with(|| self.table()).take(100).find(tells).unwrap_or_else(|| self.table());
        assert_eq!(table.code, Some(i32::from(!station.ready)), "{}", table.stdout);
        for words in station.table {
            assert!(table.stdout.contains(words), "`{words}` is not in\n{}", table.stdout);
        }

        self.browser.until(&format!("{}.includes('{}')", text("a", ".state"), station.page));
        let said = self.manager.until(station.sentence);
        assert!(said.iter().all(|message| !message.contains("Bearer")));
        let (level, words) = station.log;
        self.program.until_said(words, 1);
        self.said.push((level, words));
    }

    /// Waits until the credential matches `wanted`, and returns `/status`.
    fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        within(what, || {
            let told: Value = serde_json::from_str(&self.server.get("/status").body).ok()?;
            wanted(&told["credentials"][0]).then_some(told)
        })
    }

    fn table(&self) -> Ended {
        let config = self.setting.path("tokenwell.yaml").display().to_string();
        Program::start(&mut tokenwell(["status", "--config", &config])).ended()
    }
}

/// Session lifetime that is too long to end during a stage.
const LONG: Duration = Duration::from_secs(3600);

/// Session lifetime that is short enough for the test to wait for its end.
const SHORT: Duration = Duration::from_secs(4);
