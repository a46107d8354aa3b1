//! Permission bits such as `"0640"`.

use crate::config::{notes::Notes, reader::Field, tree::Node};

/// Reads a file's mode from a field.
///
/// `0640` without quotes is text to the parser (YAML 1.2), as meant. `640` is a number to it, and so is `0o640`; what was
/// written is lost then, so both are refused and the likely meaning is offered.
pub(in crate::config) fn read(field: &Field, notes: &mut Notes) -> Option<u32> {
    if let Node::Integer(number) = field.node {
        notes.mistake(&field.spot, format!("`{number}` is a number: a mode is octal text"), remedy_for(*number));
        return None;
    }
    let text = field.text(notes)?;
    let digits = text.value.as_str();
    let is_octal = (3..=4).contains(&digits.len()) && digits.bytes().all(|b| matches!(b, b'0'..=b'7'));
    let Some(mode) = u32::from_str_radix(digits, 8).ok().filter(|_| is_octal) else {
        notes.mistake(&field.spot, format!("{} is no octal mode", text.shown()), EXAMPLE);
        return None;
    };
    if mode > MODE_MAX {
        let remedy = format!("write `\"{:04o}\"`: no more than `\"0777\"`", mode & MODE_MAX);
        notes.mistake(&field.spot, format!("{} sets more than permissions", text.shown()), remedy);
        return None;
    }
    if mode & OWNER_READS == 0 {
        let remedy = format!("write `\"{:04o}\"`", mode | OWNER_READS);
        notes.mistake(&field.spot, format!("{} does not let the owner read", text.shown()), remedy);
        return None;
    }
    if mode & OTHERS_WRITE != 0 {
        notes.warning(&field.spot, format!("{} lets every user write the token file", text.shown()), TIGHTER);
    } else if mode & OTHERS_READ != 0 {
        notes.warning(&field.spot, format!("{} lets every user read the token", text.shown()), TIGHTER);
    }
    Some(mode)
}

/// `640` was meant to be octal; `416` is what the parser makes of `0o640`.
fn remedy_for(number: i128) -> String {
    let digits = number.to_string();
    let octal = u32::from_str_radix(&digits, 8).ok().filter(|mode| digits.len() == 3 && mode & OWNER_READS != 0);
    let decimal = u32::try_from(number).ok().filter(|mode| *mode <= MODE_MAX && mode & OWNER_READS != 0);
    octal.or(decimal).map_or(EXAMPLE.to_owned(), |mode| format!("write `\"{mode:04o}\"`, with the quotes"))
}

const MODE_MAX: u32 = 0o777;
const OWNER_READS: u32 = 0o400;
const OTHERS_READ: u32 = 0o004;
const OTHERS_WRITE: u32 = 0o002;
const EXAMPLE: &str = "write octal digits in quotes, such as `\"0640\"`";
const TIGHTER: &str = "set `group` and write `\"0640\"`, unless that is meant";
