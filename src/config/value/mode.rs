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

/// Reads a folder's mode from a field. The owner must be able to create and remove files in it.
pub(in crate::config) fn read_of_folder(field: &Field, diagnostics: &mut Diagnostics) -> Option<u32> {
    let (mode, shown) = octal(field, diagnostics)?;
    if mode & OWNER_MAKES != OWNER_MAKES {
        let what = format!("{shown} does not let the owner read, write and enter");
        // A class that may read gets the execute bit in the suggestion too.
        diagnostics.mistake(&field.location, what, quoted(mode | OWNER_MAKES | (mode & ALL_READ) >> 2));
        return None;
    }
    if mode & (GROUP_WRITES | OTHERS_WRITE) != 0 {
        let what = format!("{shown} lets others replace the files");
        diagnostics.warning(&field.location, what, "write `\"0750\"`, unless this is intended");
    }
    Some(mode)
}

/// Returns the permission bits, and their form in messages.
///
/// `0640` without quotes is text to the parser (YAML 1.2), as intended. `640` is a number to it, and so is `0o640`. The
/// digits as written are lost then, so both are refused, with the likely intention as remedy.
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
        diagnostics.mistake(&field.location, format!("{} is not an octal mode", text.shown()), remedy);
        return None;
    };
    if mode > MODE_MAX {
        let remedy = format!("{}: no more than `\"0777\"`", quoted(mode & MODE_MAX));
        diagnostics.mistake(&field.location, format!("{} sets more than permission bits", text.shown()), remedy);
        return None;
    }
    Some((mode, text.shown()))
}

/// Guesses the intended mode: `640` was intended as octal, and the parser turns `0o640` into `416`.
fn remedy_for(number: i128) -> String {
    let octal = u32::from_str_radix(&number.to_string(), 8).ok();
    let decimal = u32::try_from(number).ok();
    let intended = [octal, decimal].into_iter().flatten().find(|mode| is_orderly(*mode));
    intended.map_or(EXAMPLE.to_owned(), |mode| format!("{}, with the quotes", quoted(mode)))
}

/// Whether the owner may read, the group may do no more than the owner, and others no more than the group.
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
const TIGHTER: &str = "set `group` and write `\"0640\"`, unless this is intended";
