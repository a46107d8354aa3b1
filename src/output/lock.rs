//! Who writes where: one process an output.

/// The outputs that this process has for itself.
#[derive(Debug, Default)]
pub struct Locks;
