//! The configuration: YAML text becomes checked types. The conversion is the only validation.
//!
//! A file is read in steps, and each protects the next: `text` bounds size and nesting; `tree` parses YAML, keeps
//! duplicate keys and quotes nothing in errors; `fields` takes fields by name and so finds unknown ones; `value` and
//! `section` turn nodes into types; `path_conflicts` finds names and paths that are used twice, on the paths that
//! `resolve` finds. Every step continues after a mistake, `diagnostics` collects the mistakes, and `line_number` finds
//! their lines at the end.

mod answer;
mod diagnostics;
mod digest;
mod environment;
mod expand;
mod fields;
mod flags;
mod kernel_folders;
mod key_selection;
mod line_number;
mod load;
mod mistake;
mod model;
mod output_paths;
mod overrides;
mod own_outputs;
mod path_conflicts;
mod path_use;
mod reader;
mod resolve;
#[cfg(feature = "texts")]
pub mod schema;
mod section;
mod show;
mod source;
mod state_place;
mod suggest;
mod syntax;
mod text;
mod tree;
mod unseen;
mod value;
mod writing;

pub use answer::Asked;
pub use digest::Digest;
pub use environment::Environment;
pub use key_selection::KeySelection;
pub use load::{Loaded, load, load_text, load_with_digest};
pub use mistake::{Diagnostic, Mistakes, Place};
pub use model::{Config, Confine, Credential, KeyDirectory, LogFormat, LogSettings, NotACredential, Set};
pub use own_outputs::OwnOutputs;
pub use show::looks_like_a_secret;
pub use source::{ConfigSource, DEFAULT_FILE, Origin};
pub use suggest::nearest_name;
pub use value::{duration, name::of_file as name_of_file, unexpanded::Unexpanded};
