//! The sources of sessions, one file for each kind, and the exchange that all kinds share.
//!
//! [`Source`] is a source as configured: its [`Kind`], which is a closed enum, and what its sessions must meet. Its methods
//! list the files, read them with a size limit, and return the origin and the rules for a session. [`Material`] is what was
//! read: it prepares the request and interprets the reply. [`obtain`] is the exchange, with numbered steps. No code outside
//! this room names the file of an access key.
//!
//! # How to add a kind
//!
//! 1. Add a file next to `access_key.rs` with the kind's settings, its `files`, `read`, `request` and `answer`, and a
//!    struct for the secrets that it reads. `request` and `answer` are pure.
//! 2. Add a variant to [`Kind`], to [`Secrets`] and, for each kind of file, to [`SecretKind`]. The compiler lists
//!    the rest.
//! 3. Define its [`Identity`]: what is a changed key, what is only another version of it, and what people see.
//! 4. Define its issuer in [`Kind`], and a [`BrokenRule`] for each new rule. Add the reasons why a file is unusable to
//!    [`Unusable`], each with its remedy.
//! 5. If its secrets rotate, it holds a [`TokenChain`], and `answer` returns [`Answer::with_rotated`]. [`obtain`] stores
//!    before it uses anything else of the reply, and the daemon never stops such an exchange.
//! 6. If it sends requests to another origin than the API, [`Source::origin`] returns that origin. The daemon builds a
//!    client for each origin.
//! 7. If asking again after a denial could do harm, the refusal is [`crate::renewal::Refusal::DeniedForGood`].
//! 8. Add its fields to `config/section/source.rs` and to `config/schema/`, and a table of replies in `tests/rooms/`.

mod access_key;
mod answer;
mod answers;
mod assertion;
mod broken_rule;
mod chain;
mod chain_folder;
mod definition;
mod descope;
mod error_code;
mod expectation;
mod explanation;
mod identity;
mod key_folder;
mod key_form;
mod kind;
mod login_options;
mod material;
mod oauth;
mod obtain;
mod public_key;
mod questions_setup;
mod reader;
mod refresh_token;
mod rules;
mod secret_file;
mod secret_kind;
mod security_questions;
mod session_cookie;
mod suspect_text;
mod suspicion;
mod systemd_credentials;
mod token_chain;
mod token_error;
mod token_reply;
mod unusable;
mod word;

pub use access_key::{AccessKey, AccessKeyMaterial, KEY_FILE_BYTES_MAX};
pub use answer::{Answer, NotStored, RotatedSecret, Unsettled};
pub use answers::{ANSWERS_MAX, Answers, NotAnswers};
pub use broken_rule::BrokenRule;
pub use chain::{CHAINS_MAX, ChainLink, Chains};
pub use chain_folder::{ChainLock, CopiedChains, sweep_chains};
pub use definition::Source;
pub use descope::keys_refusal;
pub use expectation::{Expectation, ExpectedIssuer};
pub use identity::Identity;
pub use key_folder::{KEYS_PER_FOLDER_MAX, ListError, list};
pub use key_form::KeyForm;
pub use kind::Kind;
pub use login_options::LoginOptions;
pub use material::{Material, ObservedSecrets, Secrets};
pub use oauth::{ClientAuth, OAuth, OAuthGrant, OAuthMaterial};
pub use obtain::{Exchange, Means, Obtained, Outcome, Recorder, obtain};
pub use public_key::PublicKeys;
pub use questions_setup::{SetupToken, setup_reply};
pub use reader::{NotRead, READ_TIMEOUT, Reader};
pub use refresh_token::{RefreshToken, RefreshTokenMaterial, WARN_BEFORE};
pub use rules::Rules;
pub use secret_file::writable_by_others;
pub use secret_kind::{SecretFile, SecretKind};
pub use security_questions::{SecurityQuestions, SecurityQuestionsMaterial};
pub use suspicion::{SuspectFile, Suspicion};
pub use systemd_credentials::{empty_credentials, missing_credential};
pub use token_chain::{NotLocked, PresentedRefresh, TokenChain};
pub use unusable::{ReadError, Unusable};
