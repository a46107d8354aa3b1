//! Creates Unix sockets at a path.

use std::{
    fs, io,
    os::{
        fd::OwnedFd,
        unix::{
            self,
            fs::{DirBuilderExt as _, FileTypeExt as _, PermissionsExt as _},
        },
    },
    path::{Path, PathBuf},
};

use rustix::{
    io::Errno,
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with, sockopt},
};

use super::listen::{Listen, ListenError};
use crate::file_id::FileId;

/// Creates a socket at a path. Replaces a socket that an ended process left.
pub(super) fn at_path(listen: &Listen, path: &Path) -> Result<(unix::net::UnixListener, SocketFile), ListenError> {
    let refused = |source| listen.refused(source);
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder).map_err(refused)?;
    }
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => return Err(ListenError::NoSocket(listen.clone())),
        Ok(_) if is_served(path).map_err(refused)? => return Err(ListenError::InUse(listen.clone())),
        Ok(_) => fs::remove_file(path).map_err(refused)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(refused(error)),
    }
    let socket = unix::net::UnixListener::bind(path).map_err(refused)?;
    fs::set_permissions(path, fs::Permissions::from_mode(SOCKET_MODE)).map_err(refused)?;
    let file = SocketFile::at(path).map_err(refused)?;
    Ok((socket, file))
}

/// Whether a server listens at a socket's path. Never waits for the server.
pub(super) fn is_served(path: &Path) -> io::Result<bool> {
    connected(path).map(|socket| socket.is_some())
}

/// Returns the number and the user of the process that listens at a path; no number if it is in another namespace. `None`
/// if no process listens there, or if that is not visible.
pub(super) fn listener(path: &Path) -> Option<(Option<u32>, u32)> {
    let peer = sockopt::socket_peercred(connected(path).ok()??).ok()?;
    let process = u32::try_from(peer.pid.as_raw_nonzero().get()).ok();
    Some((process, peer.uid.as_raw()))
}

/// Connects to the server at a path, if one listens there. A server whose queue is full counts, unconnected.
fn connected(path: &Path) -> io::Result<Option<OwnedFd>> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    match connect(&socket, &SocketAddrUnix::new(path)?) {
        Ok(()) | Err(Errno::AGAIN) => Ok(Some(socket)),
        Err(Errno::CONNREFUSED | Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The file of a Unix socket.
#[derive(Debug)]
pub(super) struct SocketFile {
    pub(super) path: PathBuf,
    id: FileId,
}

impl SocketFile {
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), id: FileId::of_name(path)? })
    }
}

impl Drop for SocketFile {
    /// Removes the file, unless another socket is at the path.
    fn drop(&mut self) {
        if FileId::of_name(&self.path).is_ok_and(|found| found == self.id) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

const SOCKET_MODE: u32 = 0o660;
const FOLDER_MODE: u32 = 0o750;
