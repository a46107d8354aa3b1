//! Delays TERM and INT during an exchange whose reply may replace the secret: the new one would be lost.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
    low_level::emulate_default_handler,
};

/// Whether TERM and INT end the process.
#[derive(Debug)]
pub(super) struct Interruptions {
    are_allowed: Arc<AtomicBool>,
    /// The last signal that came, or 0.
    came: Arc<AtomicUsize>,
}

/// A time without interruptions. When it ends, a signal that came meanwhile ends the process.
#[derive(Debug)]
pub(super) struct Uninterrupted<'a>(&'a Interruptions);

impl Interruptions {
    /// Handles the signals from now on. They end the process, except while [`Self::delay`] says otherwise.
    pub(super) fn listen() -> io::Result<Self> {
        let (are_allowed, came) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
        for (signal, number) in [(SIGTERM, TERM), (SIGINT, INT)] {
            flag::register_conditional_default(signal, Arc::clone(&are_allowed))?;
            flag::register_usize(signal, Arc::clone(&came), number)?;
        }
        Ok(Self { are_allowed, came })
    }

    /// Delays the signals until the returned value is dropped.
    pub(super) fn delay(&self) -> Uninterrupted<'_> {
        self.are_allowed.store(false, Ordering::SeqCst);
        Uninterrupted(self)
    }
}

impl Drop for Uninterrupted<'_> {
    fn drop(&mut self) {
        let Self(Interruptions { are_allowed, came }) = self;
        are_allowed.store(true, Ordering::SeqCst);
        let signal = match came.load(Ordering::SeqCst) {
            TERM => SIGTERM,
            INT => SIGINT,
            _ => return,
        };
        // It ends the process. If the system refuses, the check goes on.
        let _ = emulate_default_handler(signal);
    }
}

const TERM: usize = 1;
const INT: usize = 2;
