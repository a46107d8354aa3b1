//! The filters and tests of the template language.

/// The filters and tests of templates, for messages.
pub const TEMPLATE_WORDS: &str = "the filters are `b64encode`, `default`, `first`, `items`, `join`, `last`, `length`, `lower`, \
     `replace`, `split`, `string`, `tojson`, `trim` and `upper`; the tests `defined`, `mapping`, `none`, `number`, \
     `sequence`, `string` and `undefined`";
/// The names of the filters.
pub(super) const FILTERS: [&str; 14] = [
    "b64encode",
    "default",
    "first",
    "items",
    "join",
    "last",
    "length",
    "lower",
    "replace",
    "split",
    "string",
    "tojson",
    "trim",
    "upper",
];
/// The names of the tests.
pub(super) const TESTS: [&str; 7] = ["defined", "mapping", "none", "number", "sequence", "string", "undefined"];
