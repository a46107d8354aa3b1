//! `tokenwell sandbox`: the sandbox as a process of its own.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    str::FromStr as _,
    time::Duration,
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};

mod texts;

use self::texts::{ABOUT, CONTROL, DENY, Instructions};
use super::{failure::Failure, logging, process, shell::program};
use crate::{
    config::LogSettings,
    sandbox::{self, Accepted, Answer, Endpoint, RateLimit, Sandbox, Settings, values},
};

/// The address and the behavior.
#[derive(clap::Args, Debug)]
#[command(about = "A local stand-in for Descope's API", long_about = ABOUT, after_long_help = CONTROL)]
pub(super) struct Arguments {
    /// Address to listen on; loopback only, without `--expose`
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Let `--listen` be any address, for a trial on several machines: every client gets sessions
    #[arg(long)]
    expose: bool,
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
    /// Require the auth management key in this file as the third part of an access key's bearer
    #[arg(long, value_name = "FILE")]
    auth_management_key_file: Option<PathBuf>,
    /// Refuse every secret at this endpoint; repeatable
    #[arg(long, value_name = "ENDPOINT", value_parser = Endpoint::from_str, long_help = DENY)]
    deny: Vec<Endpoint>,
    /// Lifetime of refresh JWTs, in whole seconds
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = values::whole_seconds)]
    refresh_token_life: Duration,
    /// Replace the refresh JWT at each refresh; the use of a replaced one revokes all
    #[arg(long)]
    rotate_refresh_tokens: bool,
    /// Accept a replaced refresh JWT for so long
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = values::duration)]
    rotation_grace: Duration,
    /// File with the right answers to security questions, read at each verification: a JSON list of `id` and `answer`;
    /// by default every answer is right
    #[arg(long, value_name = "FILE")]
    answers_file: Option<PathBuf>,
    /// Lock a user's security questions after so many wrong verifications in a row
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    answer_attempts: u32,
    /// Give opaque OAuth access tokens instead of JWTs
    #[arg(long)]
    opaque_tokens: bool,
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
    /// The file with the auth management key cannot be read.
    #[error("cannot read the auth management key in `{}`: {source}; correct `--auth-management-key-file`", path.display())]
    AuthManagementKey {
        /// As given.
        path: PathBuf,
        /// The system's error.
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
    let (project, access_key_file) = (args.project_id.clone(), args.access_key_file.first().cloned());
    let instructions = if args.expose {
        Instructions::exposed()
    } else {
        Instructions::on_loopback(program(), project, access_key_file)
    };
    let start = if args.expose { Sandbox::start_exposed } else { Sandbox::start_on };
    let sandbox = start(address, args.settings()?).map_err(|source| SandboxFailed::Listen { address, source })?;
    sandbox.script((0..fail_first).map(|_| Answer::status(503)));
    // The sandbox continues if standard output is closed.
    let _written = io::stdout().write_all(instructions.text(&sandbox.base_url()).as_bytes());
    signals.forever().next();
    Ok(())
}

impl Arguments {
    fn settings(self) -> Result<Settings, SandboxFailed> {
        let management_key = |path: PathBuf| {
            sandbox::fingerprint_in(&path).map_err(|source| SandboxFailed::AuthManagementKey { path, source })
        };
        let auth_management_key = self.auth_management_key_file.map(management_key).transpose()?;
        let accepted =
            if self.access_key_file.is_empty() { Accepted::Any } else { Accepted::Files(self.access_key_file) };
        Ok(Settings {
            life: self.life,
            next_refresh: self.next_refresh,
            latency: self.latency,
            clock_offset_seconds: self.clock_offset,
            rate_limit: self.rate_limit,
            project: self.project_id,
            accepted,
            denied: self.deny.into_iter().collect(),
            auth_management_key,
            refresh_token_life: self.refresh_token_life,
            rotate_refresh_tokens: self.rotate_refresh_tokens,
            rotation_grace: self.rotation_grace,
            answers_file: self.answers_file,
            answer_attempts: self.answer_attempts,
            opaque_tokens: self.opaque_tokens,
            ..Settings::default()
        })
    }
}

fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "another program listens there".to_owned(),
        io::ErrorKind::AddrNotAvailable => "it is not an address of this machine".to_owned(),
        io::ErrorKind::InvalidInput => format!("{error}, and `--expose` is not set"),
        _ => error.to_string(),
    }
}

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
        assert_eq!(parsed(&[]).unwrap().settings().unwrap(), Settings::default());
    }

    #[test]
    fn every_flag_arrives_in_the_settings() {
        let flags = "--life 90s --next-refresh 40s --latency 200ms --clock-offset -5m --rate-limit 100/60s \
            --project-id P1 --access-key-file a --access-key-file b --deny refresh --deny oauth --refresh-token-life 1h \
            --rotate-refresh-tokens --rotation-grace 1500ms --answers-file c --answer-attempts 3 --opaque-tokens";
        let settings = parsed(&flags.split_whitespace().collect::<Vec<_>>()).unwrap().settings().unwrap();
        let expected = Settings {
            life: Duration::from_secs(90),
            next_refresh: Some(Duration::from_secs(40)),
            latency: Duration::from_millis(200),
            clock_offset_seconds: -300,
            rate_limit: Some(RateLimit { exchanges: 100, window: Duration::from_secs(60) }),
            project: Some("P1".to_owned()),
            accepted: Accepted::Files(vec!["a".into(), "b".into()]),
            denied: [Endpoint::Refresh, Endpoint::OAuthToken].into(),
            refresh_token_life: Duration::from_secs(3600),
            rotate_refresh_tokens: true,
            rotation_grace: Duration::from_millis(1500),
            answers_file: Some("c".into()),
            answer_attempts: 3,
            opaque_tokens: true,
            ..Settings::default()
        };
        assert_eq!(settings, expected);
    }

    #[test]
    fn a_wrong_flag_says_what_it_must_be() {
        assert!(parsed(&["--life", "1500ms"]).unwrap_err().contains("whole seconds"));
        assert!(parsed(&["--rate-limit", "0/60s"]).unwrap_err().contains("`100/60s`"));
        assert!(parsed(&["--fail-first", "1001"]).unwrap_err().contains("1001"));
        assert!(parsed(&["--deny", "verify"]).unwrap_err().contains("`questions-verify`"));
        let missing = parsed(&["--auth-management-key-file", "/none"]).unwrap().settings().unwrap_err().to_string();
        assert!(missing.contains("`/none`") && missing.contains("`--auth-management-key-file`"), "{missing}");
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
        let open = refused("0.0.0.0:0");
        assert!(open.contains("loopback only") && open.contains("`--expose`"), "{open}");
    }
}
