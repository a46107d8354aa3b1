//! Sets up the security questions of a credential, beside its daemon or without one.
//!
//! 1. Another process that refreshes is waited for, and excluded during the request: a token that both present could end the
//!    whole chain if the server detects reuse.
//! 2. The newest refresh token is presented.
//! 3. If the API asks to wait, one more request follows after that time, with the token that is the newest then. If a token
//!    is denied, a request follows only with another one that replaced it meanwhile.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};

use super::setup_error::SetupError;
use crate::{
    blocking::{self, Lane},
    clock,
    config::{Config, duration::short},
    exchange::{Api, Client, Proxies, Refused},
    renewal::Refusal,
    secret::Secret,
    source::{Answers, ChainLock, Kind, NotLocked, SecurityQuestions, SetupToken, setup_reply},
};

/// Where the answers come from.
#[derive(Debug)]
pub enum SetupAnswers {
    /// A JSON file, like `answersFile`.
    File(PathBuf),
    /// Pairs of the question's id and its answer.
    Given(Vec<(String, Secret)>),
}

/// A set-up that can be sent.
#[derive(Debug)]
pub struct QuestionsSetup {
    questions: Arc<SecurityQuestions>,
    answers: Answers,
    api: Api,
    client: Client,
    lock_timeout: Duration,
}

/// Returns the security questions of a credential.
pub fn questions_of(config: &Config, credential: &str) -> Result<SecurityQuestions, SetupError> {
    let questions = |kind: &Kind| {
        let Kind::SecurityQuestions(questions) = kind else { return None };
        Some(questions.clone())
    };
    if let Some(found) = config.credentials.iter().find(|found| found.name == credential) {
        return questions(&found.source.kind).ok_or_else(|| SetupError::OtherKind(credential.to_owned()));
    }
    let known = config.credentials.iter().filter(|found| questions(&found.source.kind).is_some());
    Err(SetupError::Unknown { known: known.map(|found| found.name.clone()).collect() })
}

impl QuestionsSetup {
    /// Reads the answers, and prepares the client. Sends nothing. Blocks on the disk.
    pub fn prepare(config: &Config, questions: SecurityQuestions, answers: SetupAnswers) -> Result<Self, SetupError> {
        let answers = match answers {
            SetupAnswers::File(path) => Answers::read(&path)?,
            SetupAnswers::Given(pairs) => Answers::new(pairs)?,
        };
        let api = config.api();
        let client = Client::build(&api.base_url.origin(), &config.http, &Proxies::from_environment())?;
        let lock_timeout = config.http.timeout + LOCK_MARGIN;
        Ok(Self { questions: Arc::new(questions), answers, api, client, lock_timeout })
    }

    /// Sends the answers. `progress` gets a line for everything that takes longer than [`PROGRESS_AFTER`].
    pub async fn send(&self, progress: &mut dyn FnMut(&str)) -> Result<(), SetupError> {
        let (mut may_wait, mut denied) = (true, None);
        for _ in 0..REQUESTS_MAX {
            let lock = self.lock(progress).await?;
            let token = self.token().await?;
            let fingerprint = token.fingerprint();
            let result = match denied.take() {
                Some((earlier, refused)) if earlier == fingerprint => return Err(self.refused(refused)),
                Some(_) | None => self.request(&token, progress).await,
            };
            drop(lock);
            let Err(refused) = result else { return Ok(()) };
            match refused.refusal {
                Refusal::Busy { retry_after } if may_wait && retry_after.is_none_or(|told| told <= WAIT_MAX) => {
                    may_wait = false;
                    let wait = retry_after.unwrap_or(WAIT_UNTOLD).max(WAIT_MIN);
                    progress(&format!("{}; trying once more in {}", refused.message, short(wait)));
                    sleep(wait).await;
                }
                Refusal::Denied => denied = Some((fingerprint, refused)),
                Refusal::Busy { .. }
                | Refusal::DeniedForGood
                | Refusal::Blocked
                | Refusal::Failed
                | Refusal::Garbled
                | Refusal::Unreachable
                | Refusal::TimedOut => return Err(self.refused(refused)),
            }
        }
        Err(SetupError::Unsettled)
    }

    async fn request(&self, token: &SetupToken, progress: &mut dyn FnMut(&str)) -> Result<(), Refused> {
        let request = self.questions.setup_request(&self.api, token, &self.answers)?;
        let waiting = format!("waiting for the reply of `{}`", self.api.base_url.origin());
        let reply = announced(&waiting, progress, self.client.send(request)).await?;
        setup_reply(&reply, clock::wall())
    }

    /// Waits until no other process refreshes.
    async fn lock(&self, progress: &mut dyn FnMut(&str)) -> Result<Option<ChainLock>, SetupError> {
        let mut holder = PathBuf::new();
        let locking = async {
            loop {
                let questions = Arc::clone(&self.questions);
                match blocking::submit(Lane::State, move || questions.lock_for_setup()).await {
                    Some(Ok(lock)) => return Ok(lock),
                    Some(Err(NotLocked::Busy(path))) => holder = path,
                    Some(Err(NotLocked::Unusable(error))) => return Err(error.into()),
                    None => return Err(SetupError::Unsettled),
                }
                sleep(LOCK_EVERY).await;
            }
        };
        let locking = timeout(self.lock_timeout, locking);
        let locked = announced("waiting for another process that refreshes the session", progress, locking).await;
        locked.unwrap_or(Err(SetupError::Busy(holder)))
    }

    async fn token(&self) -> Result<SetupToken, SetupError> {
        let questions = Arc::clone(&self.questions);
        Ok(blocking::submit(Lane::State, move || questions.setup_token()).await.ok_or(SetupError::Unsettled)??)
    }

    fn refused(&self, refused: Refused) -> SetupError {
        let remedy = match refused.refusal {
            Refusal::Denied => format!(
                "; if the refresh token has ended, sign in again and put the new one into `{}`",
                self.questions.chain.file.display()
            ),
            Refusal::Busy { .. } => "; run the command again later".to_owned(),
            Refusal::DeniedForGood
            | Refusal::Blocked
            | Refusal::Failed
            | Refusal::Garbled
            | Refusal::Unreachable
            | Refusal::TimedOut => String::new(),
        };
        SetupError::Refused { class: refused.refusal.class(), message: refused.message + &remedy }
    }
}

/// Waits for some work, and says so once it takes long.
async fn announced<T>(text: &str, progress: &mut dyn FnMut(&str), work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    if let Ok(done) = timeout(PROGRESS_AFTER, &mut work).await {
        return done;
    }
    progress(text);
    work.await
}

/// The most requests of one set-up, whatever the replies.
const REQUESTS_MAX: usize = 4;
/// The longest wait that the API may ask for.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// The wait if the API does not say how long.
const WAIT_UNTOLD: Duration = Duration::from_secs(5);
const WAIT_MIN: Duration = Duration::from_secs(1);
/// After this time, a line says what is waited for.
const PROGRESS_AFTER: Duration = Duration::from_secs(1);
/// How much longer than a request another process may hold the lock.
const LOCK_MARGIN: Duration = Duration::from_secs(10);
const LOCK_EVERY: Duration = Duration::from_millis(100);
