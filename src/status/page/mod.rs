//! The page for people: one document with one style sheet and one script, all of them in the program.

/// The document; it holds no data.
pub(super) const HTML: &str = include_str!("page.html");

/// How it looks, dark and light.
pub(super) const CSS: &str = include_str!("page.css");

/// What fetches `/status` and puts it into the document.
pub(super) const JS: &str = include_str!("page.js");

/// What stands in a browser's tab.
pub(super) const ICON: &str = include_str!("icon.svg");
