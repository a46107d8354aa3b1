//! Single values: each is read from a text into a type that cannot be wrong, or is a mistake with its remedy.

pub(super) mod base_url;
pub(super) mod claims;
pub(super) mod count;
pub mod duration;
pub(super) mod level;
pub(super) mod mode;
pub(super) mod name;
pub(super) mod owner;
pub(super) mod path;
pub(super) mod project;
pub(super) mod share;
pub(super) mod template;
pub(super) mod variable;
