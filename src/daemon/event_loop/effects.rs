//! Begins the effects of the core as tasks.

use std::sync::Arc;

use tracing::debug;

use super::Daemon;
use crate::{
    clock,
    daemon::{
        exchange_effect::{self, ExchangeJob, Noticed},
        publish_effect::{self, PublishJob},
        tasks::{Done, Task},
    },
    output::{self, Locks, ProtectedKeys},
    renewal::{Effect, Id},
};

impl Daemon {
    /// Begins every effect that is due.
    pub(super) fn begin_effects(&mut self) {
        let now = clock::now();
        while let Some((id, effect)) = self.fleet.next_effect(now) {
            self.begin(id, effect);
        }
    }

    /// Begins the writes that are due, and no exchange.
    pub(super) fn begin_writes(&mut self) {
        let now = clock::now();
        while let Some((id, effect)) = self.fleet.next_effect(now) {
            match effect {
                Effect::Exchange(_) => {}
                Effect::Publish(_) | Effect::Withdraw(_) => self.begin(id, effect),
            }
        }
    }

    fn begin(&mut self, id: Id, effect: Effect) {
        let Some(state) = self.credentials.get(id) else { return };
        let credential = Arc::clone(state.credential());
        match effect {
            Effect::Exchange(attempt) => {
                // The log line of a refusal has the same number.
                let tries = self.fleet.get(id).map(|renewal| renewal.refusals_in_a_row().saturating_add(1));
                debug!(credential = credential.name, attempt = tries, "requesting a session");
                let context = Arc::clone(&self.context);
                let rotates = credential.source.rotates();
                let job = ExchangeJob {
                    request: context.request(&credential),
                    reader: state.key().reader().clone(),
                    records: state.records().clone(),
                    written: state.token().written().cloned(),
                    refusal: state.log().refusals().recorded(clock::stamp_of),
                    cooling_down: self.fleet.get(id).and_then(|renewal| renewal.cooling_down(clock::now())),
                    credential,
                };
                let task = if rotates { Task::RotatingExchange(id, attempt) } else { Task::Exchange(id, attempt) };
                self.tasks.start(task, async move {
                    let mut noticed = Noticed::default();
                    let exchanged = exchange_effect::exchange(context, job, &mut noticed).await;
                    Done::Exchanged(exchanged, noticed)
                });
            }
            Effect::Publish(attempt) => {
                let (session, generation) = (state.token().session().cloned(), state.token().generation());
                let (imposed, records) = (state.outputs().imposed(), state.records().clone());
                let (times, record) = (self.times(id), self.record(id));
                let job = PublishJob { credential, session, times, imposed, record, generation, records };
                let (access, context) = (self.access.clone(), Arc::clone(&self.context));
                self.tasks.start(Task::Publish(id, attempt), publish_effect::publish(context, access, job));
            }
            Effect::Withdraw(attempt) => {
                let access = self.access.clone();
                self.tasks.start(Task::Withdraw(id, attempt), async move {
                    let withdraw = move |locks: &Locks, protected_keys: &ProtectedKeys| {
                        Done::Withdrawn(output::withdraw(&credential.outputs, locks, protected_keys))
                    };
                    access.write(withdraw).await.unwrap_or(Done::Lost)
                });
            }
        }
    }
}
