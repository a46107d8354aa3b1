//! Percentages such as `67%`.

use std::ops::RangeInclusive;

use crate::{
    config::{diagnostics::Diagnostics, reader::Field, show::shown, tree::Node},
    renewal::Share,
};

/// Reads a share from a field and checks its bounds, which are in percent.
pub(in crate::config) fn read(
    field: &Field,
    bounds: &RangeInclusive<u8>,
    diagnostics: &mut Diagnostics,
) -> Option<Share> {
    let number = match field.node {
        Node::Integer(number) => Some(number.to_string()),
        Node::Float(number) => Some(number.to_string()),
        Node::Null | Node::Bool(_) | Node::Text(_) | Node::List(_) | Node::Mapping(_) => None,
    };
    if let Some(number) = number {
        no_percent(field, &number, diagnostics);
        return None;
    }
    let text = field.text(diagnostics)?;
    let Some(percent) = text.value.trim().strip_suffix('%').map(str::trim_end) else {
        no_percent(field, text.written(), diagnostics);
        return None;
    };
    let Some(percent) = plain_number(percent) else {
        diagnostics.mistake(&field.location, format!("{} is not a percentage", text.shown()), "write it like `67%`");
        return None;
    };
    if !(f64::from(*bounds.start())..=f64::from(*bounds.end())).contains(&percent) {
        let remedy = format!("write a percentage from `{}%` to `{}%`", bounds.start(), bounds.end());
        diagnostics.mistake(&field.location, format!("{} is out of bounds", text.shown()), remedy);
        return None;
    }
    Share::from_percent(percent)
}

/// Parses digits with an optional decimal point: no exponent, no sign, no `inf`.
fn plain_number(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    text.parse().ok().filter(|_| is_plain)
}

fn no_percent(field: &Field, number: &str, diagnostics: &mut Diagnostics) {
    let intended = plain_number(number).filter(|number| *number > 0.0 && *number < 100.0);
    let intended = intended.map(|number| if number < 1.0 { (number * 10_000.0).round() / 100.0 } else { number });
    let remedy = intended.map_or("write it like `67%`".to_owned(), |percent| format!("write `{percent}%`"));
    diagnostics.mistake(&field.location, format!("{} has no percent sign", shown(number)), remedy);
}
