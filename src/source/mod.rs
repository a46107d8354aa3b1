//! Ways to a session, one file a kind.
//!
//! A [`Source`] knows which files it reads, reads them with a bound, and says what its requests ask for. Nothing outside this
//! room names the file of an access key.

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
