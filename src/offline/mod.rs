//! Work without a daemon: the desired credentials, the status of their tokens on disk, the state of an earlier process, the
//! record of the doctor's exchanges in the state directory, and the set-up of security questions.

mod denial;
mod desired;
mod disk_status;
mod dry_exchange;
mod key_folder;
mod key_listing;
mod listed;
mod prior_state;
mod questions_setup;
mod recorded_exchange;
mod setup_error;
mod take_over;
mod token;
mod token_life;
mod typed_key;
mod valid_token;
mod wait;

pub use self::{
    denial::denial_remains,
    desired::{credentials, desired},
    disk_status::DiskStatus,
    dry_exchange::{DryExchange, NotRecorded},
    key_folder::key_folder_notes,
    key_listing::{KeyFile, list_keys},
    prior_state::{PriorState, load_prior_state},
    questions_setup::{QuestionsSetup, SetupAnswers, questions_of},
    recorded_exchange::RecordedExchange,
    setup_error::SetupError,
    take_over::{NotTakenOver, take_over},
    token::{
        NewestToken, UnknownCredential, Unrecognised, claimed_token, find_credential, holds_another_token,
        newest_token, recorded_token, written_token,
    },
    token_life::{TokenLife, token_life},
    typed_key::{NotAKey, typed_key},
    valid_token::NoValidToken,
    wait::{DiskChanges, SCAN_MAX, disk_status, wait},
};
