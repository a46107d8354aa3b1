//! How deep a template's expressions go. The engine's compiler calls itself once for every operator of an expression and
//! every `elif` of a condition, without a bound, so that a very long one would end the process. No person writes one by hand.

use super::tag::{is_around, tags};

/// The line, counted from one, on which a tag is longer or deeper than the engine can bear.
pub(super) fn beyond_bounds(text: &str) -> Option<usize> {
    let mut conditions = 0;
    let beyond = tags(text).find(|tag| {
        conditions += usize::from(tag.inside.trim_start_matches(is_around).starts_with("elif"));
        tag.weight > WEIGHT_MAX || tag.depth > DEPTH_MAX || conditions > CONDITIONS_MAX
    });
    beyond.map(|tag| tag.line(text))
}

/// Twice as much has been seen to fit into the stack of a thread (2 MiB) without any optimisation.
const WEIGHT_MAX: usize = 1024;
const DEPTH_MAX: usize = 32;
const CONDITIONS_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_wherever_the_tag_stands() {
        let chain = "+1".repeat(600);
        assert_eq!(beyond_bounds(&format!("a\n{{# {{{{ #}}\n{{{{ 1{chain} }}}}")), Some(3));
        assert_eq!(beyond_bounds(&format!("{{{{ '}}}}' ~ 1{chain} }}}}")), Some(1));
        assert_eq!(beyond_bounds(&format!("{{{{ {{1: {{2: 3}}}}{chain} }}}}")), Some(1));
        assert_eq!(beyond_bounds(&format!("{{# {chain} #}}{chain}{{{{ '{chain}' }}}}")), None);
        assert_eq!(beyond_bounds(&"{{ token }}{% if token %}{% endif %}".repeat(1000)), None);
        assert_eq!(beyond_bounds(&"x\n{%- elif token %}".repeat(101)), Some(102));
        assert_eq!(beyond_bounds(&"{%- elif token %}".repeat(100)), None);
        assert_eq!(beyond_bounds(&format!("{{{{ {} }}}}", "(".repeat(33))), Some(1));
        assert_eq!(beyond_bounds(&format!("{{%- raw %}}{{{{ 1{chain} {{% endraw %}}")), None);
        assert_eq!(beyond_bounds(&format!("{{%- raw %}}{{% endraw %}}\n{{{{ 1{chain} }}}}")), Some(2));
        assert_eq!(beyond_bounds("é{{ 'é\\"), None);
    }
}
