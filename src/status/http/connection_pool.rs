//! The connections that there are at once, and which of them goes where a newcomer finds no room.
//!
//! Whoever sends half a head and waits, or keeps an idle connection, would else keep everybody away. So the oldest connection
//! from which no whole request has come makes room. One that is being answered stays, however slowly it reads.

use std::{collections::VecDeque, future::Future};

use tokio::task::{AbortHandle, JoinSet};
use tracing::debug;

use super::{bounds::CONNECTIONS_MAX, progress::Progress};

/// All connections, each a task. Dropping it closes them.
#[derive(Debug, Default)]
pub(super) struct ConnectionPool {
    tasks: JoinSet<()>,
    /// The oldest first; at most [`CONNECTIONS_MAX`].
    connections: VecDeque<Connection>,
}

#[derive(Debug)]
struct Connection {
    progress: Progress,
    task: AbortHandle,
}

impl ConnectionPool {
    /// Serves a newcomer. Where everyone is being answered, it is closed.
    pub(super) fn admit<F: Future<Output = ()> + Send + 'static>(&mut self, serve: impl FnOnce(Progress) -> F) {
        self.remove_finished();
        if self.is_full() && !self.evict_idle() {
            debug!("a connection to the status server is closed: {CONNECTIONS_MAX} others are being answered");
            return;
        }
        let progress = Progress::default();
        let task = self.tasks.spawn(serve(progress.clone()));
        self.connections.push_back(Connection { progress, task });
    }

    /// Whether a newcomer costs another one its place.
    pub(super) fn is_full(&self) -> bool {
        self.connections.len() >= CONNECTIONS_MAX
    }

    /// Whether somebody who made room has still to go: nobody else is let in meanwhile, or there would be more and more.
    pub(super) fn is_overfull(&self) -> bool {
        self.tasks.len() > CONNECTIONS_MAX
    }

    /// Ends when a connection has finished; never, if there is none. Cancel-safe.
    pub(super) async fn finished(&mut self) {
        match self.tasks.join_next().await {
            Some(_) => self.remove_finished(),
            None => std::future::pending().await,
        }
    }

    fn remove_finished(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        self.connections.retain(|connection| !connection.task.is_finished());
    }

    fn evict_idle(&mut self) -> bool {
        let idle = self.connections.iter().position(|connection| !connection.progress.is_responding());
        let Some(oldest) = idle.and_then(|n| self.connections.remove(n)) else { return false };
        oldest.task.abort();
        debug!("a connection to the status server that sends no whole request makes room for a newcomer");
        true
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn who_makes_room_is_gone_before_the_next_comes() {
        let mut pool = ConnectionPool::default();
        for _ in 0..CONNECTIONS_MAX {
            pool.admit(|_| pending());
        }
        assert!(pool.is_full() && !pool.is_overfull());
        pool.admit(|_| pending());
        assert!(pool.is_overfull(), "his task has not run since");
        pool.finished().await;
        assert!(pool.is_full() && !pool.is_overfull());
    }

    #[tokio::test]
    async fn a_newcomer_among_those_who_are_being_answered_makes_it_no_fuller() {
        let mut pool = ConnectionPool::default();
        for _ in 0..=CONNECTIONS_MAX {
            pool.admit(|progress| {
                progress.request_received();
                pending()
            });
        }
        assert!(pool.is_full() && !pool.is_overfull());
    }
}
