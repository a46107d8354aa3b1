//! Characters in a configuration that cannot be seen or look like others: named with their place, before the parser misreads them.
//!
//! The parser takes a no-break space for a letter, and a line separator for the end of a line. So it reports a place far below, or accepts
//! the character as a part of a key or a path. In comments they are harmless. A character that is written as an escape in double quotes
//! (`"\u00a0"`) is wanted, and so is one in a free text, such as a claim or a template.

use super::{
    line_number::{self, NodePath, Part},
    mistake::{Diagnostic, Place},
    show::shown_key,
    tree::Node,
};
use crate::characters;

/// Returns the mistakes in a text. `node` is the tree, if the text could be parsed.
pub(super) fn diagnostics(text: &str, node: Option<&Node>) -> Vec<Diagnostic> {
    let found = scan(text);
    let mut list: Vec<_> = found
        .iter()
        .filter(|unseen| unseen.breaks_parser || node.is_none() && unseen.is_structural)
        .map(|unseen| diagnostic(unseen.c, Some((unseen.line, unseen.column)), String::new()))
        .collect();
    if let (true, Some(node)) = (list.is_empty(), node) {
        let mut walk = Walk { text, found: &found, list: Vec::new() };
        walk.node(node, &mut Vec::new(), "", false);
        list = walk.list;
    }
    list.truncate(LISTED_MAX);
    list
}

/// A character that is no ordinary one, and its place.
struct Unseen {
    c: char,
    line: usize,
    column: usize,
    /// Whether no parser of YAML 1.1 reads it as it is written.
    breaks_parser: bool,
    /// Whether it is where YAML has spaces and marks: outside quotes, in the indentation or beside a `:`, `-`, `,` or bracket.
    is_structural: bool,
}

/// Finds the characters outside comments.
fn scan(text: &str) -> Vec<Unseen> {
    let mut found = Vec::new();
    let mut quote = None;
    let mut block: Option<usize> = None;
    for (n, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let indent = line.chars().take_while(|c| *c == ' ').count();
        let is_blank = line.trim().is_empty();
        if block.is_some_and(|opened| !is_blank && indent <= opened) {
            block = None;
        }
        let mut last = ' ';
        // Whether only marks and spaces came so far since the begin of the line or the last mark.
        let mut after_mark = true;
        let mut characters = line.chars().enumerate().peekable();
        while let Some((column, c)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            let is_comment = quote.is_none() && block.is_none() && c == '#' && (last == ' ' || last == '\t');
            if is_comment {
                let rest: String = line.chars().skip(column).collect();
                found.extend(in_comment(&rest, n + 1, column));
                break;
            }
            let is_unseen = characters::invisible(c).is_some() && !(n == 0 && column == 0 && c == '\u{feff}');
            let breaks_parser = is_unseen && breaks_parser(c);
            if is_unseen || characters::look_alike(c).is_some() {
                let is_outside = quote.is_none() && block.is_none();
                let before_mark = next == Some(':');
                let is_structural = is_outside && (after_mark || before_mark || c == '\u{ff1a}');
                found.push(Unseen { c, line: n + 1, column: column + 1, breaks_parser, is_structural });
            }
            match (quote, c) {
                (Some('"'), '\\') => _ = characters.next(),
                (Some('\''), '\'') if next == Some('\'') => _ = characters.next(),
                (Some(open), c) if open == c => quote = None,
                (None, '"' | '\'') if after_mark && block.is_none() => quote = Some(c),
                (_, _) => {}
            }
            after_mark = match c {
                ':' | '-' | ',' | '[' | '{' | '?' => true,
                ' ' | '\t' => after_mark,
                c if characters::invisible(c).is_some() => after_mark,
                _ => false,
            };
            last = c;
        }
        if quote.is_none() && block.is_none() && opens_block(line) {
            block = Some(indent);
        }
    }
    found
}

/// Finds what ends a comment early, so that its rest is read as fields, and what the parser refuses even there.
fn in_comment(comment: &str, line: usize, column: usize) -> Vec<Unseen> {
    let mut found = Vec::new();
    for (n, c) in comment.chars().enumerate().filter(|(_, c)| breaks_parser(*c)) {
        let rest: String = comment.chars().skip(n + 1).collect();
        let is_harmless = ends_line(c) && (rest.trim().is_empty() || rest.trim_start().starts_with('#'));
        if !is_harmless {
            found.push(Unseen { c, line, column: column + n + 1, breaks_parser: true, is_structural: false });
        }
    }
    found
}

