//! `tokenwell sandbox`: the sandbox as a process of its own.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};

use super::{
    failure::Failure,
    logging, process,
    shell::{program, quoted},
};
use crate::{
    config::LogSettings,
    sandbox::{Accepted, Answer, RateLimit, Sandbox, Settings, values},
};

/// The address and the behavior.
#[derive(clap::Args, Debug)]
#[command(about = "A local stand-in for Descope's API", long_about = ABOUT, after_long_help = CONTROL)]
pub(super) struct Arguments {
    /// Address to listen on; loopback only
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Lifetime of the sessions, in whole seconds
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = values::whole_seconds)]
    life: Duration,
    /// Request an earlier renewal (`nextRefreshSeconds`)
    #[arg(long, value_name = "DURATION", value_parser = values::whole_seconds)]
    next_refresh: Option<Duration>,
    /// Wait this long before every answer
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = values::duration)]
    latency: Duration,
    /// Set the sandbox's clock ahead, or behind with a minus
    #[arg(long, value_name = "OFFSET", default_value = "0s", value_parser = values::offset_seconds, allow_hyphen_values = true)]
    clock_offset: i64,
    /// Answer 429 above so many exchanges per window, such as `100/60s`
    #[arg(long, value_name = "N/DURATION")]
    rate_limit: Option<RateLimit>,
    /// Answer 503 to the first N exchanges
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=1000))]
    fail_first: u16,
    /// The only project that exists; by default any
    #[arg(long, value_name = "ID")]
    project_id: Option<String>,
    /// File with a valid access key, read at each exchange; repeatable; by default every key is valid
    #[arg(long, value_name = "FILE")]
    access_key_file: Vec<PathBuf>,
}

/// Why the sandbox did not run: a failure at run time, exit code 1.
#[derive(Debug, thiserror::Error)]
pub(super) enum SandboxFailed {
    /// The address is in use, belongs to another machine, or is not loopback.
    #[error("cannot listen on `{address}`: {}; choose another address with `--listen`", describe(source))]
    Listen {
        /// As given.
        address: SocketAddr,
        /// The system's error, or the sandbox's refusal.
        source: io::Error,
    },
    /// INT and TERM cannot be handled.
    #[error("cannot watch for signals: {0}")]
    Signals(io::Error),
}

/// Runs the sandbox until INT or TERM. Logs each exchange.
pub(super) fn run(args: Arguments) -> Result<ExitCode, Failure> {
    logging::start(&LogSettings::default())?;
    process::harden();
    serve(args).map_err(Failure::at_run_time)?;
    Ok(ExitCode::SUCCESS)
}

fn serve(args: Arguments) -> Result<(), SandboxFailed> {
    // Before the base URL is printed, because its reader may send a signal immediately.
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(SandboxFailed::Signals)?;
    let (address, fail_first) = (args.listen, args.fail_first);
    let instructions = Instructions {
        program: program(),
        project: args.project_id.clone(),
        access_key_file: args.access_key_file.first().cloned(),
    };
    let sandbox =
        Sandbox::start_on(address, args.settings()).map_err(|source| SandboxFailed::Listen { address, source })?;
    sandbox.script((0..fail_first).map(|_| Answer::status(503)));
    // The sandbox continues if standard output is closed.
    let _written = io::stdout().write_all(instructions.text(&sandbox.base_url()).as_bytes());
    signals.forever().next();
    Ok(())
}

impl Arguments {
    fn settings(self) -> Settings {
        let accepted =
            if self.access_key_file.is_empty() { Accepted::Any } else { Accepted::Files(self.access_key_file) };
        Settings {
            life: self.life,
            next_refresh: self.next_refresh,
            latency: self.latency,
            clock_offset_seconds: self.clock_offset,
            rate_limit: self.rate_limit,
            project: self.project_id,
            accepted,
            ..Settings::default()
        }
    }
}

/// The instructions that a user can paste into a shell.
struct Instructions {
    program: String,
    project: Option<String>,
    access_key_file: Option<PathBuf>,
}

impl Instructions {
    fn text(&self, base_url: &str) -> String {
        let project = quoted(self.project.as_deref().unwrap_or(EXAMPLE_PROJECT));
        let (make_key, file) = self.access_key_file.as_ref().map_or_else(
            || ("printf K2anything > sandbox.key\n    ", "sandbox.key".to_owned()),
            |path| ("", quoted(&path.display().to_string())),
        );
        let program = &self.program;
        format!(
            "sandbox listens on {base_url}\n\n\
             try it in another terminal:\n    \
             {make_key}{program} run --base-url {base_url} \\\n      \
             --project-id {project} \\\n      \
             --access-key-file {file} --output sandbox.jwt\n\
             and in a third, in the same folder:\n    \
             watch -d -n1 tail -c40 sandbox.jwt\n"
        )
    }
}

fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "another program listens there".to_owned(),
        io::ErrorKind::AddrNotAvailable => "it is not an address of this machine".to_owned(),
        _ => error.to_string(),
    }
}

/// 28 characters, like a real one: some SDKs require it.
const EXAMPLE_PROJECT: &str = "P2sandboxsandboxsandboxsandb";

const ABOUT: &str = "A local stand-in for Descope's API: `POST /v1/auth/accesskey/exchange` with real RS256 JWTs, \
`GET /v2/keys/{projectId}` with their JWKS, and Descope's JSON errors. Its signing keys are public, so it \
listens on loopback only. Stop it with Ctrl-C.";

const CONTROL: &str = r#"Examples:
  tokenwell sandbox --life 30s --latency 100ms --rate-limit 100/60s
  tokenwell sandbox --project-id P2mine --access-key-file ./key --fail-first 3

Control, while it runs (here S=localhost:8787/sandbox):
  Show settings and counters, and the last exchanges:
    curl $S
    curl $S/exchanges
  Change settings (`curl $S` lists them); null turns one off:
    curl -X PATCH $S -d '{"life": "90s", "latency": "200ms"}'
    curl -X PATCH $S -d '{"rateLimit": "100/60s", "clockOffset": "-90s"}'
    curl -X PATCH $S -d '{"outage": {"status": 503, "retryAfter": "7s"}}'
    curl -X PATCH $S -d '{"outage": null}'
  Revoke access keys by their fingerprints, which are in the log:
    curl -X PATCH $S -d '{"revoked": ["ba7816bf8f01cfea"]}'
  Simulate a rotation of the signing key (first, second, stranger):
    curl -X PATCH $S -d '{"signingKey": "second"}'
    curl -X PATCH $S -d '{"publishedKeys": ["first", "second"]}'
  Script the next answers: usual, denied, hang, reset, garbage, truncated,
  stalled, a status, a session with parts replaced (null removes one):
    curl $S/script -d '["hang", "reset", {"overlongBytes": 100000}]'
    curl $S/script -d '[{"status": 403, "body": "error code: 1010"}]'
    curl $S/script -d '[{"session": {"life": "5s", "claims": {"aud": 1}}}]'
    curl $S/script -d '[{"session": {"signedBy": "stranger", "header": {},
      "body": {"keyId": null}, "headers": {"date": null}}}]'"#;

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        sandbox: Arguments,
    }

    fn parsed(flags: &[&str]) -> Result<Arguments, String> {
        let arguments = ["sandbox"].iter().chain(flags);
        Command::try_parse_from(arguments).map(|command| command.sandbox).map_err(|error| error.to_string())
    }

    #[test]
    fn without_flags_any_key_gets_a_session_of_a_minute() {
        assert_eq!(parsed(&[]).unwrap().settings(), Settings::default());
    }

    #[test]
    fn every_flag_arrives_in_the_settings() {
        let flags = "--life 90s --next-refresh 40s --latency 200ms --clock-offset -5m --rate-limit 100/60s \
            --project-id P1 --access-key-file a --access-key-file b";
        let settings = parsed(&flags.split_whitespace().collect::<Vec<_>>()).unwrap().settings();
        let expected = Settings {
            life: Duration::from_secs(90),
            next_refresh: Some(Duration::from_secs(40)),
            latency: Duration::from_millis(200),
            clock_offset_seconds: -300,
            rate_limit: Some(RateLimit { exchanges: 100, window: Duration::from_secs(60) }),
            project: Some("P1".to_owned()),
            accepted: Accepted::Files(vec!["a".into(), "b".into()]),
            ..Settings::default()
        };
        assert_eq!(settings, expected);
    }

    #[test]
    fn a_wrong_flag_says_what_it_must_be() {
        assert!(parsed(&["--life", "1500ms"]).unwrap_err().contains("whole seconds"));
        assert!(parsed(&["--rate-limit", "0/60s"]).unwrap_err().contains("`100/60s`"));
        assert!(parsed(&["--fail-first", "1001"]).unwrap_err().contains("1001"));
    }

    #[test]
    fn a_used_port_and_an_open_address_are_refused() {
        let taken = Sandbox::start(Settings::default()).unwrap();
        let refused = |address: &str| serve(parsed(&["--listen", address]).unwrap()).unwrap_err().to_string();
        let address = taken.address().to_string();
        let expected = format!(
            "cannot listen on `{address}`: another program listens there; choose another address with `--listen`"
        );
        assert_eq!(refused(&address), expected);
        assert!(refused("0.0.0.0:0").contains("loopback only"));
    }

    #[test]
    fn the_advice_can_be_pasted_into_a_shell() {
        let instructions =
            Instructions { program: program(), project: None, access_key_file: Some("/tmp/a b's".into()) };
        assert!(instructions.text("http://127.0.0.1:1").contains(r"--access-key-file '/tmp/a b'\''s' --output"));
        assert_eq!(EXAMPLE_PROJECT.len(), 28);
    }
}
