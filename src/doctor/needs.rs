//! The user and the orchestrator of this process, and the lines of configuration that would grant what it lacks.

use std::{
    collections::BTreeSet,
    fmt::{self, Display, Formatter, Write as _},
    path::{Path, PathBuf},
};

use rustix::process::{getegid, geteuid, getgroups};

use crate::config::Environment;

/// User and groups of this process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ProcessUser {
    pub(super) user: u32,
    pub(super) group: u32,
    /// The supplementary groups, without `group`.
    pub(super) groups: Vec<u32>,
}

/// The orchestrator that starts this process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Orchestrator {
    /// A container of a pod.
    Kubernetes,
    /// A systemd unit.
    Systemd,
    /// Neither, or it cannot be determined.
    Unknown,
}

/// A right or a resource that the process lacks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Need {
    /// Running as this user.
    User(u32),
    /// Membership in this group.
    Group(u32),
    /// Write permission in a folder.
    WritableFolder {
        /// The folder.
        folder: PathBuf,
        /// The group that a volume should belong to.
        group: u32,
    },
    /// A writable mount of a folder.
    MountedForWriting(PathBuf),
    /// Read permission for a key file.
    Readable {
        /// The file.
        file: PathBuf,
        /// The group that a volume should belong to.
        group: u32,
    },
}

impl ProcessUser {
    pub(super) fn current() -> Self {
        let group = getegid().as_raw();
        let mut groups: Vec<_> = getgroups().unwrap_or_default().iter().map(|group| group.as_raw()).collect();
        groups.retain(|other| *other != group);
        Self { user: geteuid().as_raw(), group, groups }
    }

    pub(super) fn is_in(&self, group: u32) -> bool {
        self.group == group || self.groups.contains(&group)
    }
}

impl Display for ProcessUser {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "user {}, group {}", self.user, self.group)?;
        for (n, group) in self.groups.iter().take(GROUPS_SHOWN_MAX).enumerate() {
            write!(f, "{}{group}", if n == 0 { ", also in " } else { " " })?;
        }
        Ok(())
    }
}

impl Orchestrator {
    pub(super) fn current(environment: &Environment) -> Self {
        let is_set = |name: &str| environment.setting(name).is_some();
        if is_set("KUBERNETES_SERVICE_HOST") || Path::new(SERVICE_ACCOUNT).exists() {
            Self::Kubernetes
        } else if is_set("INVOCATION_ID") {
            Self::Systemd
        } else {
            Self::Unknown
        }
    }

    /// Returns the lines to paste that would grant `needs`; `None` if there are none.
    pub fn lines(self, needs: &BTreeSet<Need>) -> Option<String> {
        if needs.is_empty() {
            return None;
        }
        match self {
            Self::Kubernetes => Some(pod(needs)),
            Self::Systemd => Some(unit(needs)),
            Self::Unknown => None,
        }
    }
}

fn pod(needs: &BTreeSet<Need>) -> String {
    let mut text = "The pod lacks these lines; merge them into its `spec`:\n".to_owned();
    let user = needs.iter().find_map(|need| if let Need::User(user) = need { Some(*user) } else { None });
    let groups: Vec<_> =
        needs.iter().filter_map(|need| if let Need::Group(group) = need { Some(*group) } else { None }).collect();
    // A pod has one `fsGroup` for all volumes.
    let volumes = needs.iter().find_map(|need| match need {
        Need::WritableFolder { group, .. } | Need::Readable { group, .. } => Some(*group),
        Need::User(_) | Need::Group(_) | Need::MountedForWriting(_) => None,
    });
    if user.is_some() || volumes.is_some() || !groups.is_empty() {
        text.push_str("\nsecurityContext:\n");
        for (name, number) in [("runAsUser", user), ("fsGroup", volumes)] {
            if let Some(number) = number {
                _ = writeln!(text, "  {name}: {number}");
            }
        }
        if !groups.is_empty() {
            _ = writeln!(text, "  supplementalGroups: {groups:?}");
        }
    }
    let mounted: Vec<_> = mounted(needs).collect();
    if !mounted.is_empty() {
        text.push_str("\nvolumes:\n");
        for (n, _) in mounted.iter().enumerate() {
            _ = writeln!(text, "  - {{name: tokens-{n}, emptyDir: {{medium: Memory}}}}");
        }
        text.push_str("\n# in each container that writes or reads there\nvolumeMounts:\n");
        for (n, folder) in mounted.iter().enumerate() {
            _ = writeln!(text, "  - {{name: tokens-{n}, mountPath: {:?}}}", folder.display().to_string());
        }
    }
    text
}

