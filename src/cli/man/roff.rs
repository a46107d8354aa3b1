//! Writes roff, the language of manual pages.

use clap_mangen::roff::{Inline, Roff, bold, roman};

/// Adds the title line of a page.
pub(super) fn title(roff: &mut Roff, name: &str, section: &str) {
    let (name, version) = (name.to_uppercase(), format!("tokenwell {VERSION}"));
    roff.control("TH", [name.as_str(), section, DATE, &version, MANUAL]);
}

/// Adds a heading.
pub(super) fn heading(roff: &mut Roff, text: &str) {
    roff.control("SH", [text]);
}

/// Adds a paragraph.
pub(super) fn paragraph(roff: &mut Roff, text: &str) {
    roff.control("PP", []);
    roff.text(inlines(text));
}

/// Adds a term and its description.
pub(super) fn entry(roff: &mut Roff, term: &str, text: &str) {
    roff.control("TP", []);
    roff.text([bold(term)]);
    roff.text(inlines(text));
}

/// Adds literal lines.
pub(super) fn literal<'a>(roff: &mut Roff, lines: impl IntoIterator<Item = &'a str>) {
    roff.control("PP", []);
    roff.control("nf", []);
    for line in lines {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}

/// Turns a text into inlines; literals, in backticks, become bold.
pub(super) fn inlines(text: &str) -> Vec<Inline> {
    let parts = text.split('`').enumerate().filter(|(_, part)| !part.is_empty());
    parts.map(|(n, part)| if n % 2 == 0 { roman(part) } else { bold(part) }).collect()
}

/// Returns references to other pages.
pub(super) fn references(pages: &[(&str, u8)]) -> Vec<Inline> {
    let mut inlines = Vec::new();
    for (n, (page, section)) in pages.iter().enumerate() {
        let end = if n + 1 == pages.len() { "" } else { ", " };
        inlines.extend([bold(*page), roman(format!("({section}){end}"))]);
    }
    inlines
}

/// Returns the finished page: one preamble, literals in bold, short lines, and only ASCII, so that every `man` can read
/// it.
pub(super) fn finish(text: &str) -> String {
    let preamble = Roff::new().render();
    let text = text.replace(&preamble, "");
    let mut page = preamble;
    let (mut is_literal, mut previous) = (false, "");
    for line in text.lines() {
        // A break after another break or after a heading has no effect and causes warnings.
        let is_redundant =
            line.is_empty() || line == ".br" && previous == line || line == ".PP" && previous.starts_with(".SH");
        if is_redundant && !is_literal {
            continue;
        }
        match line {
            ".nf" => is_literal = true,
            ".fi" => is_literal = false,
            _ => {}
        }
        let columns = if is_literal || line.starts_with('.') { usize::MAX } else { SOURCE_COLUMNS_MAX };
        push_folded(&ascii(&with_bold_literals(line)), columns, &mut page);
        if line.starts_with(".TH") {
            page.push_str(UNHYPHENATED);
        }
        previous = line;
    }
    page
}

/// Replaces backticks by bold; a lone backtick stays.
fn with_bold_literals(line: &str) -> String {
    let parts: Vec<_> = line.split('`').collect();
    if parts.len().is_multiple_of(2) || line.starts_with('.') {
        return line.to_owned();
    }
    let part = |(n, part): (usize, &&str)| if n % 2 == 0 { (*part).to_owned() } else { format!("\\fB{part}\\fR") };
    parts.iter().enumerate().map(part).collect()
}

fn ascii(line: &str) -> String {
    let character = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\[u{:04X}]", u32::from(c)) };
    line.chars().map(character).collect()
}

/// Adds a line, wrapped at spaces. Escapes a line that begins with a dot or an apostrophe, which would be a request.
fn push_folded(line: &str, columns: usize, page: &mut String) {
    let mut column = 0;
    for (n, word) in line.split(' ').enumerate() {
        if n > 0 && column > 0 && column + 1 + word.len() > columns {
            page.push('\n');
            column = 0;
            if word.starts_with(['.', '\'']) {
                page.push_str("\\&");
            }
        } else if n > 0 {
            page.push(' ');
            column += 1;
        }
        page.push_str(word);
        column += word.len();
    }
    page.push('\n');
}

pub(super) const PROGRAM: &str = "tokenwell";
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The date of the pages, set at each release.
pub(super) const DATE: &str = "2026-11-23";
pub(super) const MANUAL: &str = "Tokenwell";
const SOURCE_COLUMNS_MAX: usize = 78;
/// Disables hyphenation and justification.
const UNHYPHENATED: &str = ".nh\n.ad l\n";
