//! The calls of the kernel, each answered by the tree at once or when it is released.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use fuser::{
    BsdFileFlags, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo, LockOwner,
    OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyOpen,
    ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};

use super::{
    Call, Shared,
    tree::{Change, Content, Tree, Wanted},
};

pub(super) struct Share(pub(super) Arc<Shared>);

/// The kernel asks anew each time.
const UNCACHED: Duration = Duration::ZERO;
const FIRST: Generation = Generation(0);

fn wanted(request: &Request, mode: u32, umask: u32) -> Wanted {
    let mode = u16::try_from(mode & !umask & 0o7777).unwrap_or_default();
    Wanted { mode, user: request.uid(), group: request.gid() }
}

fn entry(reply: ReplyEntry, found: Result<FileAttr, Errno>) {
    match found {
        Ok(attributes) => reply.entry(&UNCACHED, &attributes, FIRST),
        Err(error) => reply.error(error),
    }
}

fn attributes(reply: ReplyAttr, found: Result<FileAttr, Errno>) {
    match found {
        Ok(attributes) => reply.attr(&UNCACHED, &attributes),
        Err(error) => reply.error(error),
    }
}

fn empty(reply: ReplyEmpty, done: Result<(), Errno>) {
    match done {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error),
    }
}

fn read(tree: &mut Tree, number: INodeNo, offset: u64, size: u32) -> Result<Vec<u8>, Errno> {
    let Content::File(bytes) = &tree.node(number)?.content else { return Err(Errno::EISDIR) };
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    Ok(bytes[start..].iter().copied().take(size as usize).collect())
}

impl Filesystem for Share {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let name = name.to_owned();
        self.0.carry_out(Call::Lookup, move |shared| {
            let mut tree = shared.tree();
            let found = tree.entry(parent, &name).and_then(|number| tree.attributes_of(number));
            entry(reply, found);
        });
    }

    fn getattr(&self, _: &Request, number: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        self.0.carry_out(Call::Attributes, move |shared| attributes(reply, shared.tree().attributes_of(number)));
    }

    fn setattr(
        &self,
        _: &Request,
        number: INodeNo,
        mode: Option<u32>,
        user: Option<u32>,
        group: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        self.0.carry_out(Call::SetAttributes, move |shared| {
            let mut tree = shared.tree();
            let changed = tree.change(number, Change { mode, user, group, size });
            attributes(reply, changed.and_then(|()| tree.attributes_of(number)));
        });
    }

    fn readlink(&self, _: &Request, number: INodeNo, reply: ReplyData) {
        match self.0.tree().node(number).map(|node| &node.content) {
            Ok(Content::Link(target)) => reply.data(target),
            Ok(Content::File(_) | Content::Folder(_)) => reply.error(Errno::EINVAL),
            Err(error) => reply.error(error),
        }
    }

    fn mkdir(&self, request: &Request, parent: INodeNo, name: &OsStr, mode: u32, umask: u32, reply: ReplyEntry) {
        let (name, wanted) = (name.to_owned(), wanted(request, mode, umask));
        self.0.carry_out(Call::Create, move |shared| {
            let mut tree = shared.tree();
            let created = tree.create(parent, &name, Content::Folder(BTreeMap::new()), wanted);
            entry(reply, created.and_then(|number| tree.attributes_of(number)));
        });
    }

    fn create(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _: i32,
        reply: ReplyCreate,
    ) {
        let (name, wanted) = (name.to_owned(), wanted(request, mode, umask));
        self.0.carry_out(Call::Create, move |shared| {
            let mut tree = shared.tree();
            let created = tree.create(parent, &name, Content::File(Vec::new()), wanted);
            match created.and_then(|number| tree.attributes_of(number)) {
                Ok(attributes) => reply.created(&UNCACHED, &attributes, FIRST, FileHandle(0), FopenFlags::empty()),
                Err(error) => reply.error(error),
            }
        });
    }

    fn symlink(&self, request: &Request, parent: INodeNo, name: &OsStr, target: &Path, reply: ReplyEntry) {
        let target = Content::Link(target.as_os_str().as_bytes().to_vec());
        let (name, wanted) = (name.to_owned(), wanted(request, 0o777, 0));
        self.0.carry_out(Call::Create, move |shared| {
            let mut tree = shared.tree();
            let created = tree.create(parent, &name, target, wanted);
            entry(reply, created.and_then(|number| tree.attributes_of(number)));
        });
    }

    fn link(&self, _: &Request, number: INodeNo, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let name = name.to_owned();
        self.0.carry_out(Call::Create, move |shared| {
            let mut tree = shared.tree();
            let linked = tree.link(number, parent, &name);
            entry(reply, linked.and_then(|()| tree.attributes_of(number)));
        });
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let name = name.to_owned();
        self.0.carry_out(Call::Remove, move |shared| empty(reply, shared.tree().remove(parent, &name)));
    }

    fn rmdir(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        self.unlink(request, parent, name, reply);
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        new_parent: INodeNo,
        new_name: &OsStr,
        _: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let (name, new_name) = (name.to_owned(), new_name.to_owned());
        self.0.carry_out(Call::Rename, move |shared| {
            empty(reply, shared.tree().rename((parent, &name), (new_parent, &new_name)));
        });
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        self.0.carry_out(Call::Open, move |_| reply.opened(FileHandle(0), FopenFlags::empty()));
    }

    fn read(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        self.0.carry_out(Call::Read, move |shared| match read(&mut shared.tree(), number, offset, size) {
            Ok(bytes) => reply.data(&bytes),
            Err(error) => reply.error(error),
        });
    }

    fn write(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let data = data.to_vec();
        self.0.carry_out(Call::Write, move |shared| match shared.tree().write(number, offset, &data) {
            Ok(()) => reply.written(u32::try_from(data.len()).unwrap_or(u32::MAX)),
            Err(error) => reply.error(error),
        });
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.0.carry_out(Call::Sync, move |_| reply.ok());
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.0.carry_out(Call::Sync, move |_| reply.ok());
    }

    fn readdir(&self, _: &Request, number: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        self.0.carry_out(Call::List, move |shared| {
            let entries = match shared.tree().entries(number) {
                Ok(entries) => entries,
                Err(error) => return reply.error(error),
            };
            let own = [".", ".."].map(|name| (name.into(), number.0, FileType::Directory));
            let all = own.into_iter().chain(entries).enumerate().skip(usize::try_from(offset).unwrap_or(usize::MAX));
            for (place, (name, number, kind)) in all {
                if reply.add(INodeNo(number), place as u64 + 1, kind, name) {
                    break;
                }
            }
            reply.ok();
        });
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        let blocks = 1_000_000;
        reply.statfs(blocks, blocks, blocks, blocks, blocks, 4096, 255, 4096);
    }
}
