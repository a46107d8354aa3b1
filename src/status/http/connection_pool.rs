//! The open connections, and which of them is evicted when a new one finds the pool full.
//!
//! Clients that send half a request, or keep idle connections, would otherwise block all others. So the oldest connection
//! without a whole request is evicted. A connection that is being answered stays, however slowly the client reads.

use std::{collections::VecDeque, future::Future};

use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
};
use tracing::debug;

use super::{bounds::CONNECTIONS_MAX, progress::Progress};

/// All connections, each a task. Dropping it cuts them off.
#[derive(Debug, Default)]
pub(super) struct ConnectionPool {
    tasks: JoinSet<()>,
    /// Dropping it tells the connections to close.
    open: watch::Sender<()>,
    /// Oldest first; at most [`CONNECTIONS_MAX`].
    connections: VecDeque<Connection>,
}

#[derive(Debug)]
struct Connection {
    progress: Progress,
    task: AbortHandle,
}

impl ConnectionPool {
    /// Serves a new connection, or closes it if the pool is full and every connection is being answered.
    pub(super) fn admit<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        serve: impl FnOnce(Progress, Closing) -> F,
    ) {
        self.remove_finished();
        if self.is_full() && !self.evict_idle() {
            debug!("closing a new connection to the status server: {CONNECTIONS_MAX} others are being answered");
            return;
        }
        let progress = Progress::default();
        let task = self.tasks.spawn(serve(progress.clone(), Closing(self.open.subscribe())));
        self.connections.push_back(Connection { progress, task });
    }

    /// Whether a new connection evicts another.
    pub(super) fn is_full(&self) -> bool {
        self.connections.len() >= CONNECTIONS_MAX
    }

    /// Whether an evicted connection has not ended yet. Until then none is accepted, or their number would be unbounded.
    pub(super) fn is_overfull(&self) -> bool {
        self.tasks.len() > CONNECTIONS_MAX
    }

    /// Waits until a connection has ended; forever if there is none. Cancel-safe.
    pub(super) async fn finished(&mut self) {
        match self.tasks.join_next().await {
            Some(_) => self.remove_finished(),
            None => std::future::pending().await,
        }
    }

    /// Closes each connection when its request is answered; one that has none, at once. Those that are being answered have the
    /// time of a response after [`super::bounds::CONNECTION_LIFE`].
    pub(super) fn close(self) -> ClosingConnections {
        ClosingConnections(self.tasks)
    }

    fn remove_finished(&mut self) {
        while self.tasks.try_join_next().is_some() {}
        self.connections.retain(|connection| !connection.task.is_finished());
    }

    fn evict_idle(&mut self) -> bool {
        let idle = self.connections.iter().position(|connection| !connection.progress.is_responding());
        let Some(oldest) = idle.and_then(|n| self.connections.remove(n)) else { return false };
        oldest.task.abort();
        debug!("evicting the oldest idle connection to the status server for a new one");
        true
    }
}

/// Tells a connection when to close.
#[derive(Debug)]
pub(super) struct Closing(watch::Receiver<()>);

impl Closing {
    /// Waits until the connection is to close. Cancel-safe.
    pub(super) async fn requested(&mut self) {
        // Nothing is ever sent: it ends when the sender is dropped.
        while self.0.changed().await.is_ok() {}
    }
}

/// The connections of a server that is closed. Dropping it cuts them off.
#[derive(Debug)]
pub struct ClosingConnections(JoinSet<()>);

impl ClosingConnections {
    /// Waits until every client has its answer.
    pub async fn answered(mut self) {
        while self.0.join_next().await.is_some() {}
    }

    /// Lets them end by themselves, within the time that each has.
    pub fn leave(mut self) {
        self.0.detach_all();
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn an_evicted_connection_ends_before_the_next_is_accepted() {
        let mut pool = ConnectionPool::default();
        for _ in 0..CONNECTIONS_MAX {
            pool.admit(|_, _| pending());
        }
        assert!(pool.is_full() && !pool.is_overfull());
        pool.admit(|_, _| pending());
        assert!(pool.is_overfull(), "its task has not run since");
        pool.finished().await;
        assert!(pool.is_full() && !pool.is_overfull());
    }

    #[tokio::test]
    async fn a_new_connection_is_closed_if_all_are_being_answered() {
        let mut pool = ConnectionPool::default();
        for _ in 0..=CONNECTIONS_MAX {
            pool.admit(|progress, _| {
                progress.request_received();
                pending()
            });
        }
        assert!(pool.is_full() && !pool.is_overfull());
    }

    #[tokio::test]
    async fn a_closed_pool_lets_connections_end_by_themselves() {
        let mut pool = ConnectionPool::default();
        let (ended, mut ends) = tokio::sync::mpsc::unbounded_channel();
        for n in 0..3 {
            let ended = ended.clone();
            pool.admit(|_, mut closing| async move {
                closing.requested().await;
                ended.send(n).unwrap();
            });
        }
        assert!(ends.try_recv().is_err());
        pool.close().answered().await;
        let all = [ends.try_recv(), ends.try_recv(), ends.try_recv()].map(|end| end.is_ok());
        assert_eq!(all, [true; 3]);
    }
}
