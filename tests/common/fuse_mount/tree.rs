//! The files and folders in memory.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use fuser::{Errno, FileAttr, FileType, INodeNo};

use tokenwell::clock;

use super::{Attributes, Fixed, errno};

pub(super) struct Tree {
    pub(super) attributes: Attributes,
    nodes: BTreeMap<u64, Node>,
    last: u64,
    /// Never twice the same, so that a change is always seen as one.
    now: Duration,
    modes_with_content: Vec<(OsString, u16)>,
    renamed_to: Vec<OsString>,
}

pub(super) struct Node {
    pub(super) content: Content,
    mode: u16,
    user: u32,
    group: u32,
    links: u32,
    modified: SystemTime,
    changed: SystemTime,
}

pub(super) enum Content {
    File(Vec<u8>),
    Folder(BTreeMap<OsString, u64>),
    Link(Vec<u8>),
}

/// Who creates, and the mode that is asked for.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) mode: u16,
    pub(super) user: u32,
    pub(super) group: u32,
}

/// New attributes of a node.
#[derive(Clone, Copy)]
pub(super) struct Change {
    pub(super) mode: Option<u32>,
    pub(super) user: Option<u32>,
    pub(super) group: Option<u32>,
    pub(super) size: Option<u64>,
}

impl Tree {
    pub(super) fn new(attributes: Attributes) -> Self {
        let now = clock::wall().duration_since(UNIX_EPOCH).unwrap();
        let (modes_with_content, renamed_to) = (Vec::new(), Vec::new());
        let mut tree = Self { attributes, nodes: BTreeMap::new(), last: 0, now, modes_with_content, renamed_to };
        let root = Wanted { mode: 0o755, user: 0, group: 0 };
        tree.insert(Content::Folder(BTreeMap::new()), root);
        tree
    }

    fn tick(&mut self) -> SystemTime {
        self.now += Duration::from_micros(1);
        UNIX_EPOCH + self.now
    }

    fn insert(&mut self, content: Content, wanted: Wanted) -> u64 {
        let is_folder = matches!(content, Content::Folder(_));
        let Wanted { mode, user, group } = match self.attributes {
            Attributes::Stored => wanted,
            Attributes::Ignored(fixed) | Attributes::Refused(fixed, _) => {
                let Fixed { file_mode, folder_mode, user, group } = fixed;
                Wanted { mode: if is_folder { folder_mode } else { file_mode }, user, group }
            }
        };
        let now = self.tick();
        let links = if is_folder { 2 } else { 1 };
        self.last += 1;
        self.nodes.insert(self.last, Node { content, mode, user, group, links, modified: now, changed: now });
        self.last
    }

    pub(super) fn remount(&mut self, attributes: Attributes) {
        self.attributes = attributes;
        let now = self.tick();
        for node in self.nodes.values_mut() {
            let Attributes::Ignored(fixed) = attributes else { continue };
            let is_folder = matches!(node.content, Content::Folder(_));
            node.mode = if is_folder { fixed.folder_mode } else { fixed.file_mode };
            (node.user, node.group, node.changed) = (fixed.user, fixed.group, now);
        }
    }

    pub(super) fn node(&mut self, number: INodeNo) -> Result<&mut Node, Errno> {
        self.nodes.get_mut(&number.0).ok_or(Errno::ENOENT)
    }

    fn folder(&mut self, number: INodeNo) -> Result<&mut BTreeMap<OsString, u64>, Errno> {
        match &mut self.node(number)?.content {
            Content::Folder(entries) => Ok(entries),
            Content::File(_) | Content::Link(_) => Err(Errno::ENOTDIR),
        }
    }

    pub(super) fn entry(&mut self, folder: INodeNo, name: &OsStr) -> Result<INodeNo, Errno> {
        self.folder(folder)?.get(name).map(|number| INodeNo(*number)).ok_or(Errno::ENOENT)
    }

    pub(super) fn entries(&mut self, folder: INodeNo) -> Result<Vec<(OsString, u64, FileType)>, Errno> {
        let entries: Vec<_> = self.folder(folder)?.iter().map(|(name, number)| (name.clone(), *number)).collect();
        let with_kind = |(name, number): (OsString, u64)| {
            let kind = self.nodes.get(&number).map_or(FileType::RegularFile, |node| node.content.kind());
            (name, number, kind)
        };
        Ok(entries.into_iter().map(with_kind).collect())
    }

    pub(super) fn attributes_of(&mut self, number: INodeNo) -> Result<FileAttr, Errno> {
        let node = self.node(number)?;
        let size = match &node.content {
            Content::File(bytes) | Content::Link(bytes) => bytes.len() as u64,
            Content::Folder(_) => 4096,
        };
        Ok(FileAttr {
            ino: number,
            size,
            blocks: size.div_ceil(512),
            atime: node.modified,
            mtime: node.modified,
            ctime: node.changed,
            crtime: node.modified,
            kind: node.content.kind(),
            perm: node.mode,
            nlink: node.links,
            uid: node.user,
            gid: node.group,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        })
    }

