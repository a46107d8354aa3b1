//! Name look-ups by the system's resolver, on threads of their own.
//!
//! The resolver may need longer than a request has: glibc asks the second name server only after 5 s, and may ask for 30 s in
//! all. So a look-up goes on when its request has given it up, and the next request for the same name uses its answer.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr, ToSocketAddrs as _},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::watch;

use crate::{
    blocking::{self, Lane},
    clock,
    renewal::Moment,
};

tokio::task_local! {
    /// The answer for the first host of the request that this task sends.
    static FOUND: Answer;
}

/// Gives the HTTP library the answer of the look-up that its request did before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = match FOUND.try_with(Clone::clone) {
                Ok(found) => found,
                // A connection that its request no longer waits for.
                Err(_) => look_up(name.as_str()).await,
            };
            let addresses: Addrs = Box::new(found?.into_iter());
            Ok(addresses)
        })
    }
}

/// Does the work of a request with this answer for its first host.
pub(super) async fn with_answer<T>(found: Answer, work: impl Future<Output = T>) -> T {
    FOUND.scope(found, work).await
}

/// The addresses of a name, with port 0, or the resolver's error in its own words.
pub(super) type Answer = Result<Vec<SocketAddr>, String>;

/// The look-ups of the process that run, and the answers that are kept. There is at most one for each name.
static LOOK_UPS: Mutex<LookUps> = Mutex::new(LookUps { by_name: BTreeMap::new(), accepted: BTreeMap::new() });

#[derive(Debug)]
struct LookUps {
    by_name: BTreeMap<String, watch::Receiver<Option<Arrived>>>,
    /// The address of a name that accepted before its others.
    accepted: BTreeMap<String, IpAddr>,
}

/// An answer, and when it arrived.
#[derive(Clone, Debug)]
struct Arrived {
    answer: Answer,
    at: Moment,
}

/// Returns the addresses of a name. Joins a look-up of the same name that runs, or takes an answer of the last minutes that was
/// late or slow. If it is dropped, the look-up goes on.
pub(super) async fn look_up(name: &str) -> Answer {
    let mut answer = look_ups().join(&name.to_ascii_lowercase(), clock::now());
    let arrived = answer.wait_for(Option::is_some).await;
    let arrived = arrived.ok().and_then(|arrived| arrived.clone());
    arrived.map_or_else(|| Err(ENDED.to_owned()), |arrived| arrived.answer)
}

/// Forgets the answer for a name, because no address of it is usable.
pub(super) fn forget(name: &str) {
    let name = name.to_ascii_lowercase();
    look_ups().by_name.retain(|known, answer| *known != name || answer.borrow().is_none());
}

/// Remembers which address of a name accepted first, when all were tried at once.
pub(super) fn accepted(name: &str, address: IpAddr) {
    look_ups().accepted.insert(name.to_ascii_lowercase(), address);
}

/// Forgets which address of a name accepted first, because a request to it failed.
pub(super) fn distrust(name: &str) {
    look_ups().accepted.remove(&name.to_ascii_lowercase());
}

/// Leaves only the address that accepted first, if it is among these.
///
/// The HTTP library divides the time of a connection among the addresses of one family, so each of many has less than a lost
/// first packet needs.
pub(super) fn preferred(name: &str, addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let accepted = look_ups().accepted.get(&name.to_ascii_lowercase()).copied();
    let known = addresses.iter().find(|address| Some(address.ip()) == accepted).copied();
    known.map_or(addresses, |address| vec![address])
}

impl LookUps {
    /// Returns the receiver of an answer, and starts a look-up unless one runs or its answer is fresh.
    fn join(&mut self, name: &str, now: Moment) -> watch::Receiver<Option<Arrived>> {
        self.by_name.retain(|_, answer| is_usable(answer, now));
        if let Some(known) = self.by_name.get(name) {
            return known.clone();
        }
        let (sender, receiver) = watch::channel(None);
        self.by_name.insert(name.to_owned(), receiver.clone());
        tokio::spawn(run(name.to_owned(), sender));
        receiver
    }
}

/// Whether a look-up still runs, or its answer is fresh. One whose runtime has ended does not run.
fn is_usable(answer: &watch::Receiver<Option<Arrived>>, now: Moment) -> bool {
    match &*answer.borrow() {
        Some(arrived) => now.since(arrived.at) < FRESH,
        None => answer.has_changed().is_ok(),
    }
}

/// Looks a name up and passes the answer to those who wait. Keeps addresses that no request waits for any more, or that took long.
async fn run(name: String, sender: watch::Sender<Option<Arrived>>) {
    let began = clock::now();
    let host = name.clone();
    let addresses = move || match (host.as_str(), 0).to_socket_addrs() {
        Ok(addresses) => Ok(addresses.collect()),
        Err(error) => Err(in_words(&error.to_string())),
    };
    let answer = blocking::submit(Lane::Lookup, addresses).await.unwrap_or_else(|| Err(ENDED.to_owned()));
    let at = clock::now();
    let mut look_ups = look_ups();
    // The registry holds one receiver itself.
    let is_late = sender.receiver_count() <= 1;
    if answer.is_err() || !(is_late || at.since(began) >= SLOW) {
        look_ups.by_name.remove(&name);
    }
    sender.send_replace(Some(Arrived { answer, at }));
}

/// Returns the last part of the resolver's error, as in `failed to lookup address information: Name or service not known`.
fn in_words(error: &str) -> String {
    error.rsplit(": ").next().unwrap_or_default().to_lowercase()
}

/// No code panics while it holds the lock, so a poisoned lock is safe to use.
fn look_ups() -> MutexGuard<'static, LookUps> {
    LOOK_UPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long an answer that was late or slow is used: longer than the pause between two attempts.
const FRESH: Duration = Duration::from_secs(120);
/// An answer that took this long is kept for the next connections.
const SLOW: Duration = Duration::from_secs(1);
const ENDED: &str = "the look-up ended by a bug in tokenwell";
