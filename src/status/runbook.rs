//! Addresses of the pages of the documentation that say what to do.

/// A page of the documentation about one kind of problem.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Runbook {
    /// An access key, or another secret, is denied.
    KeyDenied,
    /// Exchanges fail.
    RenewalFailing,
    /// There is no key, or no token yet.
    NotReady,
    /// An output cannot be written.
    PublishFailing,
    /// A hook fails.
    HookFailing,
    /// A refresh token ends soon.
    RefreshTokenEnds,
    /// Clocks disagree on the age of a token.
    ClocksDisagree,
}

impl Runbook {
    /// The page and its anchor, from the top of the repository.
    const fn path(self) -> &'static str {
        match self {
            Self::KeyDenied => "deploy/operations.md#tokenwellkeydenied",
            Self::RenewalFailing => "deploy/operations.md#tokenwellrenewalfailing",
            Self::NotReady => "deploy/operations.md#tokenwellnotready",
            Self::PublishFailing => "deploy/operations.md#tokenwellpublishfailing",
            Self::HookFailing => "deploy/operations.md#tokenwellhookfailing",
            Self::RefreshTokenEnds => "deploy/operations.md#tokenwellrefreshtokenends",
            Self::ClocksDisagree => "docs/how-it-works.md#when-the-clocks-disagree",
        }
    }

    /// Returns the absolute address; `None` if this program was built without the address of its repository.
    pub(super) fn address(self) -> Option<String> {
        in_repository(REPOSITORY, self.path())
    }
}

/// Returns the address of the documentation's table of contents, from which the paths of all other pages follow; `None` if
/// this program was built without the address of its repository.
pub fn documentation() -> Option<String> {
    in_repository(REPOSITORY, "docs/README.md")
}

fn in_repository(repository: &str, path: &str) -> Option<String> {
    let repository = repository.trim_end_matches('/').trim_end_matches(".git");
    (!repository.is_empty()).then(|| format!("{repository}/blob/main/{path}"))
}

/// `repository` in `Cargo.toml`; empty if it has none.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn every_page_and_its_heading_exist() {
        for runbook in [
            Runbook::KeyDenied,
            Runbook::RenewalFailing,
            Runbook::NotReady,
            Runbook::PublishFailing,
            Runbook::HookFailing,
            Runbook::RefreshTokenEnds,
            Runbook::ClocksDisagree,
        ] {
            let (file, anchor) = runbook.path().split_once('#').unwrap();
            let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
            let headings = text.lines().filter_map(|line| line.strip_prefix("##"));
            let mut anchors = headings.map(|line| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-"));
            assert!(anchors.any(|found| found == anchor), "{anchor} in {file}");
        }
    }

    #[test]
    fn without_a_repository_there_is_no_address() {
        assert_eq!(in_repository("", "docs/README.md"), None);
        for repository in ["https://git.example/t", "https://git.example/t/", "https://git.example/t.git"] {
            let address = in_repository(repository, "docs/README.md");
            assert_eq!(address.as_deref(), Some("https://git.example/t/blob/main/docs/README.md"));
        }
    }
}
