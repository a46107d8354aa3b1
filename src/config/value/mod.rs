//! Single values: each becomes a checked type, or a mistake with its remedy.

pub(super) mod base_url;
pub(super) mod claims;
pub(super) mod count;
pub mod duration;
pub(super) mod level;
pub(super) mod mode;
pub(super) mod name;
pub(super) mod other_reading;
pub(super) mod owner;
pub(super) mod path;
pub(super) mod project;
pub(super) mod reply_fields;
pub(super) mod scope;
pub(super) mod share;
pub(super) mod template;
pub(super) mod token_url;
pub(super) mod unexpanded;
pub(super) mod variable;
