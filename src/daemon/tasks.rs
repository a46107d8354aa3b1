//! The tasks of the loop. Each has exactly one result, even if it panics.

use std::{collections::HashMap, io, path::PathBuf, sync::Arc};

use tokio::task::{AbortHandle, JoinSet};

use super::{
    disk_scan::DiskScan,
    exchange_effect::{Exchanged, Noticed},
    inspection::Inspection,
    record_store::NotRecorded,
    reloader::{ConfigRefused, Why},
    tls_files::NewClients,
};
use crate::{
    config::{Digest, Loaded},
    exchange::{Refused, SignatureStatus},
    hook::HookRun,
    output::{Published, RemoveError, Removed, WriteError},
    renewal::{Attempt, Id, Moment},
    session::Session,
    state::WrittenToken,
    status::{self, ControlListener},
    watch::Armed,
};

/// The kind of a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Task {
    Exchange(Id, Attempt),
    /// An exchange whose reply may replace the secret. It is never stopped, because that could lose the new one.
    RotatingExchange(Id, Attempt),
    Publish(Id, Attempt),
    Withdraw(Id, Attempt),
    DiskScan,
    Load(Why),
    Judge,
    Arm,
    Inspect,
    Hooks(Id),
    StatusFile,
    ControlSocket,
    Clients,
}

/// The result of a task.
#[derive(Debug)]
pub(super) enum Done {
    Exchanged(Exchanged, Noticed),
    Published {
        /// The result for each output.
        results: Vec<Result<Published, WriteError>>,
        /// The record, if any output holds the session.
        written: Option<WrittenToken>,
        /// Whether the record is in the state file, or why not.
        stored: Option<Result<(), NotRecorded>>,
    },
    Withdrawn(Vec<Result<Removed, RemoveError>>),
    DiskScanned(DiskScan),
    /// A configuration, or why it is refused.
    Loaded((Digest, Result<Loaded, ConfigRefused>)),
    Judged(Vec<(Id, Arc<Session>, Result<SignatureStatus, Refused>)>),
    Armed(Armed),
    Inspected(Inspection),
    /// The result of each hook, and when it ended.
    HooksRan(Vec<(Moment, HookRun)>),
    StatusFile(Result<(), status::WriteError>),
    /// New clients.
    Clients(NewClients),
    /// The control socket at this path.
    ControlSocket(PathBuf, io::Result<ControlListener>),
    /// The task panicked or was stopped.
    Lost,
}

impl Task {
    /// Whether its end changes the status. A scan or an inspection changes it only if it finds something.
    pub(super) fn changes_what_is_told(self) -> bool {
        match self {
            Self::Exchange(..)
            | Self::RotatingExchange(..)
            | Self::Publish(..)
            | Self::Withdraw(..)
            | Self::Load(_)
            | Self::Hooks(_) => true,
            Self::DiskScan
            | Self::Judge
            | Self::Arm
            | Self::Inspect
            | Self::StatusFile
            | Self::ControlSocket
            | Self::Clients => false,
        }
    }
}

/// All tasks of the loop.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    set: JoinSet<Done>,
    under_way: HashMap<tokio::task::Id, (Task, AbortHandle)>,
}

impl Tasks {
    /// Starts a task.
    pub(super) fn start(&mut self, task: Task, work: impl Future<Output = Done> + Send + 'static) {
        let handle = self.set.spawn(work);
        self.under_way.insert(handle.id(), (task, handle));
    }

    /// Returns the next task that ends; never, if none is in flight. Cancel-safe.
    pub(super) async fn next(&mut self) -> (Task, Done) {
        loop {
            let (id, done) = match self.set.join_next_with_id().await {
                Some(Ok(ended)) => ended,
                Some(Err(lost)) => (lost.id(), Done::Lost),
                None => std::future::pending().await,
            };
            if let Some((task, _)) = self.under_way.remove(&id) {
                return (task, done);
            }
        }
    }

    /// Stops the exchange of a credential, unless its reply may replace the secret.
    pub(super) fn stop(&mut self, whose: Id) {
        for (task, handle) in self.under_way.values() {
            if matches!(task, Task::Exchange(id, _) if *id == whose) {
                handle.abort();
            }
        }
    }