fn unit(needs: &BTreeSet<Need>) -> String {
    let (mut lines, mut once) = (BTreeSet::new(), BTreeSet::new());
    for need in needs {
        match need {
            Need::User(user) => _ = lines.insert(format!("User={user}")),
            Need::Group(group) => _ = lines.insert(format!("SupplementaryGroups={group}")),
            // The process can create it in the other folder.
            Need::WritableFolder { folder, .. } if is_within_another(folder, needs) => {}
            Need::WritableFolder { folder, group } => match directory_directive(folder) {
                Some(line) => _ = lines.insert(line),
                // A directive for a path cannot grant what the mode of the folder denies.
                None => _ = once.insert(format!("chgrp {group} {0} && chmod g+rwx {0}", folder.display())),
            },
            Need::MountedForWriting(folder) => {
                let line =
                    directory_directive(folder).unwrap_or_else(|| format!("ReadWritePaths={}", folder.display()));
                lines.insert(line);
            }
            Need::Readable { file, .. } => {
                let name = file.file_name().unwrap_or_default().display();
                lines.insert(format!("LoadCredential={name}:{}", file.display()));
            }
        }
    }
    let mut text = String::new();
    if !lines.is_empty() {
        text.push_str("The unit lacks these lines; add them with `systemctl edit`:\n\n[Service]\n");
    }
    for line in lines {
        _ = writeln!(text, "{line}");
    }
    if !once.is_empty() {
        let gap = if text.is_empty() { "" } else { "\n" };
        _ = writeln!(text, "{gap}These folders belong to another user; as root, once they exist:\n");
    }
    for line in once {
        _ = writeln!(text, "{line}");
    }
    if needs.iter().any(|need| matches!(need, Need::Readable { .. })) {
        text.push_str("\nand in the configuration: `accessKeyFile: ${CREDENTIALS_DIRECTORY}/NAME`\n");
    }
    text
}

fn is_within_another(folder: &Path, needs: &BTreeSet<Need>) -> bool {
    needs.iter().any(|need| match need {
        Need::WritableFolder { folder: other, .. } => folder != other && folder.starts_with(other),
        Need::User(_) | Need::Group(_) | Need::MountedForWriting(_) | Need::Readable { .. } => false,
    })
}

/// Returns the directive by which systemd creates the folder for the unit's user.
fn directory_directive(folder: &Path) -> Option<String> {
    let below = |root: &str, directive: &str| {
        let name = folder.strip_prefix(root).ok()?;
        (!name.as_os_str().is_empty()).then(|| format!("{directive}={}", name.display()))
    };
    below("/run", "RuntimeDirectory").or_else(|| below("/var/lib", "StateDirectory"))
}

fn mounted(needs: &BTreeSet<Need>) -> impl Iterator<Item = &Path> {
    needs.iter().filter_map(|need| match need {
        Need::MountedForWriting(folder) => Some(folder.as_path()),
        Need::User(_) | Need::Group(_) | Need::WritableFolder { .. } | Need::Readable { .. } => None,
    })
}

const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io";
const GROUPS_SHOWN_MAX: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn needs() -> BTreeSet<Need> {
        BTreeSet::from([
            Need::User(1000),
            Need::Group(2000),
            Need::Group(2001),
            Need::WritableFolder { folder: "/run/tokenwell".into(), group: 3000 },
            Need::WritableFolder { folder: "/srv/app".into(), group: 3000 },
            Need::WritableFolder { folder: "/srv/app/state".into(), group: 3000 },
            Need::MountedForWriting("/srv/tokens".into()),
            Need::Readable { file: "/etc/keys/billing".into(), group: 3000 },
        ])
    }

    #[test]
    fn a_pod_is_reported_its_lines_of_yaml() {
        insta::assert_snapshot!(Orchestrator::Kubernetes.lines(&needs()).unwrap(), @r#"
        The pod lacks these lines; merge them into its `spec`:

        securityContext:
          runAsUser: 1000
          fsGroup: 3000
          supplementalGroups: [2000, 2001]

        volumes:
          - {name: tokens-0, emptyDir: {medium: Memory}}

        # in each container that writes or reads there
        volumeMounts:
          - {name: tokens-0, mountPath: "/srv/tokens"}
        "#);
    }

    #[test]
    fn a_unit_is_reported_its_lines() {
        insta::assert_snapshot!(Orchestrator::Systemd.lines(&needs()).unwrap(), @r"
        The unit lacks these lines; add them with `systemctl edit`:

        [Service]
        LoadCredential=billing:/etc/keys/billing
        ReadWritePaths=/srv/tokens
        RuntimeDirectory=tokenwell
        SupplementaryGroups=2000
        SupplementaryGroups=2001
        User=1000

        These folders belong to another user; as root, once they exist:

        chgrp 3000 /srv/app && chmod g+rwx /srv/app

        and in the configuration: `accessKeyFile: ${CREDENTIALS_DIRECTORY}/NAME`
        ");
    }

    #[test]
    fn nothing_missing_and_no_orchestrator_print_nothing() {
        assert_eq!(Orchestrator::Kubernetes.lines(&BTreeSet::new()), None);
        assert_eq!(Orchestrator::Unknown.lines(&needs()), None);
    }
}
