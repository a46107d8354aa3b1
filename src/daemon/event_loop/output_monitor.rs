//! Watches the outputs, and repairs what something else altered from the session in memory.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::Path,
    sync::Arc,
    time::Duration,
};

use tracing::{debug, warn};

use super::Daemon;
use crate::{
    blocking::{self, Lane},
    clock,
    daemon::{
        credential_state::{ConflictNews, CredentialState},
        inspection::{Inspected, Inspection, OutputCheck},
        output_monitor::ArmingEnded,
        readiness::Missing,
        tasks::{Done, Task},
    },
    output::{self, Condition, Output},
    renewal::{Effect, Event, Id, Moment, Renewal},
    watch::{Armed, Touched},
};

impl Daemon {
    /// Watches the folders of the outputs that exist; at once, or when the arming in flight has ended.
    pub(super) fn arm_outputs(&mut self) {
        self.monitor.want_all_armed();
        self.begin_arming();
    }

    fn begin_arming(&mut self) {
        let Some((armer, folders)) = self.monitor.begin_arming() else { return };
        self.tasks.start(Task::Arm, async move {
            blocking::submit(Lane::Read, move || Done::Armed(Armed::by(&armer, folders))).await.unwrap_or(Done::Lost)
        });
    }

    /// Whether every folder of outputs that exists is watched, and no inspection is in flight or wanted.
    pub fn guards_its_outputs(&self) -> bool {
        self.monitor.is_quiet()
    }

    pub(super) fn armed(&mut self, armed: Option<Armed>) {
        let ArmingEnded { again, is_news } = self.monitor.armed(armed);
        if is_news {
            debug!("not every folder of outputs can be watched; they are looked at every second");
        }
        if again {
            self.begin_arming();
        }
    }

    /// Handles changes of files, which this process itself may have made.
    pub(super) fn touched(&mut self, touched: &Touched) {
        let suspects: BTreeSet<Id> = match touched {
            Touched::Files(files) => files.iter().flat_map(|file| self.monitor.concerned(file)).collect(),
            Touched::Anything => {
                self.monitor.want_all_armed();
                self.credentials.ids().collect()
            }
        };
        for id in suspects {
            let Some(state) = self.credentials.get(id) else { continue };
            self.monitor.suspect(id);
            // The folder was made, or another generation is the current one.
            for folder in state.credential().outputs.iter().flat_map(Output::watched_folders) {
                if self.monitor.needs_watch(&folder, touched) {
                    self.monitor.want_armed(folder);
                }
            }
        }
        self.begin_arming();
        self.inspect();
    }

    /// Plans the removal of old generations after a write to a set.
    pub(super) fn leaves_generations(&mut self, now: Moment, id: Id) {
        let Some(state) = self.credentials.get(id) else { return };
        let sets: BTreeMap<_, _> = state.credential().outputs.iter().filter_map(set_of).collect();
        for (set, keep) in sets {
            self.monitor.cleanup().written(now, set, keep);
        }
    }

    /// Keeps old generations as long as the configuration of now says.
    pub(super) fn keep_generations(&mut self) {
        for (_, state) in self.credentials.all() {
            for (set, keep) in state.credential().outputs.iter().filter_map(set_of) {
                self.monitor.cleanup().keep(set, keep);
            }
        }
    }

    /// Removes the old generations that are due.
    pub(super) fn tidy(&mut self, now: Moment) {
        let due = self.monitor.cleanup().take_due(now);
        if due.is_empty() {
            return;
        }
        let output_of = |set: &Path| {
            let states = self.monitor.concerned(set).filter_map(|id| self.credentials.get(id));
            let mut outputs = states.flat_map(|state| &state.credential().outputs);
            outputs.find(|output| set_of(output).is_some_and(|(other, _)| other == set)).cloned()
        };
        let outputs: Vec<_> = due.iter().filter_map(|(set, newest)| Some((output_of(set)?, *newest))).collect();
        let locks = Arc::clone(self.access.locks());
        blocking::submit(Lane::Write, move || {
            for error in output::tidy(outputs.iter().map(|(output, newest)| (output, *newest)), &locks).failed {
                warn!("{error}");
            }
        });
    }

    /// Inspects the outputs of one credential.
    pub(super) fn suspect(&mut self, id: Id) {
        self.monitor.suspect(id);
        self.inspect();
    }

    /// Inspects every output whose stamp has changed.
    pub(super) fn inspect_all(&mut self) {
        self.monitor.suspect_all();
        self.inspect();
    }

