//! The language of manual pages.

use clap_mangen::roff::{Inline, Roff, bold, roman};

/// The heading line of a page.
pub(super) fn title(roff: &mut Roff, name: &str, section: &str) {
    let (name, version) = (name.to_uppercase(), format!("tokenwell {VERSION}"));
    roff.control("TH", [name.as_str(), section, DATE, &version, MANUAL]);
}

/// A heading.
pub(super) fn heading(roff: &mut Roff, text: &str) {
    roff.control("SH", [text]);
}

/// A paragraph of sentences.
pub(super) fn paragraph(roff: &mut Roff, text: &str) {
    roff.control("PP", []);
    roff.text(inlines(text));
}

/// A term and what there is to say of it.
pub(super) fn entry(roff: &mut Roff, term: &str, text: &str) {
    roff.control("TP", []);
    roff.text([bold(term)]);
    roff.text(inlines(text));
}

/// Lines that stand as they are.
pub(super) fn literal<'a>(roff: &mut Roff, lines: impl IntoIterator<Item = &'a str>) {
    roff.control("PP", []);
    roff.control("nf", []);
    for line in lines {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}

/// A text whose literals, in backticks, are bold.
pub(super) fn inlines(text: &str) -> Vec<Inline> {
    let parts = text.split('`').enumerate().filter(|(_, part)| !part.is_empty());
    parts.map(|(n, part)| if n % 2 == 0 { roman(part) } else { bold(part) }).collect()
}

/// Another page.
pub(super) fn references(pages: &[(&str, u8)]) -> Vec<Inline> {
    let mut said = Vec::new();
    for (n, (page, section)) in pages.iter().enumerate() {
        let end = if n + 1 == pages.len() { "" } else { ", " };
        said.extend([bold(*page), roman(format!("({section}){end}"))]);
    }
    said
}

/// The page, whole: one preamble in front, literals in bold, lines of a handy length, and nothing but ASCII, so that every
/// `man` reads it.
pub(super) fn finish(text: &str) -> String {
    let preamble = Roff::new().render();
    let text = text.replace(&preamble, "");
    let mut page = preamble;
    let (mut stands_as_it_is, mut before) = (false, "");
    for line in text.lines() {
        // A break after another one, or after a heading, does nothing but draw complaints.
        let is_idle = line.is_empty() || line == ".br" && before == line || line == ".PP" && before.starts_with(".SH");
        if is_idle && !stands_as_it_is {
            continue;
        }
        match line {
            ".nf" => stands_as_it_is = true,
            ".fi" => stands_as_it_is = false,
            _ => {}
        }
        let columns = if stands_as_it_is || line.starts_with('.') { usize::MAX } else { SOURCE_COLUMNS_MAX };
        push_folded(&ascii(&with_bold_literals(line)), columns, &mut page);
        if line.starts_with(".TH") {
            page.push_str(UNHYPHENATED);
        }
        before = line;
    }
    page
}

/// What is between backticks in bold; a lone backtick stays.
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

/// Adds a line, broken at spaces. A line that begins with a dot or an apostrophe would be an instruction.
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

pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Of the pages: to be set at each release.
pub(super) const DATE: &str = "2026-11-23";
pub(super) const MANUAL: &str = "Tokenwell";
const SOURCE_COLUMNS_MAX: usize = 78;
/// Names and flags are not broken, and lines are not stretched.
const UNHYPHENATED: &str = ".nh\n.ad l\n";
