//! Users and groups, by name or number.

use nix::{
    errno::Errno,
    unistd::{Group, User},
};

use crate::config::{
    diagnostics::Diagnostics,
    reader::Field,
    tree::{Node, kind},
};

/// Reads a user from a field and returns its id.
pub(in crate::config) fn user(field: &Field, diagnostics: &mut Diagnostics) -> Option<u32> {
    read(field, "user", |name| User::from_name(name).map(|user| user.map(|user| user.uid.as_raw())), diagnostics)
}

/// Reads a group from a field and returns its id.
pub(in crate::config) fn group(field: &Field, diagnostics: &mut Diagnostics) -> Option<u32> {
    read(field, "group", |name| Group::from_name(name).map(|group| group.map(|group| group.gid.as_raw())), diagnostics)
}

fn read(
    field: &Field,
    what: &str,
    lookup: impl Fn(&str) -> Result<Option<u32>, Errno>,
    diagnostics: &mut Diagnostics,
) -> Option<u32> {
    if let Node::Float(_) | Node::Bool(_) | Node::List(_) | Node::Mapping(_) = field.node {
        let message = format!("expected the name or id of a {what}, found {}", kind(field.node));
        diagnostics.mistake(&field.location, message, REMEDY);
        return None;
    }
    let (shown, value) = match field.node {
        Node::Integer(number) => (format!("`{number}`"), number.to_string()),
        Node::Null | Node::Bool(_) | Node::Float(_) | Node::Text(_) | Node::List(_) | Node::Mapping(_) => {
            let text = field.text(diagnostics)?;
            (text.shown(), text.value)
        }
    };
    if value.bytes().all(|b| matches!(b, b'0'..=b'9' | b'-')) && !value.is_empty() {
        // The highest number means "leave unchanged" to the system call.
        let number = value.parse().ok().filter(|number| *number != u32::MAX);
        if number.is_none() {
            diagnostics.mistake(&field.location, format!("{shown} is not a {what} id"), REMEDY);
        }
        return number;
    }
    if value.is_empty() {
        diagnostics.mistake(&field.location, "empty", REMEDY);
        return None;
    }
    match lookup(&value) {
        Ok(Some(number)) => Some(number),
        Ok(None) => {
            let message = format!("there is no {what} {shown} on this machine");
            diagnostics.mistake(&field.location, message, format!("create it, or write the {what}'s id"));
            None
        }
        Err(error) => {
            let message = format!("cannot look {what} {shown} up: {}", error.desc().to_lowercase());
            diagnostics.mistake(&field.location, message, format!("write the {what}'s id"));
            None
        }
    }
}

const REMEDY: &str = "write a name or an id";