    fn inspect(&mut self) {
        let Some(scope) = self.monitor.begin_inspection() else { return };
        let now = clock::now();
        let check = |id| {
            let state = self.credentials.get(id).filter(|state| !state.is_draining())?;
            self.check(now, id, state, scope.ignores_stamps_of(id))
        };
        let checks: Vec<OutputCheck> = match scope.only() {
            Some(suspects) => suspects.iter().copied().filter_map(check).collect(),
            None => self.credentials.ids().filter_map(check).collect(),
        };
        let probes = if self.monitor.readiness().is_waiting() {
            let checked: HashSet<Id> = checks.iter().map(|check| check.id).collect();
            self.probes(now, |id| checked.contains(&id))
        } else {
            Vec::new()
        };
        self.monitor.readiness().begin();
        if checks.is_empty() && probes.is_empty() {
            self.monitor.end_inspection();
            self.say_whether_ready(&[]);
            return;
        }
        let context = Arc::clone(&self.context);
        self.tasks
            .start(Task::Inspect, async move { Done::Inspected(Inspection::take(checks, probes, &context).await) });
    }

    /// The inspection of one credential; `None` if a write is in flight or due, or if no valid token is expected.
    fn check(&self, now: Moment, id: Id, state: &CredentialState, suspect: bool) -> Option<OutputCheck> {
        let renewal = self.fleet.get(id)?;
        let term = renewal.held().filter(|term| renewal.on_disk() == Some(*term))?;
        if !renewal.serves(now) || renewal.stands_by() || is_at_the_files(renewal) {
            return None;
        }
        let stamps = state.outputs().stamps().into_iter().map(|stamp| stamp.filter(|_| !suspect)).collect();
        Some(OutputCheck {
            id,
            credential: Arc::clone(state.credential()),
            session: state.token().session().cloned()?,
            times: state.token().times_of(term)?,
            sent: term.sent,
            writes: state.outputs().writes(),
            stamps,
            imposed: state.outputs().imposed(),
        })
    }

    pub(super) fn inspected(&mut self, inspection: Option<Inspection>) {
        let again = self.monitor.end_inspection();
        let now = clock::now();
        let Some(Inspection { inspected, mut missing, seen, unseen }) = inspection else {
            self.monitor.readiness().give_up();
            if again {
                self.inspect();
            }
            return;
        };
        let news = self.monitor.note_seen(seen, unseen);
        if !news.is_empty() {
            self.note_readiness(&news, now);
        }
        if !self.monitor.sees_all() {
            self.inputs.poll_soon(now);
        }
        for Inspected { id, sent, writes, conditions } in inspected {
            let (Some(state), Some(renewal)) = (self.credentials.get_mut(id), self.fleet.get(id)) else { continue };
            let is_of_now = renewal.on_disk().is_some_and(|term| term.sent == sent) && !is_at_the_files(renewal);
            if !is_of_now || conditions.len() != state.outputs().len() || writes != state.outputs().writes() {
                let altered = conditions.iter().position(|condition| matches!(condition, Condition::Altered(_)));
                let output = altered.and_then(|n| state.credential().outputs.get(n));
                missing.extend(output.filter(|_| is_at_the_files(renewal)).map(|output| Missing::new(id, output)));
                continue;
            }
            let credential = Arc::clone(state.credential());
            let names = credential.outputs.iter().map(Output::name);
            let altered = state.outputs_mut().note_conditions(names, conditions);
            if !altered.is_empty() {
                self.fleet.handle(now, id, Event::OutputsAltered);
                self.note_state(id, now);
                self.say_altered(id, &altered);
            }
        }
        self.say_whether_ready(&missing);
        if again {
            self.inspect();
        }
    }

    /// Logs that file systems of outputs keep no modes or owners, once for each folder with the same result.
    pub(super) fn say_imposed(&mut self, id: Id) {
        let Some(state) = self.credentials.get(id) else { return };
        for (output, imposed) in state.credential().outputs.iter().zip(state.outputs().imposed()) {
            let (Some(imposed), Some(folder)) = (imposed, output.folder()) else { continue };
            let note = output.imposed_note(&imposed);
            if self.event_log.note_imposed(folder, imposed) {
                warn!(credential = state.name(), "{note}");
            } else {
                debug!(credential = state.name(), "{note}");
            }
        }
    }

    fn say_altered(&mut self, id: Id, altered: &[String]) {
        let (Some(state), Some(renewal)) = (self.credentials.get_mut(id), self.fleet.get(id)) else { return };
        let (name, what) = (state.name().to_owned(), altered.join(", "));
        match state.log_mut().note_altered(renewal.is_in_conflict()) {
            ConflictNews::Altered => warn!(credential = name, "{what}; it is written again"),
            ConflictNews::ConflictBegan => warn!(
                credential = name,
                "{what} again and again; it is written again ever later, up to a minute: find who else writes there"
            ),
            ConflictNews::ConflictGoesOn => debug!(credential = name, "{what} again"),
        }
    }
}

/// The set of an output, and how long its old generations are kept.
fn set_of(output: &Output) -> Option<(&Path, Duration)> {
    Some((output.folder()?, output.keep_previous()?))
}

/// Whether files are being written or removed, so that an inspection would see half of it.
fn is_at_the_files(renewal: &Renewal) -> bool {
    matches!(renewal.under_way(), Some(Effect::Publish(_) | Effect::Withdraw(_)))
}
