//! Parts of a path that other programs expand before they use it, such as `~` and `$HOME` of shells. Pure.

use std::fmt;

use crate::config::show::shown;

/// A part of a path that is not expanded here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unexpanded<'t> {
    /// `~`, the home folder of the user in shells.
    Home,
    /// `~name`, the home folder of another user in shells: with the `~`.
    HomeOf(&'t str),
    /// `$NAME` or `$(NAME)`, a variable without braces: as it is written, and its name.
    Variable {
        /// As it is written.
        written: &'t str,
        /// Its name.
        name: &'t str,
    },
    /// `${NAME}`, a variable where no variable is expanded, such as in a flag.
    Braced(&'t str),
    /// `%h`, a specifier of systemd: its letter.
    Specifier(char),
    /// `%NAME%`, a variable of Windows: its name.
    OfWindows(&'t str),
    /// `{{ … }}`, a template that was not rendered.
    Template,
    /// `file:`, a URL.
    Url,
    /// `C:\` or `\\`, a path of Windows.
    Drive,
    /// A quote that is a part of the value.
    Quote,
    /// White space before the path.
    Space,
}

impl<'t> Unexpanded<'t> {
    /// Returns what a relative path begins with, if another program would expand it.
    pub fn at_the_start(text: &'t str) -> Option<Self> {
        let first = text.chars().next()?;
        let folder = text.split('/').next().unwrap_or(text);
        match first {
            '~' if folder == "~" => Some(Self::Home),
            '~' if is_user(&folder[1..]) => Some(Self::HomeOf(folder)),
            '$' => variable(text),
            '%' => of_percent(text),
            '{' if text.starts_with("{{") || text.starts_with("{%") => Some(Self::Template),
            '\\' => Some(Self::Drive),
            '"' | '\'' | '`' | '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' => Some(Self::Quote),
            first if first.is_whitespace() => Some(Self::Space),
            first if first.is_ascii_alphabetic() && matches!(text.as_bytes(), [_, b':', b'\\' | b'/', ..]) => {
                Some(Self::Drive)
            }
            _ if text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:")) => Some(Self::Url),
            _ => None,
        }
    }

    /// Returns the first part of an absolute path as written that another program would expand. `$$` is a dollar.
    pub fn inside(written: &'t str) -> Option<Self> {
        let mut rest = written;
        while let Some(at) = rest.find(['$', '%', '{']) {
            let part = &rest[at..];
            if let Some(after) = part.strip_prefix("$$").or_else(|| part.strip_prefix("%%")) {
                rest = after;
                continue;
            }
            let found = match part.as_bytes() {
                [b'$', b'{', ..] => None,
                [b'$', ..] => variable(part),
                [b'%', ..] => of_percent(part),
                [b'{', b'{' | b'%', ..] => Some(Self::Template),
                _ => None,
            };
            if found.is_some() {
                return found;
            }
            rest = &part[1..];
        }
        None
    }

    /// Returns how to write the path in a configuration file.
    pub fn remedy(&self) -> String {
        match self {
            Self::Home => "write `${HOME}/…`, or the home folder in full".to_owned(),
            Self::HomeOf(_) => "write the home folder of that user in full".to_owned(),
            Self::Variable { name, .. } | Self::OfWindows(name) => format!("write {}", shown(&format!("${{{name}}}"))),
            Self::Braced(_) => "write its value, or let a shell expand it".to_owned(),
            Self::Specifier(letter) => match letter {
                'h' => "write `${HOME}/…`".to_owned(),
                'd' => "write `${CREDENTIALS_DIRECTORY}/…`".to_owned(),
                't' => "write `/run`, or `${RUNTIME_DIRECTORY}` if the unit has `RuntimeDirectory=`".to_owned(),
                'S' => "write `/var/lib`, or `${STATE_DIRECTORY}` if the unit has `StateDirectory=`".to_owned(),
                letter => format!("write `Environment=NAME=%{letter}` into the unit, and `${{NAME}}` here"),
            },
            Self::Template => "render the file before it is used, as Helm, Ansible or another program does".to_owned(),
            Self::Url => "write the path alone, starting with `/`".to_owned(),
            Self::Drive => "write a path of this system: with `/` instead of `\\`, and starting with it".to_owned(),
            Self::Quote => "remove the quotes that are a part of the value".to_owned(),
            Self::Space => "remove the white space before it".to_owned(),
        }
    }
}

/// Says what is there, such as "`~` is not expanded".
impl fmt::Display for Unexpanded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Home => f.write_str("`~` is not expanded"),
            Self::HomeOf(folder) => write!(f, "{} is not expanded", shown(folder)),
            Self::Variable { written, .. } => write!(f, "{} is not expanded without braces", shown(written)),
            Self::Braced(written) => write!(f, "{} is not expanded here", shown(written)),
            Self::Specifier(letter) => {
                write!(f, "`%{letter}` is not expanded: the specifiers of systemd work in unit files only")
            }
            Self::OfWindows(name) => write!(f, "{} is not expanded", shown(&format!("%{name}%"))),
            Self::Template => f.write_str("there is a template (`{{ … }}`) that was not rendered"),
            Self::Url => f.write_str("this is a URL, not a path"),
            Self::Drive => f.write_str("this is a path of Windows"),
            Self::Quote => f.write_str("it begins with a quote"),
            Self::Space => f.write_str("it begins with white space"),
        }
    }
}

