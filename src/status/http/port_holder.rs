//! Finds the process that listens at an address, for the message about an address in use.
//!
//! Any process may read the table of sockets with their users, but only a privileged one sees which process has a socket
//! open: <https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html>. A process under Landlock does not.

use std::{
    fmt,
    fs::{self, File},
    io::{BufRead, BufReader},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
};

use super::{listen::Listen, unix_socket};

/// The process at an address, as far as it is visible.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PortHolder {
    /// Its number and name.
    process: Option<(u32, String)>,
    /// The number of its user.
    user: u32,
}

/// The inode of a socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SocketId(pub(super) u64);

/// Finds the process that another program at this address belongs to; `own` is a socket of this process that does not
/// count. `None` if there is none, or if it is not visible.
pub fn port_holder(listen: &Listen, own: Option<SocketId>) -> Option<PortHolder> {
    match listen {
        Listen::Address(address) => {
            let sockets = ["tcp", "tcp6"].into_iter().flat_map(listening);
            let socket = sockets.filter(|socket| Some(socket.id) != own).find(|socket| socket.conflicts(*address))?;
            Some(PortHolder { process: process_with(socket.id), user: socket.user })
        }
        Listen::Unix(path) => {
            let (process, user) = unix_socket::listener(path)?;
            Some(PortHolder { process: process.map(|process| (process, name(process))), user })
        }
        Listen::Systemd => None,
    }
}

impl fmt::Display for PortHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.process {
            Some((number, name)) => write!(f, "it is process {number} (`{name}`) of user {}", self.user),
            None => write!(f, "it is a process of user {}, which `check --online` as root names", self.user),
        }
    }
}

/// A listening socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct ListeningSocket {
    address: SocketAddr,
    user: u32,
    id: SocketId,
}

impl ListeningSocket {
    /// Parses a line of `/proc/net/tcp` or `/proc/net/tcp6`; `None` if the socket does not listen.
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split_ascii_whitespace();
        let address = address(fields.nth(1)?)?;
        let state = fields.nth(1)?;
        let user = fields.nth(3)?.parse().ok()?;
        let inode = fields.nth(1)?.parse().ok()?;
        (state == LISTENS).then_some(Self { address, user, id: SocketId(inode) })
    }

    /// Whether it keeps another socket from listening at `wanted`.
    fn conflicts(&self, wanted: SocketAddr) -> bool {
        let (held, wanted_ip) = (self.address.ip().to_canonical(), wanted.ip().to_canonical());
        self.address.port() == wanted.port()
            && (held == wanted_ip || held.is_unspecified() || wanted_ip.is_unspecified())
    }
}

/// Returns the listening sockets of this network namespace. The kernel lists them before all others.
fn listening(table: &str) -> impl Iterator<Item = ListeningSocket> + use<> {
    let lines = File::open(format!("/proc/net/{table}")).ok().map(BufReader::new).into_iter().flat_map(BufRead::lines);
    lines.skip(1).map_while(|line| ListeningSocket::parse(&line.ok()?))
}

/// Parses the kernel's form of an address: each word of it, and the port, in hexadecimal.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |n: usize| u32::from_str_radix(ip.get(8 * n..8 * (n + 1))?, 16).ok().map(u32::to_ne_bytes);
    let ip = match ip.len() {
        8 => IpAddr::from(Ipv4Addr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(words.concat()).ok()?))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// Returns the process that has a socket open.
fn process_with(socket: SocketId) -> Option<(u32, String)> {
    let link = format!("socket:[{}]", socket.0);
    let processes = fs::read_dir("/proc").ok()?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let mut left = DESCRIPTORS_MAX;
    for process in processes.collect::<Vec<u32>>() {
        let Ok(descriptors) = fs::read_dir(format!("/proc/{process}/fd")) else { continue };
        for descriptor in descriptors.flatten() {
            left = left.checked_sub(1)?;
            if fs::read_link(descriptor.path()).is_ok_and(|target| target.as_path() == Path::new(&link)) {
                return Some((process, name(process)));
            }
        }
    }
    None
}

/// Returns the name of a process, `?` if it is hidden. Any program can choose its name, with any bytes.
fn name(process: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
    let name: String = name.trim_end().chars().filter(|char| !char.is_control() && *char != '`').collect();
    if name.is_empty() { "?".to_owned() } else { name }
}

/// `TCP_LISTEN` in the column of states.
const LISTENS: &str = "0A";

/// The search ends after so many descriptors: a tenth of a second at most.
const DESCRIPTORS_MAX: usize = 20_000;

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, os::unix::net::UnixListener, process};

    use super::*;

    #[test]
    fn lines_of_the_kernel_are_read() {
        let line =
            "   0: 0100007F:24F9 00000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 4242 1 0000";
        let socket = ListeningSocket::parse(line).unwrap();
        let wanted = ListeningSocket { address: "127.0.0.1:9465".parse().unwrap(), user: 33, id: SocketId(4242) };
        assert_eq!(socket, wanted);
        assert_eq!(ListeningSocket::parse(&line.replace(" 0A ", " 01 ")), None, "a connection");
        let everywhere = line.replace("0100007F", "00000000000000000000000000000000");
        assert_eq!(ListeningSocket::parse(&everywhere).unwrap().address, "[::]:9465".parse().unwrap());
        let loopback = line.replace("0100007F", "00000000000000000000000001000000");
        assert_eq!(ListeningSocket::parse(&loopback).unwrap().address, "[::1]:9465".parse().unwrap());
        for damaged in
            ["", "0:", "0: 0100007F", "0: x:24F9 0:0 0A 0:0 0:0 0 33 0 4242", "0: 01:24F9 0:0 0A 0 0 0 3 0 4"]
        {
            assert_eq!(ListeningSocket::parse(damaged), None, "{damaged}");
        }
    }

    #[test]
    fn an_address_is_held_by_itself_or_by_every_address() {
        for (held, wanted, conflicts) in [
            ("127.0.0.1:1", "127.0.0.1:1", true),
            ("0.0.0.0:1", "127.0.0.1:1", true),
            ("127.0.0.1:1", "0.0.0.0:1", true),
            ("[::]:1", "127.0.0.1:1", true),
            ("[::ffff:127.0.0.1]:1", "127.0.0.1:1", true),
            ("127.0.0.2:1", "127.0.0.1:1", false),
            ("0.0.0.0:2", "127.0.0.1:1", false),
        ] {
            let socket = ListeningSocket { address: held.parse().unwrap(), user: 0, id: SocketId(1) };
            assert_eq!(socket.conflicts(wanted.parse().unwrap()), conflicts, "{held} and {wanted}");
        }
    }

    #[test]
    fn this_process_is_found_at_its_address_and_its_path() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = Listen::Address(listener.local_addr().unwrap());
        let found = port_holder(&listen, None).unwrap();
        assert_eq!(found.process.as_ref().map(|(number, _)| *number), Some(process::id()));
        assert!(found.to_string().starts_with(&format!("it is process {} (`", process::id())), "{found}");
        drop(listener);
        assert_eq!(port_holder(&listen, None), None);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        assert_eq!(port_holder(&Listen::Unix(path.clone()), None), None);
        let listener = UnixListener::bind(&path).unwrap();
        assert_eq!(port_holder(&Listen::Unix(path.clone()), None), Some(found));
        drop(listener);
        assert_eq!(port_holder(&Listen::Unix(path), None), None);
    }
}
