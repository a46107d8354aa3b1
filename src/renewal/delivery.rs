//! The disk side of a credential: which session the files hold, and when to write or remove them.

use super::{
    event::NotWritten,
    moment::Moment,
    policy::{Backoff, OnExpiry, Policy},
    repair::Repairs,
    stamp::Stamp,
    term::Term,
};

/// The state of the files on disk, and the disk tasks that are due.
///
/// Invariant: a failed write is followed by another write, never by an exchange.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    on_disk: OnDisk,
    /// When to write the newest session, if it is not on disk yet.
    write: Option<Moment>,
    /// No removal is tried before this moment.
    withdraw_from: Moment,
    failures: u32,
    /// The last write failed, and no removal came after it.
    is_write_failed: bool,
    /// Another program has changed the files, and they are not repaired yet.
    altered: bool,
    repairs: Repairs,
    /// Whether the expiry by the wall clock, which comes before that by the boot clock, was handled.
    early_end_handled: bool,
}

/// A task for the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum DiskTask {
    Publish(Term),
    Withdraw,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum OnDisk {
    #[default]
    Nothing,
    Session(Term),
    /// A session of an earlier process, and the clocks disagree on whether it has expired.
    Doubtful,
    /// The session has expired and its files stay.
    Ended(Term),
    /// The session has expired and its files were removed.
    Withdrawn,
}

impl Delivery {
    /// The newest session has to be written.
    pub(super) fn schedule_write(&mut self, now: Moment) {
        self.write = Some(now);
        self.failures = 0;
    }

    /// Another program has changed the files. They are rewritten at once, or later in a conflict; a write that is
    /// already scheduled keeps its moment. Files of a session that is not on disk, or has expired there, are not
    /// rewritten.
    pub(super) fn altered(&mut self, now: Moment) {
        let OnDisk::Session(_) = self.on_disk else { return };
        if self.altered {
            return;
        }
        self.altered = true;
        let at = self.repairs.next(now);
        self.write = self.write.or(Some(at));
    }

    /// The files hold this session already.
    pub(super) fn adopt(&mut self, term: Term) {
        self.on_disk = OnDisk::Session(term);
    }

    /// The files hold a session of an earlier process, and the clocks disagree on whether it has expired.
    pub(super) fn adopt_doubtful(&mut self) {
        self.on_disk = OnDisk::Doubtful;
    }

    /// The clocks have moved against each other.
    pub(super) fn compare_clocks(&mut self, clocks: Stamp) {
        self.early_end_handled = false;
        if let OnDisk::Session(term) | OnDisk::Ended(term) = &mut self.on_disk {
            *term = term.compared(clocks);
        }
    }

    /// Another process has written the files: with this session, or with an unknown one (`None`).
    pub(super) fn observe(&mut self, session: Option<Term>) {
        self.on_disk = session.map_or(OnDisk::Nothing, OnDisk::Session);
    }

    /// When a disk task or an expiry is due.
    pub(super) fn due(&self, on_expiry: OnExpiry) -> Option<Moment> {
        [self.write, self.end(on_expiry), self.early_end()].into_iter().flatten().min()
    }

    /// The disk task that is due now. A session that has certainly expired is not written: its write is dropped. One that
    /// the clocks disagree on is written and never removed, because a clock may be wrong.
    pub(super) fn next(&mut self, now: Moment, newest: Option<Term>, on_expiry: OnExpiry) -> Option<DiskTask> {
        if self.write.is_some_and(|at| at <= now) {
            if let Some(term) = newest.filter(|term| now < term.ends()) {
                return Some(DiskTask::Publish(term));
            }
            self.write = None;
        }
        if self.early_end().is_some_and(|at| at <= now) {
            self.early_end_handled = true;
        }
        if self.end(on_expiry).is_none_or(|at| now < at) {
            return None;
        }
        match (on_expiry, self.on_disk()) {
            (OnExpiry::Remove, _) => Some(DiskTask::Withdraw),
            (OnExpiry::Keep, ended) => {
                self.on_disk = ended.map_or(OnDisk::Nothing, OnDisk::Ended);
                None
            }
        }
    }