/// Parses `$NAME`, `$(NAME)` or `${NAME}` at the start of a text.
fn variable(text: &str) -> Option<Unexpanded<'_>> {
    let after = &text[1..];
    let (open, close) = match after.as_bytes().first()? {
        b'(' => (1, ')'),
        b'{' => (1, '}'),
        _ => (0, '\0'),
    };
    let name = name_at(&after[open..])?;
    let end = 1 + open + name.len();
    if open == 0 {
        return Some(Unexpanded::Variable { written: &text[..end], name });
    }
    let written = &text[..end + text[end..].starts_with(close).then_some(1)?];
    Some(if close == '}' { Unexpanded::Braced(written) } else { Unexpanded::Variable { written, name } })
}

/// Parses `%NAME%` or `%h` at the start of a text. A letter that another letter follows is no specifier: `%ab` may be a part of any name.
fn of_percent(text: &str) -> Option<Unexpanded<'_>> {
    let after = &text[1..];
    if let Some(name) = name_at(after).filter(|name| name.len() > 1 && after[name.len()..].starts_with('%')) {
        return Some(Unexpanded::OfWindows(name));
    }
    let mut characters = after.chars();
    let letter = characters.next().filter(char::is_ascii_alphabetic)?;
    let ends = characters.next().is_none_or(|next| !next.is_alphanumeric() && next != '%');
    ends.then_some(Unexpanded::Specifier(letter))
}

/// Returns the name of a variable at the start of a text, if there is one.
fn name_at(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let name = &text[..end];
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_').then_some(name)
}

fn is_user(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.+".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_expand_is_found_at_the_start() {
        for (text, says, remedy) in [
            ("~/o/a.jwt", "`~` is not expanded", "write `${HOME}/…`"),
            ("~", "`~` is not expanded", "`${HOME}/…`"),
            ("~app/a.jwt", "`~app` is not expanded", "of that user in full"),
            ("~+/a.jwt", "`~+` is not expanded", "in full"),
            ("$HOME/x.jwt", "`$HOME` is not expanded without braces", "write `${HOME}`"),
            ("$XDG_RUNTIME_DIR/x.jwt", "`$XDG_RUNTIME_DIR` is not", "write `${XDG_RUNTIME_DIR}`"),
            ("$(HOME)/x.jwt", "`$(HOME)` is not expanded", "write `${HOME}`"),
            ("${HOME}/x.jwt", "`${HOME}` is not expanded here", "write its value"),
            ("%h/a.jwt", "`%h` is not expanded", "write `${HOME}/…`"),
            ("%t/a.jwt", "`%t` is not expanded", "`${RUNTIME_DIRECTORY}`"),
            ("%d/key", "`%d` is not expanded", "`${CREDENTIALS_DIRECTORY}/…`"),
            ("%S", "`%S` is not expanded", "`${STATE_DIRECTORY}`"),
            ("%E/a", "`%E` is not expanded", "`Environment=NAME=%E`"),
            ("%USERPROFILE%\\a.jwt", "`%USERPROFILE%` is not expanded", "write `${USERPROFILE}`"),
            ("file:///run/a.jwt", "a URL", "the path alone"),
            ("FILE:/run/a.jwt", "a URL", "the path alone"),
            ("C:\\keys\\a", "a path of Windows", "of this system"),
            ("c:/keys/a", "a path of Windows", "of this system"),
            ("\\\\server\\a", "a path of Windows", "of this system"),
            ("{{ .Values.dir }}/a.jwt", "a template", "render the file"),
            ("\"/run/a.jwt\"", "begins with a quote", "remove the quotes"),
            ("\u{201c}/run/a.jwt\u{201d}", "begins with a quote", "remove the quotes"),
            (" /run/a.jwt", "begins with white space", "remove the white space"),
        ] {
            let found = Unexpanded::at_the_start(text).unwrap_or_else(|| panic!("{text}"));
            let (what, how) = (found.to_string(), found.remedy());
            assert!(what.contains(says) && how.contains(remedy), "{text}: {what}; {how}");
        }
        for text in ["", "a.jwt", "./~/a", "a~", "$", "$1/a", "%", "%%/a", "5%/a", "~ /a", "file.jwt", "run/~/a", "äöü"]
        {
            assert_eq!(Unexpanded::at_the_start(text), None, "{text}");
        }
    }

    #[test]
    fn what_others_expand_is_found_inside() {
        for (text, says) in [
            ("/run/$USER/a.jwt", "`$USER` is"),
            ("/run/$$/$(USER).jwt", "`$(USER)` is"),
            ("/run/${A}/$B", "`$B` is"),
            ("/run/%i.jwt", "`%i` is"),
            ("/run/%USERNAME%.jwt", "`%USERNAME%` is"),
            ("/run/{{ .Release.Name }}/a.jwt", "a template"),
        ] {
            let found = Unexpanded::inside(text).unwrap_or_else(|| panic!("{text}"));
            assert!(found.to_string().contains(says), "{text}: {found}");
        }
        for text in [
            "/run/{name}.jwt",
            "/run/${A}.jwt",
            "/run/$$USER",
            "/run/$1/$",
            "/run/%2Fa%20b",
            "/50%/a",
            "/run/~/a",
            "/%%i",
        ] {
            assert_eq!(Unexpanded::inside(text), None, "{text}");
        }
    }
}
