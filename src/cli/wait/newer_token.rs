//! Waits for a newer token than one that the caller knows: woken by the daemon or, if none answers, by changes on disk.

use std::{process::ExitCode, sync::Arc, time::Duration};

use tokio::time;

use super::known_token::{Known, KnownToken};
use crate::{
    cli::{
        credential_name::not_found,
        failure::Failure,
        midway::settled,
        print,
        running_daemon::{Asked, RunningDaemon, off_the_loop},
        same_config::TargetConfig,
    },
    config::Credential,
    fingerprint::Fingerprint,
    offline::{self, DiskChanges, NewestToken, NoValidToken, SCAN_MAX},
    status::{self, Address, TokenReport, WAIT_MAX},
};

/// A look at the token on disk.
enum Look {
    /// It is valid, and another one than the caller's. Its generation, if it is known.
    Newer(Option<u64>),
    /// There is none, or it is the caller's.
    Same {
        /// Why a newer one may be missing.
        why: String,
        /// The daemon that says when there is another one than of this generation.
        daemon: Option<(Address, Option<u64>)>,
    },
}

struct Wait {
    target: Arc<TargetConfig>,
    credential: Arc<Credential>,
    known: KnownToken,
}

/// Waits, and prints the generation of the newer token, if it is known. Looks at least once. Must be called within a runtime.
pub(super) async fn run(
    target: Arc<TargetConfig>,
    name: Option<String>,
    known: Known,
    timeout: Duration,
) -> Result<ExitCode, Failure> {
    let wait = Wait::begin(target, name, &known).await?;
    let mut last = time::timeout(timeout.max(SCAN_MAX), wait.look()).await.map_err(|_elapsed| hangs())??;
    if !timeout.is_zero() {
        let waiting = async {
            let mut changes = DiskChanges::new(&wait.target.config);
            while let Look::Same { daemon, .. } = &last {
                wait.for_another(daemon.as_ref(), &mut changes).await;
                last = wait.look().await?;
            }
            Ok::<_, Failure>(())
        };
        time::timeout(timeout, waiting).await.unwrap_or(Ok(()))?;
    }
    match last {
        Look::Newer(Some(generation)) => print::result(&generation)?,
        Look::Newer(None) => {}
        Look::Same { why, .. } => {
            let (limit, name) = (humantime::format_duration(timeout), &wait.credential.name);
            let text = format!("time-out after {limit}: {name}: there is no newer token than {known}; {why}");
            return Err(Failure::at_run_time(text));
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Wait {
    async fn begin(target: Arc<TargetConfig>, name: Option<String>, known: &Known) -> Result<Self, Failure> {
        let (config, known) = (Arc::clone(&target.config), known.clone());
        let begun = off_the_loop(move || {
            let credential = offline::find_credential(&config, name.as_deref()).map_err(|why| {
                let names: Vec<_> = why.known.iter().map(String::as_str).collect();
                not_found(name.as_deref(), &names, &why.troubles)
            })?;
            let known = known.read(&credential)?;
            Ok::<_, Failure>((credential, known))
        });
        let (credential, known) = begun.await.ok_or_else(hangs)??;
        Ok(Self { target, credential: Arc::new(credential), known })
    }

    async fn look(&self) -> Result<Look, Failure> {
        let (daemon, is_writer_running, why) = match Asked::of(&self.target).await {
            Asked::Daemon(RunningDaemon { address, .. }) => match self.fetch(&address).await {
                Ok(report) => return self.look_beside(address, report).await,
                Err(why) => (None, true, format!("{address} does not answer: {why}")),
            },
            Asked::NoDaemon(last) => (None, last.is_writer_running(), last.reasons().collect::<Vec<_>>().join("; ")),
        };
        let look = async || {
            let (config, credential) = (Arc::clone(&self.target.config), Arc::clone(&self.credential));
            off_the_loop(move || offline::newest_token(&config, &credential)).await.ok_or_else(hangs)
        };
        let is_settled =
            |newest: &Result<_, _>| !(is_writer_running && matches!(newest, Err(NoValidToken::NotOnDisk(_))));
        let newest = settled(look().await?, is_settled, look).await?;
        let because = |reason: &str| if why.is_empty() { reason.to_owned() } else { format!("{reason}; {why}") };
        match (newest, &self.known) {
            (Ok(NewestToken { generation: Some(generation), .. }), KnownToken::Generation(known)) => {
                Ok(if generation == *known {
                    Look::Same { why: because(SAME), daemon }
                } else {
                    Look::Newer(Some(generation))
                })
            }
            (Ok(NewestToken { token, generation }), KnownToken::Fingerprints(known)) => Ok(if known.contains(&token) {
                Look::Same { why: because(SAME), daemon }
            } else {
                Look::Newer(generation)
            }),
            (Ok(NewestToken { generation: None, .. }) | Err(NoValidToken::Forbidden(_)), KnownToken::Generation(_)) => {
                Err(Failure::at_run_time(because(FORBIDDEN)))
            }
            (Err(reason), _) => Ok(Look::Same { why: because(&reason.to_string()), daemon }),
        }
    }

    /// Compares the daemon's report and, if a file is known, the tokens on disk.
    async fn look_beside(&self, address: Address, report: TokenReport) -> Result<Look, Failure> {
        let generation = report.generation;
        let is_another = match (&self.known, generation) {
            (KnownToken::Generation(_), None) => Err("no output holds a token yet".to_owned()),
            (KnownToken::Generation(known), Some(generation)) => Ok(generation != *known),
            (KnownToken::Fingerprints(known), _) => self.holds_another(known.clone()).await?,
        };
        let why = match is_another {
            Ok(true) => None,
            Ok(false) => Some(SAME.to_owned()),
            Err(why) => Some(why),
        };
        if let Some(why) = why {
            return Ok(Look::Same { why, daemon: Some((address, generation)) });
        }
        if !matches!(report.state, "fresh" | "failing" | "starting") {
            let why = format!("the token on disk is {}", report.state);
            return Ok(Look::Same { why, daemon: Some((address, generation)) });
        }
        // The file may be newer than the first answer. It is not older than the second one when the caller reads it.
        let generation = match (&self.known, self.fetch(&address).await) {
            (KnownToken::Fingerprints(_), Ok(report)) => report.generation,
            (KnownToken::Generation(_) | KnownToken::Fingerprints(_), _) => generation,
        };
        Ok(Look::Newer(generation))
    }

    /// Whether an output holds another token, or why that cannot be seen.
    async fn holds_another(&self, known: Vec<Fingerprint>) -> Result<Result<bool, String>, Failure> {
        let credential = Arc::clone(&self.credential);
        let holds = off_the_loop(move || offline::holds_another_token(&credential.outputs, &known));
        Ok(holds.await.ok_or_else(hangs)?.map_err(|why| why.to_string()))
    }

    async fn fetch(&self, address: &Address) -> Result<TokenReport, status::RequestError> {
        status::fetch_token(address, &self.credential.name, None, Duration::ZERO).await
    }

    /// Waits until the daemon has another generation. Without a daemon that answers, waits for a change on disk; without a
    /// generation too, because another daemon may write the outputs.
    async fn for_another(&self, daemon: Option<&(Address, Option<u64>)>, changes: &mut DiskChanges) {
        let Some((address, generation)) = daemon else { return changes.next().await };
        let fetched = status::fetch_token(address, &self.credential.name, *generation, WAIT_MAX);
        if generation.is_none() {
            tokio::select! {
                Ok(_) = fetched => {}
                () = changes.next() => {}
            }
        } else if fetched.await.is_err() {
            changes.next().await;
        }
    }
}

fn hangs() -> Failure {
    Failure::at_run_time("the disk of the state or of an output takes too long to respond; see the kernel's log")
}

const SAME: &str = "the token on disk is that one";
const FORBIDDEN: &str = "this user may not read the generation in the state directory; run this as the user that tokenwell runs \
                         as, let the daemon serve its status (`status.listen`), or pass a file instead of a generation";
