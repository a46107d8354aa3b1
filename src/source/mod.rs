//! Ways to a session, one file a kind, and the exchange that all of them share.
//!
//! [`Source`] is the closed enum of the kinds. Its verbs say which files it reads, read them with a bound, and say where it
//! asks and what a session must be; what was read, a [`Material`], prepares the request and reads the reply. [`obtain`] is the
//! one exchange, with its steps numbered. Nothing outside this room names the file of an access key.
//!
//! # How to add a kind
//!
//! 1. A file beside `access_key.rs` with the kind's settings, its `files`, `read`, `request` and `answer`; and a struct for
//!    what it reads. `request` and `answer` are pure.
//! 2. An arm of [`Source`], of [`Material`] and, for each sort of file, of [`SecretKind`]. The compiler lists the rest.
//! 3. Its identity: see [`Identity`] for what makes a secret another one.
//! 4. What its sessions must be: [`Expectation`], with a [`BrokenRule`] for each rule. Reasons why a file is unusable are
//!    variants of [`Unusable`], each with its remedy.
//! 5. If its secrets rotate, `answer` returns [`Answer::with_rotated`], and [`Source::store`] stores the secret. [`obtain`]
//!    stores before it uses anything else of the reply. An answer whose secret cannot be stored comes back whole, as
//!    [`Unsettled`]: such a kind must keep it and try again, which no kind does yet.
//! 6. If it asks another origin than the API, [`Source::origin`] names that, and the daemon builds a client for it.
//! 7. A section in `config/section/`, one in `config/schema/`, a table of replies in `tests/rooms/replies.rs`.

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
mod unusable;
mod way;
mod word;

pub use access_key::{AccessKey, AccessKeyMaterial, KEY_FILE_BYTES_MAX};
pub use answer::{Answer, NotStored, RotatedSecret, Unsettled};
pub use descope::keys_refusal;
pub use expectation::{BrokenRule, Expectation, ExpectedIssuer};
pub use identity::Identity;
pub use key_folder::{KEYS_PER_FOLDER_MAX, ListError, list};
pub use kind::{SecretFile, SecretKind};
pub use login_options::LoginOptions;
pub use material::Material;
pub use obtain::{Exchange, Means, Obtained, Outcome, Recorder, obtain};
pub use reader::{NotRead, READ_TIMEOUT, Reader};
pub use secret_file::writable_by_others;
pub use unusable::{ReadError, Unusable};
pub use way::Source;
