//! Permission bits such as `"0640"`.

use crate::config::{
    diagnostics::Diagnostics,
    reader::Field,
    tree::{Node, kind},
};

/// Reads a token file's mode from a field.
pub(in crate::config) fn read(field: &Field, diagnostics: &mut Diagnostics) -> Option<u32> {
    let (mode, shown) = octal(field, diagnostics)?;
    if mode & OWNER_READS == 0 {
        let what = format!("{shown} does not let the owner read");
        diagnostics.mistake(&field.location, what, quoted(mode | OWNER_READS));
        return None;
    }
    if mode & OTHERS_WRITE != 0 {
        diagnostics.warning(&field.location, format!("{shown} lets every user write the token file"), TIGHTER);
    } else if mode & OTHERS_READ != 0 {
        diagnostics.warning(&field.location, format!("{shown} lets every user read the token"), TIGHTER);
    }
    Some(mode)
}

/// Reads a folder's mode from a field. The owner makes and removes files in it.
pub(in crate::config) fn read_of_folder(field: &Field, diagnostics: &mut Diagnostics) -> Option<u32> {
    let (mode, shown) = octal(field, diagnostics)?;
    if mode & OWNER_MAKES != OWNER_MAKES {
        let what = format!("{shown} does not let the owner read, write and pass");
        // Who may read may be meant to pass, too.
        diagnostics.mistake(&field.location, what, quoted(mode | OWNER_MAKES | (mode & ALL_READ) >> 2));
        return None;
    }
    if mode & (GROUP_WRITES | OTHERS_WRITE) != 0 {
        let what = format!("{shown} lets others replace the files");
        diagnostics.warning(&field.location, what, "write `\"0750\"`, unless that is meant");
    }
    Some(mode)
}

/// The permission bits, and how a message shows them.
///
/// `0640` without quotes is text to the parser (YAML 1.2), as meant. `640` is a number to it, and so is `0o640`; what was
/// written is lost then, so both are refused and the likely meaning is offered.
fn octal(field: &Field, diagnostics: &mut Diagnostics) -> Option<(u32, String)> {
    match field.node {
        Node::Text(_) => {}
        Node::Integer(number) => {
            diagnostics.mistake(
                &field.location,
                "expected octal digits in quotes, found a number",
                remedy_for(*number),
            );
            return None;
        }
        Node::Null | Node::Bool(_) | Node::Float(_) | Node::List(_) | Node::Mapping(_) => {
            diagnostics.mistake(&field.location, format!("expected octal digits, found {}", kind(field.node)), EXAMPLE);
            return None;
        }
    }
    let text = field.text(diagnostics)?;
    let digits = text.value.as_str();
    let is_octal = (3..=DIGITS_MAX).contains(&digits.len()) && digits.bytes().all(|b| matches!(b, b'0'..=b'7'));
    let Some(mode) = u32::from_str_radix(digits, 8).ok().filter(|_| is_octal) else {
        let bare = digits.strip_prefix("0o").and_then(|bare| u32::from_str_radix(bare, 8).ok());
        let remedy = bare.filter(|mode| *mode <= MODE_MAX).map_or(EXAMPLE.to_owned(), quoted);
        diagnostics.mistake(&field.location, format!("{} is no octal mode", text.shown()), remedy);
        return None;
    };
    if mode > MODE_MAX {
        let remedy = format!("{}: no more than `\"0777\"`", quoted(mode & MODE_MAX));
        diagnostics.mistake(&field.location, format!("{} sets more than permissions", text.shown()), remedy);
        return None;
    }
    Some((mode, text.shown()))
}

/// `640` was meant to be octal; `416` is what the parser makes of `0o640`.
fn remedy_for(number: i128) -> String {
    let octal = u32::from_str_radix(&number.to_string(), 8).ok();
    let decimal = u32::try_from(number).ok();
    let meant = [octal, decimal].into_iter().flatten().find(|mode| is_orderly(*mode));
    meant.map_or(EXAMPLE.to_owned(), |mode| format!("{}, with the quotes", quoted(mode)))
}

/// Whether the owner may read, the group no more than the owner, and others no more than the group.
fn is_orderly(mode: u32) -> bool {
    let (owner, group, others) = (mode >> 6, mode >> 3 & 0o7, mode & 0o7);
    mode <= MODE_MAX && mode & OWNER_READS != 0 && group & !owner == 0 && others & !group == 0
}

fn quoted(mode: u32) -> String {
    format!("write `\"{mode:04o}\"`")
}

const DIGITS_MAX: usize = 6;
const MODE_MAX: u32 = 0o777;
const OWNER_READS: u32 = 0o400;
const OWNER_MAKES: u32 = 0o700;
const ALL_READ: u32 = 0o444;
const GROUP_WRITES: u32 = 0o020;
const OTHERS_READ: u32 = 0o004;
const OTHERS_WRITE: u32 = 0o002;
const EXAMPLE: &str = "write octal digits in quotes, such as `\"0640\"`";
const TIGHTER: &str = "set `group` and write `\"0640\"`, unless that is meant";
