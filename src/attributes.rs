//! Mode, owner and group of a file: those that are wanted, and those that a file system imposes instead.
//!
//! Network shares and cloud storage (SMB, Azure Files, blobfuse) give every file the attributes of their mount options, whether
//! `chmod` and `chown` are refused or ignored. A file with imposed attributes is as right as it can be there.

use std::fmt::Write as _;

/// The attributes of a file or folder.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Attributes {
    /// Permission bits, with set-user-id, set-group-id and sticky.
    pub mode: u32,
    /// The uid.
    pub owner: u32,
    /// The gid.
    pub group: u32,
}

/// The attributes that a file or folder should have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct WantedAttributes {
    /// Permission bits.
    pub mode: u32,
    /// The uid, if it matters.
    pub owner: Option<u32>,
    /// The gid, if it matters.
    pub group: Option<u32>,
}

/// Attributes that a file system gave instead of the wanted ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ImposedAttributes {
    /// Those that were asked for.
    pub wanted: WantedAttributes,
    /// Those that it gave.
    pub given: Attributes,
}

/// What a file system imposed on one token file, and on the folder that the file is in if that is one of a set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Imposed {
    /// On the file.
    pub file: Option<ImposedAttributes>,
    /// On the folder.
    pub folder: Option<ImposedAttributes>,
}

impl WantedAttributes {
    /// Whether a file has them.
    pub fn are_met_by(&self, is: Attributes) -> bool {
        self.mode == is.mode
            && self.owner.is_none_or(|owner| owner == is.owner)
            && self.group.is_none_or(|group| group == is.group)
    }

    /// Whether a file has them, or those that its file system imposed instead of the very same.
    pub fn are_met_where_imposed(&self, is: Attributes, imposed: Option<&ImposedAttributes>) -> bool {
        self.are_met_by(is) || imposed.is_some_and(|imposed| imposed.wanted == *self && imposed.given == is)
    }

    /// The difference to what a file system gave; `None` if it gave what is wanted.
    pub fn instead(self, given: Attributes) -> Option<ImposedAttributes> {
        (!self.are_met_by(given)).then_some(ImposedAttributes { wanted: self, given })
    }
}

impl ImposedAttributes {
    /// The difference in words that follow "has", such as `mode 0777 instead of 0640 (looser: its group can also write it)`.
    pub fn words(&self) -> String {
        let Self { wanted, given } = self;
        let mut parts = Vec::new();
        if wanted.mode != given.mode {
            let consequences = consequences(wanted.mode, given.mode);
            parts.push(format!("mode {:04o} instead of {:04o}{consequences}", given.mode, wanted.mode));
        }
        if let Some(owner) = wanted.owner.filter(|owner| *owner != given.owner) {
            parts.push(format!("user {} instead of {owner}", given.owner));
        }
        if let Some(group) = wanted.group.filter(|group| *group != given.group) {
            parts.push(format!("group {} instead of {group}", given.group));
        }
        parts.join(", ")
    }
}

impl Imposed {
    /// `None` if nothing is imposed.
    pub fn of(file: Option<ImposedAttributes>, folder: Option<ImposedAttributes>) -> Option<Self> {
        (file.is_some() || folder.is_some()).then_some(Self { file, folder })
    }
}

/// Says in brackets who can do more than was asked for, and who less.
fn consequences(wanted: u32, given: u32) -> String {
    let looser = abilities(given & !wanted, "can also");
    let stricter = abilities(wanted & !given, "cannot");
    let mut text = String::new();
    for (name, abilities) in [("looser", looser), ("stricter", stricter)] {
        if !abilities.is_empty() {
            let separator = if text.is_empty() { " (" } else { "; " };
            let _ = write!(text, "{separator}{name}: {}", abilities.join(", "));
        }
    }
    if !text.is_empty() {
        text.push(')');
    }
    text
}

/// Lists what each class of users can do by these bits. The right to execute is left out unless there is no other.
fn abilities(bits: u32, verb: &str) -> Vec<String> {
    let in_class = |shift: u32| (bits >> shift) & 0o7;
    let of = |(who, shift): (&str, u32)| {
        let what = match in_class(shift) {
            0 => return None,
            6 | 7 => "read and write",
            4 | 5 => "read",
            2 | 3 => "write",
            _ if bits & 0o666 == 0 => "execute",
            _ => return None,
        };
        Some(format!("{who} {verb} {what} it"))
    };
    [("its owner", 6), ("its group", 3), ("every other user", 0)].into_iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: WantedAttributes = WantedAttributes { mode: 0o640, owner: Some(1000), group: None };

    #[test]
    fn imposed_attributes_count_for_the_same_wish_only() {
        let given = Attributes { mode: 0o777, owner: 0, group: 0 };
        let imposed = WANTED.instead(given).unwrap();
        assert!(!WANTED.are_met_by(given) && WANTED.are_met_where_imposed(given, Some(&imposed)));
        assert!(!WANTED.are_met_where_imposed(Attributes { mode: 0o666, ..given }, Some(&imposed)));
        assert!(!WantedAttributes { mode: 0o600, ..WANTED }.are_met_where_imposed(given, Some(&imposed)));
        let right = Attributes { mode: 0o640, owner: 1000, group: 7 };
        assert!(WANTED.instead(right).is_none() && WANTED.are_met_where_imposed(right, Some(&imposed)));
        assert!(!WANTED.are_met_where_imposed(given, None));
    }

    #[test]
    fn looser_and_stricter_attributes_are_named() {
        let words = |mode, owner| WANTED.instead(Attributes { mode, owner, group: 0 }).unwrap().words();
        insta::assert_snapshot!(words(0o777, 0), @"mode 0777 instead of 0640 (looser: its group can also write it, every other user can also read and write it), user 0 instead of 1000");
        insta::assert_snapshot!(words(0o600, 1000), @"mode 0600 instead of 0640 (stricter: its group cannot read it)");
        insta::assert_snapshot!(words(0o644, 1000), @"mode 0644 instead of 0640 (looser: every other user can also read it)");
        insta::assert_snapshot!(words(0o555, 1000), @"mode 0555 instead of 0640 (looser: every other user can also read it; stricter: its owner cannot write it)");
        insta::assert_snapshot!(words(0o750, 1000), @"mode 0750 instead of 0640 (looser: its owner can also execute it, its group can also execute it)");
        insta::assert_snapshot!(words(0o640, 5), @"user 5 instead of 1000");
    }
}
