//! The sources of sessions, one file for each kind, and the exchange that all kinds share.
//!
//! [`Source`] is the closed enum of the kinds. Its methods list the files, read them with a size limit, and return the
//! origin and the rules for a session. [`Material`] is what was read: it prepares the request and interprets the reply.
//! [`obtain`] is the exchange, with numbered steps. No code outside this room names the file of an access key.
//!
//! # How to add a kind
//!
//! 1. Add a file next to `access_key.rs` with the kind's settings, its `files`, `read`, `request` and `answer`, and a
//!    struct for the secrets that it reads. `request` and `answer` are pure.
//! 2. Add a variant to [`Source`], to [`Material`] and, for each kind of file, to [`SecretKind`]. The compiler lists
//!    the rest.
//! 3. Define its identity; see [`Identity`].
//! 4. Define the rules for its sessions in [`Expectation`], with a [`BrokenRule`] for each rule. Add the reasons why a
//!    file is unusable to [`Unusable`], each with its remedy.
//! 5. If its secrets rotate, `answer` returns [`Answer::with_rotated`], and [`Source::store`] stores the secret.
//!    [`obtain`] stores before it uses anything else of the reply. An answer whose secret cannot be stored is returned
//!    as [`Unsettled`]. Such a kind must keep it and retry, which no kind does yet.
//! 6. If it sends requests to another origin than the API, [`Source::origin`] returns that origin, and the daemon
//!    builds a client for it.
//! 7. Add a section in `config/section/`, one in `config/schema/`, and a table of replies in `tests/rooms/replies.rs`.

mod access_key;
mod answer;
mod descope;
mod expectation;
mod identity;
mod key_folder;
mod kind;
mod login_options;
mod material;
mod obtain;
mod reader;
mod secret_file;
mod secret_kind;
mod unusable;
mod word;

pub use access_key::{AccessKey, AccessKeyMaterial, KEY_FILE_BYTES_MAX};
pub use answer::{Answer, NotStored, RotatedSecret, Unsettled};
pub use descope::keys_refusal;
pub use expectation::{BrokenRule, Expectation, ExpectedIssuer};
pub use identity::Identity;
pub use key_folder::{KEYS_PER_FOLDER_MAX, ListError, list};
pub use kind::Source;
pub use login_options::LoginOptions;
pub use material::Material;
pub use obtain::{Exchange, Means, Obtained, Outcome, Recorder, obtain};
pub use reader::{NotRead, READ_TIMEOUT, Reader};
pub use secret_file::writable_by_others;
pub use secret_kind::{SecretFile, SecretKind};
pub use unusable::{ReadError, Unusable};