    /// The write of `term` was answered.
    pub(super) fn published(
        &mut self,
        now: Moment,
        term: Term,
        result: Result<(), NotWritten>,
        policy: &Policy,
        rng: &mut fastrand::Rng,
    ) {
        self.is_write_failed = result.is_err();
        match result {
            Ok(()) => {
                self.on_disk = OnDisk::Session(term);
                self.write = None;
                self.failures = 0;
                self.altered = false;
            }
            Err(NotWritten) => self.write = Some(self.again(now, policy, rng)),
        }
    }

    /// The removal was answered.
    pub(super) fn withdrawn(
        &mut self,
        now: Moment,
        result: Result<(), NotWritten>,
        policy: &Policy,
        rng: &mut fastrand::Rng,
    ) {
        match result {
            Ok(()) => {
                self.on_disk = OnDisk::Withdrawn;
                self.failures = 0;
                self.is_write_failed = false;
            }
            Err(NotWritten) => self.withdraw_from = self.again(now, policy, rng),
        }
    }

    /// The session that the files hold, expired or not.
    pub(super) fn on_disk(&self) -> Option<Term> {
        match self.on_disk {
            OnDisk::Session(term) | OnDisk::Ended(term) => Some(term),
            OnDisk::Nothing | OnDisk::Doubtful | OnDisk::Withdrawn => None,
        }
    }

    /// Whether the clocks disagree on whether the session on disk has expired.
    pub(super) fn is_in_doubt(&self, now: Moment) -> bool {
        match self.on_disk {
            OnDisk::Session(term) => term.is_doubtful_at(now),
            OnDisk::Doubtful => true,
            OnDisk::Nothing | OnDisk::Ended(_) | OnDisk::Withdrawn => false,
        }
    }

    /// Whether a session was on disk and its files were removed.
    pub(super) fn is_withdrawn(&self) -> bool {
        self.on_disk == OnDisk::Withdrawn
    }

    /// Whether the last write or removal failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// Whether the files hold no session as a whole, and the last write of one failed.
    pub(super) fn is_unwritten(&self) -> bool {
        match self.on_disk {
            OnDisk::Nothing | OnDisk::Withdrawn => self.is_write_failed,
            OnDisk::Session(_) | OnDisk::Doubtful | OnDisk::Ended(_) => false,
        }
    }

    /// Whether another program has changed the files, and they are not repaired yet.
    pub(super) fn is_altered(&self) -> bool {
        self.altered
    }

    /// Whether another program changes them again and again.
    pub(super) fn is_in_conflict(&self) -> bool {
        self.repairs.is_a_fight()
    }

    /// When the session on disk expires by the wall clock, if that is before its end by the boot clock and was not handled.
    fn early_end(&self) -> Option<Moment> {
        match self.on_disk {
            OnDisk::Session(term) => (!self.early_end_handled && !term.older_by.is_zero()).then(|| term.expires()),
            OnDisk::Nothing | OnDisk::Doubtful | OnDisk::Ended(_) | OnDisk::Withdrawn => None,
        }
    }

    /// When the session on disk has certainly expired, until that is handled.
    fn end(&self, on_expiry: OnExpiry) -> Option<Moment> {
        match (on_expiry, self.on_disk) {
            (OnExpiry::Remove, OnDisk::Session(term) | OnDisk::Ended(term)) => {
                Some(term.ends().max(self.withdraw_from))
            }
            (OnExpiry::Keep, OnDisk::Session(term)) => Some(term.ends()),
            (OnExpiry::Keep, OnDisk::Ended(_)) | (_, OnDisk::Nothing | OnDisk::Doubtful | OnDisk::Withdrawn) => None,
        }
    }

    fn again(&mut self, now: Moment, policy: &Policy, rng: &mut fastrand::Rng) -> Moment {
        let wait = Backoff { step: self.failures, ceiling: policy.retry_max, lifetime: None };
        self.failures = self.failures.saturating_add(1);
        policy.retry(now, now, wait, rng)
    }
}
