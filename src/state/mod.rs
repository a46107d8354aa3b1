//! State that one process leaves to the next on disk: one small file per credential, without secrets.
//!
//! One file per credential instead of one for all: each is replaced independently before and after an exchange, however many
//! credentials there are, and a damaged file costs one exchange. Nothing is synced: a loss of power costs the same.

mod directory;
mod imposed_json;
mod ledger;
mod probe;
mod record;
mod record_json;
mod recorded_refusal;

pub use directory::{directories_beside, make_directory};
pub use ledger::{Ledger, LoadError, RETENTION, StoreError};
pub use record::{ImposedOutput, Record, WrittenToken, generation_at};
pub use recorded_refusal::RecordedRefusal;
