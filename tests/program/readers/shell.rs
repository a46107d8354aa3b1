//! curl and the shell.

use std::process::Command;

use crate::{
    page::{configuration, snippet},
    server::Server,
    setting::Setting,
    tools::needs,
};

#[test]
fn curl_reads_the_header_and_a_shell_the_variables() {
    if !needs("curl") {
        return;
    }
    for shell in ["sh", "dash", "bash"] {
        if !needs(shell) {
            continue;
        }
        let mut setting = Setting::new();
        let server = Server::start(&setting.sandbox);
        setting.put_key("billing", "billing");
        setting.configure(&configuration(&setting));
        let daemon = setting.ready();
        let text = snippet("sh", &setting, &server.url());
        let run = Command::new(shell).args(["-eu", "-c", &text]).env_clear().env("PATH", "/usr/bin:/bin").output();
        let run = run.unwrap();
        assert!(run.status.success(), "{shell}: {text}\n{}", String::from_utf8_lossy(&run.stderr));
        let visits = server.visits();
        assert_eq!((visits.good, visits.bad), (2, Vec::new()), "{shell}");
        assert_eq!(visits.tokens.len(), 1);
        let ended = daemon.stop();
        setting.clean(&ended);
    }
}
