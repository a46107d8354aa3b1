//! Programs that read their token again for each request, while it is rotated a thousand times.

use std::{fs, process::Command};

use nix::sys::signal::Signal::SIGUSR1;

use crate::{
    page::snippet,
    program::{content, within},
    server::Server,
    sessions::until_sessions,
    setting::Setting,
    tools::needs,
};

#[test]
fn a_python_program_is_authorised_during_1000_rotations() {
    if needs("python3") {
        beside_rotations("python", "reader.py", "python3", |snippet| {
            let loop_ = "
import os, sys
paths = sys.argv[2:-1]
requests = 0
while not os.path.exists(sys.argv[-1]):
    for path in paths:
        assert call(sys.argv[1]) == b'welcome\\n'
        requests += 1
print(requests)
";
            format!("{snippet}\n{loop_}")
        });
    }
}

#[test]
fn a_node_program_is_authorised_during_1000_rotations() {
    if needs("node") {
        beside_rotations("js", "reader.mjs", "node", |snippet| {
            let loop_ = "
import { existsSync } from 'node:fs';
const [url, ...rest] = process.argv.slice(2);
const stop = rest.pop();
let path, requests = 0;
while (!existsSync(stop)) {
  for (path of rest) {
    const answer = await call(url);
    if ((await answer.text()) !== 'welcome\\n') throw new Error(`${answer.status} at ${path}`);
    requests += 1;
  }
}
console.log(requests);
";
            format!("{snippet}\n{loop_}")
        });
    }
}

#[test]
fn a_go_program_is_authorised_during_1000_rotations() {
    if !needs("go") {
        return;
    }
    beside_rotations("go", "main.go", "go", |snippet| {
        let main = "
var path string

func main() {
	url, files, stop := os.Args[1], os.Args[2:len(os.Args)-1], os.Args[len(os.Args)-1]
	requests := 0
	for {
		if _, err := os.Stat(stop); err == nil {
			break
		}
		for _, path = range files {
			answer, err := call(url)
			if err != nil || answer.StatusCode != 200 {
				panic(fmt.Sprint(path, answer, err))
			}
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			requests++
		}
	}
	fmt.Println(requests)
}
";
        let imports = "package main\n\nimport (\n\t\"fmt\"\n\t\"io\"\n\t\"net/http\"\n\t\"os\"\n)\n";
        format!("{imports}\n{snippet}\n{main}")
    });
}

/// Twenty tokens are rotated fifty times each, while the program reads one after the other.
fn beside_rotations(language: &str, file: &str, interpreter: &str, program: impl FnOnce(&str) -> String) {
    let names: Vec<String> = (0..20).map(|number| format!("n{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut setting = Setting::with(&names);
    let server = Server::start(&setting.sandbox);
    let snippet = snippet(language, &setting, &server.url());
    let literal = format!("\"{}\"", setting.path("out/billing.jwt").display());
    assert!(snippet.contains(&literal), "the snippet reads the token file: {snippet}");
    setting.put(file, &program(&snippet.replace(&literal, "path")));

    let credentials = setting.named(&names);
    setting.configure_with("renew: {at: 5%, spacing: 100ms}\n", &format!("http: {{maxInFlight: 32}}\n{credentials}"));
    let daemon = setting.ready();
    // This is set only now: on a slow machine, twenty tokens with such short lives may never exist at the same time.
    setting.sandbox.set(|settings| settings.life = std::time::Duration::from_secs(5));
    daemon.signal(SIGUSR1);
    let mut command = if interpreter == "go" {
        built(&setting, file)
    } else {
        let mut command = Command::new(interpreter);
        command.arg(setting.path(file));
        command
    };
    let stop = setting.path("stop");
    command.arg(server.url());
    command.args(names.iter().map(|name| setting.path(&format!("out/{name}.jwt")))).arg(&stop);
    let (out, err) = (setting.path("said"), setting.path("complained"));
    command.stdout(fs::File::create(&out).unwrap()).stderr(fs::File::create(&err).unwrap());
    let mut child = command.spawn().unwrap();
    let began = within("the first visit", || {
        assert!(child.try_wait().unwrap().is_none(), "{}", content(&err));
        (server.visits().good > 0).then(|| setting.sandbox.counters().sessions)
    });
    until_sessions(&setting.sandbox, began + 1000);
    within("more than a hundred tokens", || {
        (server.visits().tokens.len() > 100 || child.try_wait().unwrap().is_some()).then_some(())
    });
    fs::write(&stop, "").unwrap();
    let status = child.wait().unwrap();
    assert!(status.success(), "{}", content(&err));
    let visits = server.visits();
    let requests: usize = content(&out).trim().parse().unwrap();
    assert_eq!((visits.good, visits.bad), (requests, Vec::new()));
    assert!(visits.tokens.len() > 100, "{} tokens in {requests} requests", visits.tokens.len());
    assert_eq!(daemon.stop().code, Some(0));
    setting.learn_tokens();
}

/// A Go program, built before the test starts to wait for it.
fn built(setting: &Setting, file: &str) -> Command {
    let program = setting.path("reader");
    let build = Command::new("go").arg("build").arg("-o").arg(&program).arg(setting.path(file)).output().unwrap();
    assert!(build.status.success(), "{}", String::from_utf8_lossy(&build.stderr));
    Command::new(program)
}
