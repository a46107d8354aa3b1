//! The handle of a running sandbox, for the program and for tests.

use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

use super::answer::Answer;
use super::connection;
use super::journal::{Counters, ExchangeRecord};
use super::settings::{Accepted, Settings};
use super::state::{Hold, Shared};
use super::user::{self, Answers};
use crate::secret::Secret;

/// A running sandbox. Dropping it stops it and closes every connection.
pub struct Sandbox {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: tokio::runtime::Handle,
    /// Dropped to stop the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Listens on a free port of 127.0.0.1. When this returns, connections are accepted.
    pub fn start(settings: Settings) -> io::Result<Self> {
        Self::start_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), settings)
    }

    /// Listens on this address, which must be loopback: otherwise returns [`io::ErrorKind::InvalidInput`].
    pub fn start_on(address: SocketAddr, settings: Settings) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            let why = "the sandbox listens on loopback only: it gives sessions to every client";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        Self::start_exposed(address, settings)
    }

    /// Listens on any address of this machine. Every client that reaches it gets sessions, and may change the settings.
    pub fn start_exposed(address: SocketAddr, settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(settings));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let listener = {
            let _entered = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let served = connection::serve(listener, Arc::clone(&shared));
        let thread = thread::Builder::new().name("sandbox".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = served => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, shared, runtime: handle, stop: Some(stop), thread: Some(thread) })
    }

    /// Returns its URL, such as `http://127.0.0.1:41234`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the JWKS to verify its sessions, as in `GET /v2/keys/{projectId}`.
    pub fn jwks(&self) -> io::Result<Value> {
        let settings = self.shared.lock().settings.clone();
        Ok(json!({ "keys": settings.jwks()? }))
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes settings; they apply to the next exchange.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.shared.lock().settings);
    }

    /// Appends answers to the script. Each is used for one exchange, before everything else.
    pub fn script(&self, answers: impl IntoIterator<Item = Answer>) {
        self.shared.lock().script.extend(answers);
    }

    /// Returns how many answers of the script are left.
    pub fn scripted(&self) -> usize {
        self.shared.lock().script.len()
    }

    /// Issues a refresh JWT of the default user in this project, as a person gets one by signing in. It is the first of
    /// a family. `life` is in whole seconds.
    pub fn refresh_token(&self, project: &str, life: Duration) -> io::Result<Secret> {
        user::issue_refresh_token(&self.shared, Some(project), None, Some(life)).map(Secret::new)
    }

    /// Expects these answers, by the ids of their questions, of every user that has not set up its own. Ends lock-outs.
    pub fn expect_answers(&self, answers: &[(&str, &str)]) -> io::Result<()> {
        let items = answers.iter().map(|(id, answer)| json!({"id": id, "answer": answer})).collect();
        let answers = Answers::of(items).map_err(|mistake| io::Error::new(io::ErrorKind::InvalidInput, mistake))?;
        self.shared.lock().questionnaires.expect_of_all(answers);
        Ok(())
    }

    /// Revokes this access key, this refresh JWT with its family, or this assertion.
    pub fn revoke(&self, secret: &Secret) {
        self.set(|settings| {
            settings.revoked.insert(secret.fingerprint());
        });
    }

    /// Accepts the new access key and revokes the old one, like Descope's rotation. Keys that are accepted from files
    /// are unaffected.
    pub fn rotate(&self, old: &Secret, new: &Secret) {
        self.set(|settings| {
            settings.revoked.insert(old.fingerprint());
            settings.revoked.remove(&new.fingerprint());
            match &mut settings.accepted {
                Accepted::Only(keys) => {
                    keys.insert(new.fingerprint());
                }
                Accepted::Any | Accepted::Files(_) => {}
            }
        });
    }

    /// Moves the sandbox's clock ahead, for its rate limit, its JWTs and its `Date`.
    pub fn advance(&self, by: Duration) {
        self.shared.lock().clock.advance(by);
    }

    /// Holds every exchange without an answer until the returned value is dropped.
    pub fn hold(&self) -> Hold {
        self.shared.hold()
    }

    /// Returns the last 100 000 exchanges of every endpoint, oldest first.
    pub fn exchanges(&self) -> Vec<ExchangeRecord> {
        self.shared.lock().journal.iter().cloned().collect()
    }

    /// Returns totals since the start.
    pub fn counters(&self) -> Counters {
        *self.shared.counters().borrow()
    }

    /// Waits until this many exchanges have arrived since the start.
    pub async fn exchanges_reach(&self, exchanges: u64) -> Counters {
        self.until(move |counters| counters.exchanges >= exchanges).await
    }

    /// Waits until the counters are as wanted, and returns them.
    pub async fn until(&self, wanted: impl FnMut(&Counters) -> bool) -> Counters {
        wait(self.shared.counters(), wanted).await
    }

    /// Does the same as [`Self::until`] for tests without a runtime. Returns `None` after the patience.
    pub fn until_within(
        &self,
        patience: Duration,
        wanted: impl FnMut(&Counters) -> bool + Send + 'static,
    ) -> Option<Counters> {
        let (sender, receiver) = mpsc::channel();
        let counters = self.shared.counters();
        self.runtime.spawn(async move { sender.send(wait(counters, wanted).await) });
        receiver.recv_timeout(patience).ok()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // The panic hook has already printed its panic.
            let _ended = thread.join();
        }
    }
}

/// Calls `wanted` without a lock, so that it may use the sandbox itself.
async fn wait(mut counters: watch::Receiver<Counters>, mut wanted: impl FnMut(&Counters) -> bool) -> Counters {
    loop {
        let seen = *counters.borrow_and_update();
        if wanted(&seen) {
            return seen;
        }
        if counters.changed().await.is_err() {
            pending::<()>().await; // unreachable: the caller's handle shares the sender
        }
    }
}
