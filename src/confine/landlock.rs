//! Landlock: restricts file access to certain folders.

use std::path::Path;

use landlock::{
    ABI, Access as _, AccessFs, BitFlags, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetError, RulesetStatus, make_bitflags, path_beneath_rules,
};

use super::{grant::Grant, needs::Right};

/// How much of the rule set the kernel enforces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Enforced {
    /// Every kind of access.
    Whole,
    /// Fewer kinds, because the kernel is older.
    InPart,
}

/// Why file access is not restricted.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoLandlock {
    /// The kernel is older than Landlock, or has it switched off.
    #[error("the kernel has no Landlock")]
    Missing,
    /// The kernel does not take the rule set.
    #[error("the kernel refuses Landlock ({0})")]
    Refused(#[source] RulesetError),
}

/// Restricts the calling thread, and threads that it starts later, to the grants and to system files that every process
/// needs. The error is the reason, for a log line.
pub(super) fn apply(grants: &[Grant]) -> Result<Enforced, NoLandlock> {
    match restrict(grants) {
        Ok(RulesetStatus::FullyEnforced) => Ok(Enforced::Whole),
        Ok(RulesetStatus::PartiallyEnforced) => Ok(Enforced::InPart),
        Ok(RulesetStatus::NotEnforced) => Err(NoLandlock::Missing),
        Err(error) => Err(NoLandlock::Refused(error)),
    }
}

/// Skips paths that have disappeared.
fn restrict(grants: &[Grant]) -> Result<RulesetStatus, RulesetError> {
    let handled = AccessFs::from_all(NEWEST);
    let granted = |right: Right| grants.iter().filter(move |grant| grant.right == right).map(|grant| &grant.path);
    let targets = LINKED.iter().filter_map(|path| Path::new(path).canonicalize().ok());
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(handled)?
        .create()?
        .add_rules(path_beneath_rules(SYSTEM, READ))?
        .add_rules(path_beneath_rules(targets, READ))?
        .add_rules(path_beneath_rules(["/dev/null"], READ | AccessFs::WriteFile | AccessFs::Truncate))?
        .add_rules(path_beneath_rules(granted(Right::Read), READ))?
        .add_rules(path_beneath_rules(granted(Right::Write), WRITE))?
        .restrict_self()
        .map(|status| status.ruleset)
}

const READ: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | ReadDir});

/// No devices, no pipes, and no execution.
const WRITE: BitFlags<AccessFs> = make_bitflags!(AccessFs::{
    ReadFile | ReadDir | WriteFile | Truncate | MakeReg | MakeDir | MakeSym | MakeSock | RemoveFile | RemoveDir | Refer
});

/// The newest version that restricts file access (Linux 6.10). Later ones restrict sockets, which is not wanted.
const NEWEST: ABI = ABI::V5;

/// What a process reads implicitly: names and addresses (also through nscd, SSSD and systemd-resolved), the libraries
/// for name lookups, root certificates, the time zone, process information, randomness.
const SYSTEM: [&str; 17] = [
    "/dev/random",
    "/dev/urandom",
    "/etc",
    "/gnu/store",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/opt/etc/ssl",
    "/proc",
    "/run/NetworkManager",
    "/run/nscd",
    "/run/resolvconf",
    "/run/systemd/resolve",
    "/usr",
    "/var/lib/ca-certificates",
    "/var/lib/sss",
];

/// System files that may be links to any place.
const LINKED: [&str; 6] = [
    "/etc/hosts",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/resolv.conf",
    "/etc/ssl/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
];
