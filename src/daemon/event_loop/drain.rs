//! The stop: what is under way is finished, and every client gets an answer.

use std::time::Duration;

use tokio::time;
use tracing::{debug, info, warn};

use super::Daemon;
use crate::{
    blocking::{self, Lane},
    daemon::tasks::Task,
    status::{ClosedControl, ClosingConnections, TokenAnswer},
};

/// What the servers of a daemon that stops leave.
struct ClosedServers {
    control: Option<ClosedControl>,
    connections: Vec<ClosingConnections>,
}

impl Daemon {
    /// Stops: starts no exchange, and waits for the exchanges in flight that may replace a secret, whose sessions are still
    /// written, and for the writes in flight. Waits at most [`DRAIN_MAX`] longer than a request may take.
    pub async fn drain(mut self) {
        self.event_log.log_ended_sessions();
        self.announce_stopping();
        self.tasks.stop_all_but_writes();
        let ClosedServers { control, connections } = self.close_servers();
        self.finish_writes().await;
        self.store_kept_secrets().await;
        if let Some(file) = control {
            let _ = time::timeout(RECORDS_MAX, blocking::submit(Lane::State, move || drop(file))).await;
        }
        if time::timeout(RECORDS_MAX, blocking::finish(Lane::State)).await.is_err() {
            debug!("the disk takes too long to write the last records");
        }
        self.settle_readiness();
        self.leave_status_file().await;
        let answered = async {
            for connections in connections {
                connections.answered().await;
            }
        };
        if time::timeout(ANSWERS_MAX, answered).await.is_err() {
            debug!("a client of the status server reads too slowly; stopping without it");
        }
    }

    async fn finish_writes(&mut self) {
        let mut request_max = Duration::ZERO;
        if self.tasks.is_replacing_secrets() {
            request_max = self.config.http.timeout;
            self.context.trust.hurry();
            info!("waiting for the answer to a refresh, which may replace the refresh token");
        }
        let writes = async {
            while self.tasks.writing().next().is_some() {
                let (task, done) = self.tasks.next().await;
                if let Task::RotatingExchange(..) = task {
                    self.ended(task, done);
                    self.begin_writes();
                }
            }
        };
        if time::timeout(DRAIN_MAX + request_max, writes).await.is_err() {
            warn!("a write hangs; stopping without it");
        }
    }

    /// Takes no more requests, and sends away the clients that wait for what this process will not do any more.
    fn close_servers(&mut self) -> ClosedServers {
        self.publisher.waiting_clients().answer(|_| Some(TokenAnswer::Stopping));
        self.monitor.readiness().dismiss();
        self.reloader.dismiss();
        let (control, of_control) = self.control.close().unzip();
        let of_status = self.publisher.server().close();
        ClosedServers { control, connections: of_status.into_iter().chain(of_control).collect() }
    }
}

/// How long writes may take after the request to stop.
const DRAIN_MAX: Duration = Duration::from_secs(10);
/// How long the records that no task waits for may take after that.
const RECORDS_MAX: Duration = Duration::from_secs(2);
/// How long clients may take to read their last answers after that.
const ANSWERS_MAX: Duration = Duration::from_secs(1);
