//! The queue as a writer, for crates that format lines.

use std::io;

use super::output;

/// Puts each buffer that is written into the queue as one line. Never blocks and never fails.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        output::write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