/// Whether a line ends with the head of a block scalar, such as `template: |-`.
fn opens_block(line: &str) -> bool {
    let line = line.split(" #").next().unwrap_or(line).trim_end();
    let head = line.trim_end_matches(|c: char| c.is_ascii_digit() || c == '+' || c == '-');
    head.ends_with(": |") || head.ends_with(": >") || head.ends_with("- |") || head.ends_with("- >")
}

/// Whether the parser refuses a character wherever it is, or takes it for the end of a line.
fn breaks_parser(c: char) -> bool {
    ends_line(c) || c == '\u{feff}' || c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

fn ends_line(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Looks at the keys and the values of a tree.
struct Walk<'a> {
    text: &'a str,
    found: &'a [Unseen],
    list: Vec<Diagnostic>,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node, steps: &mut NodePath, path: &str, is_free: bool) {
        match node {
            Node::Text(value) if !is_free => {
                let c = value.chars().find(|c| characters::invisible(*c).is_some() || is_curly(*c));
                self.note(c, steps, Part::Value, path);
            }
            Node::Null | Node::Bool(_) | Node::Integer(_) | Node::Float(_) | Node::Text(_) => {}
            Node::List(nodes) => {
                for (n, node) in nodes.iter().enumerate() {
                    steps.push(n);
                    // Only the program of a command is a path.
                    let is_argument = path.ends_with(".command") && n > 0;
                    self.node(node, steps, &format!("{path}[{n}]"), is_free || is_argument);
                    steps.pop();
                }
            }
            Node::Mapping(entries) => {
                for (n, (key, node)) in entries.iter().enumerate() {
                    steps.push(n);
                    let name = shown_key(key);
                    let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                    let unseen = |c: &char| characters::invisible(*c).is_some();
                    let other = |c: &char| !is_free && characters::look_alike(*c).is_some() || *c == '\u{ff1a}';
                    self.note(key.chars().find(|c| unseen(c) || other(c)), steps, Part::Key, &path);
                    self.node(node, steps, &path, is_free || FREE.contains(&key.as_str()));
                    steps.pop();
                }
            }
        }
    }

    /// Notes a character of a node, unless it is not in the text: then it is written as an escape.
    fn note(&mut self, c: Option<char>, steps: &NodePath, part: Part, path: &str) {
        let Some(c) = c.filter(|c| self.found.iter().any(|unseen| unseen.c == *c)) else { return };
        let begin = line_number::position(self.text, steps, part).unwrap_or((1, 1));
        let mut at = self.found.iter().filter(|unseen| unseen.c == c).map(|unseen| (unseen.line, unseen.column));
        let place = at.clone().find(|place| *place >= begin).or_else(|| at.next_back());
        self.list.push(diagnostic(c, place, path.to_owned()));
    }
}

fn is_curly(c: char) -> bool {
    characters::look_alike(c)
        .is_some_and(|(_, ascii)| matches!(ascii, '"' | '\'') && !matches!(c, '\u{ff02}' | '\u{ff07}'))
}

fn diagnostic(c: char, place: Option<(usize, usize)>, path: String) -> Diagnostic {
    let code = c as u32;
    let (line, column) = place.unzip();
    let shown = column.map(|column| format!(", column {column}")).unwrap_or_default();
    let escape = if code > 0xffff { format!("\\U{code:08X}") } else { format!("\\u{code:04X}") };
    let (name, remedy) = match (characters::invisible(c), characters::look_alike(c)) {
        (Some(name), _) if name.ends_with("space") && !name.starts_with("zero-width") => {
            (name, "replace it by an ordinary space, or remove it".to_owned())
        }
        (Some(name), _) => (name, "remove it".to_owned()),
        (None, Some((name, ascii))) => (name, format!("replace it by `{ascii}`")),
        (None, None) => ("character", "remove it".to_owned()),
    };
    let what = format!("there is a character that cannot be seen or looks like another: U+{code:04X}, {name}{shown}");
    let remedy = format!("{remedy}; if it is wanted, write it as `\"{escape}\"` in double quotes");
    Diagnostic { place: Place::Field { line, column, path }, what, remedy: Some(remedy) }
}

/// Fields whose values are any text.
const FREE: [&str; 3] = ["customClaims", "claims", "template"];
const LISTED_MAX: usize = 25;
