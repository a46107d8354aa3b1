//! A local stand-in for Descope's API, for `tokenwell sandbox`, the demo and the tests.
//!
//! ```text
//! connection ─> routes ─┬─> exchange ─ script, outage, rate limit, request ─> mint ─> a session
//!                       ├─> keys (the JWKS that vouches for it)
//!                       └─> control (/sandbox: look, change, script)
//! ```
//!
//! It runs on a thread of its own with a runtime of its own, so that tests with and without a runtime, with paused time
//! and of the real binary use it alike. Its signing keys are public and worthless: it listens on loopback only.
//!
//! Invariant: an access key is known by its fingerprint only, beyond the request that carries it.

mod act;
mod answer;
mod answer_json;
mod bearer;
mod body;
mod clock;
mod connection;
mod control;
mod descope;
mod exchange;
mod json;
mod mint;
mod response;
mod routes;
mod seen;
mod settings;
mod settings_json;
mod signing;
mod state;
mod window;
pub mod words;

use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

pub use self::answer::{Answer, Headers, Reply, Shape};
pub use self::seen::{Counters, RequestOutcome, Seen};
pub use self::settings::{Accepted, Settings};
pub use self::signing::SigningKey;
pub use self::state::Hold;
pub use self::window::RateLimit;

use self::state::Shared;
use crate::secret::Secret;

/// A sandbox that runs. Dropping it stops it and closes every connection.
pub struct Sandbox {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: tokio::runtime::Handle,
    /// Dropped to stop the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Listens on a free port of 127.0.0.1. Connections are accepted when this returns.
    pub fn start(settings: Settings) -> io::Result<Self> {
        Self::start_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), settings)
    }

    /// Listens on this address, which must be of loopback: [`io::ErrorKind::InvalidInput`] if it is not.
    pub fn start_on(address: SocketAddr, settings: Settings) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            let why = "the sandbox listens on loopback only: whoever reaches it gets sessions for nothing";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
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

    /// Such as `http://127.0.0.1:41234`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The JWKS that it publishes, as `GET /v2/keys/{projectId}` has it: what vouches for its sessions.
    pub fn jwks(&self) -> io::Result<Value> {
        let settings = self.shared.lock().settings.clone();
        Ok(json!({ "keys": settings.jwks()? }))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes settings; the next exchange is judged by them.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.shared.lock().settings);
    }

    /// Appends answers to the script. Each is given to one exchange, before anything else is looked at.
    pub fn script(&self, answers: impl IntoIterator<Item = Answer>) {
        self.shared.lock().script.extend(answers);
    }

    /// Answers of the script that were not given yet.
    pub fn scripted(&self) -> usize {
        self.shared.lock().script.len()
    }

    /// This access key is good no more.
    pub fn revoke(&self, key: &Secret) {
        self.set(|settings| {
            settings.revoked.insert(key.fingerprint());
        });
    }

    /// The new access key is good from now on and the old one no more, as Descope's rotation has it. Keys that are
    /// accepted from files stay as the files say.
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

    /// Lets the sandbox's clock jump ahead, for its rate limit, its JWTs and its `Date`.
    pub fn advance(&self, by: Duration) {
        self.shared.lock().clock.advance(by);
    }

    /// Holds every exchange that is not answered yet, until the answer of this is dropped.
    pub fn hold(&self) -> Hold {
        self.shared.hold()
    }

    /// The last 100 000 exchanges, oldest first.
    pub fn exchanges(&self) -> Vec<Seen> {
        self.shared.lock().journal.iter().cloned().collect()
    }

    /// Totals since the start.
    pub fn counters(&self) -> Counters {
        *self.shared.counters().borrow()
    }

    /// Waits until this many exchanges have arrived since the start.
    pub async fn exchanges_reach(&self, exchanges: u64) -> Counters {
        self.until(move |counters| counters.exchanges >= exchanges).await
    }

    /// Waits until the counters are as wanted, and answers them.
    pub async fn until(&self, wanted: impl FnMut(&Counters) -> bool) -> Counters {
        wait(self.shared.counters(), wanted).await
    }

    /// [`Self::until`] for tests without a runtime. None when the patience has run out.
    pub fn until_within(
        &self,
        patience: Duration,
        wanted: impl FnMut(&Counters) -> bool + Send + 'static,
    ) -> Option<Counters> {
        let (tell, told) = mpsc::channel();
        let counters = self.shared.counters();
        self.runtime.spawn(async move { tell.send(wait(counters, wanted).await) });
        told.recv_timeout(patience).ok()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // Its panic has been printed where it happened.
            let _ended = thread.join();
        }
    }
}

/// Asks with no lock held, so that what is wanted may look at the sandbox itself.
async fn wait(mut counters: watch::Receiver<Counters>, mut wanted: impl FnMut(&Counters) -> bool) -> Counters {
    loop {
        let seen = *counters.borrow_and_update();
        if wanted(&seen) {
            return seen;
        }
        if counters.changed().await.is_err() {
            pending::<()>().await; // the sender is shared with the caller's handle: it is never gone before the caller
        }
    }
}
