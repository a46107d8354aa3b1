//! Whether a server could listen, for the doctor: bound without listening, so that nobody can connect to what is no server.

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

/// What a server would listen on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListenProbe {
    /// Nobody listens there, and it can be had.
    Free,
    /// The service manager has passed the socket.
    InheritedSocket,
}

/// Tries. The socket of a service manager is closed by it, so this is for a process that serves nothing itself. Blocks on the
/// disk.
pub fn listen_probe(listen: &Listen) -> Result<ListenProbe, ListenError> {
    match listen {
        Listen::Address(address) => probe_address(*address).map_err(|source| listen.refused(source)),
        Listen::Unix(path) => probe_path(listen, path),
        Listen::Systemd => InheritedSocket::default().socket().map(|_| ListenProbe::InheritedSocket),
    }
}

/// With the option that a server's socket has, so that connections of an earlier server that are still closing do not count.
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
    // What is missing of its folder would be made.
    let folder = path.ancestors().skip(1).find(|folder| fs::symlink_metadata(folder).is_ok());
    let folder = folder.unwrap_or(Path::new("/"));
    let bound = tempfile::Builder::new().prefix(PROBE_PREFIX).make_in(folder, |path| UnixListener::bind(path));
    bound.map(|_| ListenProbe::Free).map_err(refused)
}

/// Short, for the paths of sockets have a hundred bytes or so.
const PROBE_PREFIX: &str = ".tw";

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn probed(listen: &Listen) -> String {
        listen_probe(listen).map_or_else(|error| error.to_string(), |probe| format!("{probe:?}"))
    }

    #[test]
    fn an_address_is_free_until_somebody_listens_there_and_again_afterwards() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = Listen::Address(listener.local_addr().unwrap());
        assert!(probed(&listen).contains("another program listens there"), "{}", probed(&listen));
        drop(listener);
        assert_eq!(probed(&listen), "Free");
        assert_eq!(probed(&listen), "Free", "looking takes nothing");
        assert!(probed(&Listen::Address("192.0.2.1:1".parse().unwrap())).contains("does not have that address"));
    }

    #[test]
    fn a_path_is_free_where_a_socket_could_be_made_or_a_dead_one_stands() {
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
        assert!(path.exists(), "it is for the daemon to replace it");
        fs::remove_file(&path).unwrap();
        fs::write(&path, "").unwrap();
        assert!(probed(&listen).contains("there is a file that is no socket"), "{}", probed(&listen));
        assert!(probed(&Listen::Unix(path.join("socket"))).contains("cannot serve"), "{}", probed(&listen));
        assert!(probed(&Listen::Systemd).contains("none was passed"));
    }
}
