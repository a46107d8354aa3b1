//! What needs no daemon: which credentials there should be, how their tokens are on disk, what an earlier process left, and
//! exchanges of the doctor in the state directory.

mod desired;
mod disk_status;
mod dry_exchange;
mod prior_state;
mod recorded_exchange;
mod token_life;
mod wait;

pub use self::{
    desired::{credentials, desired},
    disk_status::DiskStatus,
    dry_exchange::{DryExchange, NotRecorded},
    prior_state::{PriorState, load_prior_state},
    recorded_exchange::RecordedExchange,
    token_life::{TokenLife, token_life},
    wait::wait,
};
