//! Work without a daemon: the desired credentials, the status of their tokens on disk, the state of an earlier process, and the
//! record of the doctor's exchanges in the state directory.

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
