//! The web page: one document with one style sheet and one script, all embedded in the program.

/// The document, without data.
pub(super) const HTML: &str = include_str!("page.html");

/// The style sheet, with a dark and a light scheme.
pub(super) const CSS: &str = include_str!("page.css");

/// The script that fetches `/status` and renders it into the document.
pub(super) const JS: &str = include_str!("page.js");

/// The icon for the browser's tab.
pub(super) const ICON: &str = include_str!("icon.svg");
