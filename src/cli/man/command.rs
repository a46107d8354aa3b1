//! The manual page of a command: the texts of `--help`, plus the sections of `sections.rs`.

use std::iter;

use clap::{Arg, ArgAction, Command};
use clap_mangen::{Man, roff::Roff};

use super::{
    PROGRAM,
    roff::{DATE, MANUAL, VERSION, entry, finish, heading, literal, paragraph, references},
    sections,
};

/// Returns the page of a command, or of the program itself.
pub(super) fn page(command: &Command, program: &Command) -> String {
    let is_program = command.get_name() == program.get_name();
    let name = command.get_display_name().unwrap_or(PROGRAM).to_owned();
    let synopsis = synopsis(command);
    let described = without_headline(command)
        .override_usage(synopsis)
        .mut_args(|argument| argument.help_heading(None))
        .subcommand_help_heading("COMMANDS");
    let man =
        Man::new(described).title(name.to_uppercase()).date(DATE).source(format!("tokenwell {VERSION}")).manual(MANUAL);
    let mut text = Vec::new();
    let mut sections = vec![Man::render_title, Man::render_name_section, Man::render_synopsis_section];
    sections.extend([Man::render_description_section, Man::render_options_section]);
    if command.has_subcommands() {
        sections.push(Man::render_subcommands_section);
    }
    for section in sections {
        // Writing to memory does not fail.
        let _ = section(&man, &mut text);
    }
    let mut roff = Roff::new();
    let reads_configuration = command.get_arguments().any(|argument| argument.get_id() == "config");
    add_section(&mut roff, "EXIT STATUS", sections::exit_status(command.get_name()));
    add_section(
        &mut roff,
        "ENVIRONMENT",
        &sections::environment(command.get_name(), is_program || reads_configuration),
    );
    add_section(&mut roff, "FILES", &sections::files(command.get_name(), is_program || reads_configuration));
    add_section(&mut roff, "SIGNALS", sections::signals(command.get_name()));
    add_examples(&mut roff, command);
    heading(&mut roff, "SEE ALSO");
    roff.text(references(&other_pages(&name, program)));
    let page = String::from_utf8_lossy(&text).into_owned() + &roff.render();
    finish(&page)
}

/// Removes the first line of the description, which is already under NAME.
fn without_headline(command: &Command) -> Command {
    let headline = command.get_about().map(ToString::to_string).unwrap_or_default();
    let whole = command.get_long_about().map(ToString::to_string).unwrap_or_default();
    let rest = whole.strip_prefix(&headline).map(str::trim).filter(|rest| !rest.is_empty());
    rest.map_or_else(|| command.clone(), |rest| command.clone().long_about(rest.to_owned()))
}

/// Returns every flag with the name of its value, and the positional arguments.
fn synopsis(command: &Command) -> String {
    let mut words = vec![command.get_bin_name().unwrap_or(PROGRAM).to_owned()];
    let is_shown =
        |argument: &&Arg| !matches!(argument.get_action(), ArgAction::Help | ArgAction::Version | ArgAction::HelpShort);
    for flag in command.get_arguments().filter(is_shown).filter(|argument| !argument.is_positional()) {
        let dots = if matches!(flag.get_action(), ArgAction::Append) { "..." } else { "" };
        let value = value(flag).map(|name| format!(" {name}")).unwrap_or_default();
        words.push(format!("[--{}{value}]{dots}", flag.get_long().unwrap_or_default()));
    }
    for argument in command.get_positionals() {
        let name = value(argument).unwrap_or_default();
        words.push(match (argument.is_last_set(), argument.is_required_set()) {
            (true, _) => format!("-- {name} [ARGUMENT]..."),
            (false, true) => name,
            (false, false) => format!("[{name}]"),
        });
    }
    if command.has_subcommands() {
        words.push("COMMAND".to_owned());
    }
    words.join(" ")
}

fn value(argument: &Arg) -> Option<String> {
    let takes_value = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
    let names = argument.get_value_names().filter(|_| takes_value)?;
    Some(names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
}

fn add_section(roff: &mut Roff, title: &str, entries: &[(&str, &str)]) {
    if !entries.is_empty() {
        heading(roff, title);
    }
    for (term, text) in entries {
        entry(roff, term, text);
    }
}

/// Adds the text after the flags in `--help`: an unindented line is a heading, and the indented lines below it are
/// literal.
fn add_examples(roff: &mut Roff, command: &Command) {
    let Some(text) = command.get_after_long_help().or_else(|| command.get_after_help()) else { return };
    let text = text.to_string();
    let mut block = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("  ") {
            Some(line) => block.extend(lines(line)),
            None if line.is_empty() => {}
            None => {
                literal_block(roff, &mut block);
                if line == "Examples:" { heading(roff, "EXAMPLES") } else { subheading(roff, line) }
            }
        }
    }
    literal_block(roff, &mut block);
}

fn subheading(roff: &mut Roff, line: &str) {
    match line.strip_suffix(':') {
        Some(title) if title.len() <= HEADING_CHARS_MAX => {
            heading(roff, "NOTES");
            paragraph(roff, &format!("{title}:"));
        }
        Some(_) | None => paragraph(roff, line),
    }
}

fn literal_block(roff: &mut Roff, block: &mut Vec<String>) {
    if !block.is_empty() {
        literal(roff, block.iter().map(String::as_str));
        block.clear();
    }
}

/// Splits a line of an example to fit a terminal of 80 columns: a comment after a command becomes a line above it, and
/// a long command continues on the next line.
fn lines(line: &str) -> Vec<String> {
    let Some((command, comment)) = line.split_once("    ").filter(|(command, _)| !command.trim().is_empty()) else {
        return folded(line);
    };
    let mut lines = vec![format!("# {}", comment.trim())];
    lines.extend(folded(command));
    lines
}

fn folded(line: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split_inclusive(' ') {
        let last = lines.last().map_or(0, |last| last.chars().count());
        if line.starts_with(PROGRAM) && last > 0 && last + word.trim_end().chars().count() > LITERAL_COLUMNS_MAX {
            if let Some(last) = lines.last_mut() {
                last.push('\\');
            }
            lines.push("    ".to_owned());
        }
        if let Some(last) = lines.last_mut() {
            last.push_str(word);
        }
    }
    lines
}

fn other_pages<'a>(name: &str, program: &'a Command) -> Vec<(&'a str, u8)> {
    let commands = program.get_subcommands().flat_map(|command| iter::once(command).chain(command.get_subcommands()));
    let commands = commands.filter_map(Command::get_display_name);
    let others = [PROGRAM].into_iter().chain(commands).filter(|other| *other != name);
    others.map(|other| (other, 1)).chain([("tokenwell.yaml", 5)]).collect()
}

const HEADING_CHARS_MAX: usize = 60;
/// 80 columns without the page's margins and the continuation mark.
const LITERAL_COLUMNS_MAX: usize = 69;
