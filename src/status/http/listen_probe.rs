//! Checks for the doctor whether a server could listen, without listening, so that no client can connect meanwhile.

use std::{
    fs, io,
    net::SocketAddr,
    os::unix::{fs::FileTypeExt as _, net::UnixListener},
    path::Path,
};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, socket_with, sockopt};

use super::{
    listen::{Listen, ListenError},
    listener::InheritedSocket,
    unix_socket::is_served,
};

/// The result of a successful probe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListenProbe {
    /// The address is free.
    Free,
    /// The service manager passed a socket.
    InheritedSocket,
}

/// Probes an address. This closes an inherited socket, so only a process that does not serve may call it. Blocks on the
/// disk.
pub fn listen_probe(listen: &Listen) -> Result<ListenProbe, ListenError> {
    match listen {
        Listen::Address(address) => probe_address(*address).map_err(|source| listen.refused(source)),
        Listen::Unix(path) => probe_path(listen, path),
        Listen::Systemd => InheritedSocket::default().socket().map(|_| ListenProbe::InheritedSocket),
    }
}

/// Binds with `SO_REUSEADDR`, as the server does, so that closing connections of an earlier server do not count.
fn probe_address(address: SocketAddr) -> io::Result<ListenProbe> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &address)?;
    Ok(ListenProbe::Free)
}

fn probe_path(listen: &Listen, path: &Path) -> Result<ListenProbe, ListenError> {
    let refused = |source| listen.refused(source);
    SocketAddrUnix::new(path).map_err(|errno| refused(errno.into()))?;
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => return Err(ListenError::NoSocket(listen.clone())),
        Ok(_) if is_served(path).map_err(refused)? => return Err(ListenError::InUse(listen.clone())),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(refused(error)),
    }
    // Missing folders would be created.
    let folder = path.ancestors().skip(1).find(|folder| fs::symlink_metadata(folder).is_ok());
    let folder = folder.unwrap_or(Path::new("/"));
    let bound = tempfile::Builder::new().prefix(PROBE_PREFIX).make_in(folder, |path| UnixListener::bind(path));
    bound.map(|_| ListenProbe::Free).map_err(refused)
}

/// Short, because socket paths are limited to about a hundred bytes.
const PROBE_PREFIX: &str = ".tw";

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn probed(listen: &Listen) -> String {
        listen_probe(listen).map_or_else(|error| error.to_string(), |probe| format!("{probe:?}"))
    }

    #[test]
    fn an_address_is_free_unless_a_program_listens_there() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = Listen::Address(listener.local_addr().unwrap());
        assert!(probed(&listen).contains("another program listens there"), "{}", probed(&listen));
        drop(listener);
        assert_eq!(probed(&listen), "Free");
        assert_eq!(probed(&listen), "Free", "a probe keeps nothing");
        assert!(probed(&Listen::Address("192.0.2.1:1".parse().unwrap())).contains("does not have that address"));
    }

    #[test]
    fn a_path_is_free_if_it_is_missing_or_a_dead_socket() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/down/socket");
        assert_eq!(probed(&Listen::Unix(path)), "Free");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let listen = Listen::Unix(path.clone());
        assert!(probed(&listen).contains("another program listens there"), "{}", probed(&listen));
        drop(listener);
        assert_eq!(probed(&listen), "Free");
        assert!(path.exists(), "only the daemon replaces it");
        fs::remove_file(&path).unwrap();
        fs::write(&path, "").unwrap();
        assert!(probed(&listen).contains("a file that is not a socket is there"), "{}", probed(&listen));
        assert!(probed(&Listen::Unix(path.join("socket"))).contains("cannot serve"), "{}", probed(&listen));
        assert!(probed(&Listen::Systemd).contains("none was passed"));
    }
}