    /// Stops every task except writes, removals and exchanges that may replace a secret.
    pub(super) fn stop_all_but_writes(&mut self) {
        for (task, handle) in self.under_way.values() {
            match task {
                Task::Exchange(..)
                | Task::DiskScan
                | Task::Load(_)
                | Task::Judge
                | Task::Arm
                | Task::Inspect
                | Task::Hooks(_)
                | Task::ControlSocket
                | Task::Clients => {
                    handle.abort();
                }
                Task::RotatingExchange(..) | Task::Publish(..) | Task::Withdraw(..) | Task::StatusFile => {}
            }
        }
    }

    /// Whether no task is in flight.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way.is_empty()
    }

    /// Whether this task is in flight.
    pub(super) fn is_under_way(&self, wanted: Task) -> bool {
        self.under_way.values().any(|(task, _)| *task == wanted)
    }

    /// Whether an exchange that may replace a secret is in flight.
    pub(super) fn is_replacing_secrets(&self) -> bool {
        self.under_way.values().any(|(task, _)| matches!(task, Task::RotatingExchange(..)))
    }

    /// The credentials whose files are being written or removed, or whose secret is being replaced.
    pub(super) fn writing(&self) -> impl Iterator<Item = Id> {
        self.under_way.values().filter_map(|(task, _)| match task {
            Task::RotatingExchange(id, _) | Task::Publish(id, _) | Task::Withdraw(id, _) => Some(*id),
            Task::Exchange(..)
            | Task::DiskScan
            | Task::Clients
            | Task::Load(_)
            | Task::Judge
            | Task::Arm
            | Task::Inspect
            | Task::Hooks(_)
            | Task::StatusFile
            | Task::ControlSocket => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_answered_as_lost() {
        let mut tasks = Tasks::default();
        tasks.start(Task::DiskScan, async { panic!("a bug") });
        assert!(matches!(tasks.next().await, (Task::DiskScan, Done::Lost)));
    }

    #[tokio::test]
    async fn writes_go_on_when_all_else_is_stopped() {
        let mut tasks = Tasks::default();
        let mut fleet = crate::renewal::Fleet::new(std::num::NonZeroUsize::MIN, 1);
        let id = fleet.add(
            crate::renewal::OriginId::default(),
            crate::renewal::Policy::default(),
            crate::renewal::LastExchange::default(),
        );
        tasks.start(Task::Exchange(id, Attempt(1)), std::future::pending());
        tasks.start(Task::Publish(id, Attempt(2)), async {
            Done::Published { results: Vec::new(), written: None, stored: None }
        });
        tasks.stop_all_but_writes();
        assert_eq!(tasks.writing().collect::<Vec<_>>(), [id]);
        let mut ended = [tasks.next().await, tasks.next().await];
        ended.sort_by_key(|(task, _)| matches!(task, Task::Publish(..)));
        assert!(matches!(ended, [(Task::Exchange(..), Done::Lost), (Task::Publish(..), Done::Published { .. })]));
    }

    #[tokio::test]
    async fn an_exchange_that_may_replace_a_secret_is_not_stopped() {
        let mut tasks = Tasks::default();
        let mut fleet = crate::renewal::Fleet::new(std::num::NonZeroUsize::MIN, 1);
        let id = fleet.add(
            crate::renewal::OriginId::default(),
            crate::renewal::Policy::default(),
            crate::renewal::LastExchange::default(),
        );
        let (answer, answered) = tokio::sync::oneshot::channel();
        tasks.start(Task::RotatingExchange(id, Attempt(1)), async {
            answered.await.map_or(Done::Lost, |()| Done::Judged(Vec::new()))
        });
        assert!(tasks.is_replacing_secrets());
        tasks.stop(id);
        tasks.stop_all_but_writes();
        assert_eq!(tasks.writing().collect::<Vec<_>>(), [id]);
        answer.send(()).unwrap();
        assert!(matches!(tasks.next().await, (Task::RotatingExchange(..), Done::Judged(_))), "it was not stopped");
        assert!(!tasks.is_replacing_secrets());
    }
}
