//! Whole numbers.

use std::{num::NonZeroUsize, ops::RangeInclusive};

use crate::config::{
    diagnostics::Diagnostics,
    reader::Field,
    tree::{Node, kind},
};

/// Reads a count from a field and checks its bounds.
pub(in crate::config) fn read(
    field: &Field,
    bounds: &RangeInclusive<usize>,
    diagnostics: &mut Diagnostics,
) -> Option<NonZeroUsize> {
    let remedy = format!("write a number from `{}` to `{}`", bounds.start(), bounds.end());
    let Node::Integer(number) = field.node else {
        let found = match field.node {
            Node::Float(_) => "a number with a point",
            Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Text(_) | Node::List(_) | Node::Mapping(_) => {
                kind(field.node)
            }
        };
        diagnostics.mistake(&field.location, format!("expected a whole number, found {found}"), remedy);
        return None;
    };
    let count = usize::try_from(*number).ok().filter(|count| bounds.contains(count)).and_then(NonZeroUsize::new);
    if count.is_none() {
        diagnostics.mistake(&field.location, format!("`{number}` is out of bounds"), remedy);
    }
    count
}