    /// Makes a file, folder or link that is not there yet.
    pub(super) fn create(
        &mut self,
        folder: INodeNo,
        name: &OsStr,
        content: Content,
        wanted: Wanted,
    ) -> Result<INodeNo, Errno> {
        if self.folder(folder)?.contains_key(name) {
            return Err(Errno::EEXIST);
        }
        let number = self.insert(content, wanted);
        self.folder(folder)?.insert(name.to_owned(), number);
        self.touch(folder)?;
        Ok(INodeNo(number))
    }

    /// Gives a file a second name.
    pub(super) fn link(&mut self, number: INodeNo, folder: INodeNo, name: &OsStr) -> Result<(), Errno> {
        if self.folder(folder)?.contains_key(name) {
            return Err(Errno::EEXIST);
        }
        self.node(number)?.links += 1;
        self.folder(folder)?.insert(name.to_owned(), number.0);
        self.touch(folder)
    }

    pub(super) fn remove(&mut self, folder: INodeNo, name: &OsStr) -> Result<(), Errno> {
        let number = self.entry(folder, name)?;
        if let Content::Folder(entries) = &self.node(number)?.content
            && !entries.is_empty()
        {
            return Err(Errno::ENOTEMPTY);
        }
        self.folder(folder)?.remove(name);
        // The node itself stays for those that have it open.
        let node = self.node(number)?;
        node.links = node.links.saturating_sub(1);
        self.touch(number)?;
        self.touch(folder)
    }

    pub(super) fn rename(&mut self, from: (INodeNo, &OsStr), to: (INodeNo, &OsStr)) -> Result<(), Errno> {
        let number = self.entry(from.0, from.1)?;
        if self.entry(to.0, to.1).is_ok() {
            self.remove(to.0, to.1)?;
        }
        self.folder(from.0)?.remove(from.1);
        self.folder(to.0)?.insert(to.1.to_owned(), number.0);
        self.renamed_to.push(to.1.to_owned());
        self.touch(from.0)?;
        self.touch(to.0)?;
        self.touch(number)?;
        self.notice(number);
        Ok(())
    }

    pub(super) fn change(&mut self, number: INodeNo, change: Change) -> Result<(), Errno> {
        let Change { mode, user, group, size } = change;
        if mode.is_some() || user.is_some() || group.is_some() {
            match self.attributes {
                Attributes::Stored => {
                    let node = self.node(number)?;
                    node.mode = mode.map_or(node.mode, |mode| u16::try_from(mode & 0o7777).unwrap_or_default());
                    node.user = user.unwrap_or(node.user);
                    node.group = group.unwrap_or(node.group);
                }
                Attributes::Ignored(_) => {}
                Attributes::Refused(_, number) => return Err(errno(number)),
            }
        }
        if let (Some(size), Content::File(bytes)) = (size, &mut self.node(number)?.content) {
            bytes.resize(usize::try_from(size).unwrap_or_default(), 0);
        }
        self.touch(number)?;
        self.notice(number);
        Ok(())
    }

    pub(super) fn write(&mut self, number: INodeNo, offset: u64, data: &[u8]) -> Result<(), Errno> {
        let Content::File(bytes) = &mut self.node(number)?.content else { return Err(Errno::EISDIR) };
        let start = usize::try_from(offset).map_err(|_| Errno::EFBIG)?;
        let end = start + data.len();
        bytes.resize(bytes.len().max(end), 0);
        bytes[start..end].copy_from_slice(data);
        let now = self.tick();
        self.node(number)?.modified = now;
        self.touch(number)?;
        self.notice(number);
        Ok(())
    }

    fn touch(&mut self, number: INodeNo) -> Result<(), Errno> {
        let now = self.tick();
        let node = self.node(number)?;
        node.changed = now;
        if matches!(node.content, Content::Folder(_)) {
            node.modified = now;
        }
        Ok(())
    }

    /// Remembers the mode of a file that holds something, under each of its names.
    fn notice(&mut self, number: INodeNo) {
        let Some(Node { content: Content::File(bytes), mode, .. }) = self.nodes.get(&number.0) else { return };
        if bytes.is_empty() {
            return;
        }
        let names = self.nodes.values().filter_map(|node| match &node.content {
            Content::Folder(entries) => Some(entries),
            Content::File(_) | Content::Link(_) => None,
        });
        let names = names.flatten().filter(|(_, entry)| **entry == number.0).map(|(name, _)| (name.clone(), *mode));
        self.modes_with_content.extend(names.collect::<Vec<_>>());
    }

    pub(super) fn modes_with_content(&self, name_part: &str) -> Vec<u16> {
        let mut modes = Vec::new();
        for (name, mode) in &self.modes_with_content {
            if name.to_string_lossy().contains(name_part) && !modes.contains(mode) {
                modes.push(*mode);
            }
        }
        modes
    }

    pub(super) fn renames_to(&self, name: &str) -> usize {
        self.renamed_to.iter().filter(|renamed| *renamed == name).count()
    }
}

impl Content {
    fn kind(&self) -> FileType {
        match self {
            Self::File(_) => FileType::RegularFile,
            Self::Folder(_) => FileType::Directory,
            Self::Link(_) => FileType::Symlink,
        }
    }
}
