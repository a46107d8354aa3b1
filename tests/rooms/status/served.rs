//! A daemon with a status server.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::{
    client::Server,
    program::{Program, run, within},
    setting::{QUICK, Setting},
    stopped::is_stopped,
};

/// Writes a configuration that serves status at `listen`, followed by `rest`.
pub(crate) fn configure(setting: &Setting, listen: &str, rest: &str) {
    setting.configure_with(QUICK, &format!("status: {{listen: \"{listen}\"}}\n{rest}"));
}

/// Returns a setting with these credentials that serves status on a free loopback port.
pub(crate) fn setting(names: &[&str]) -> Setting {
    let setting = Setting::with(names);
    configure(&setting, FREE_PORT, &setting.named(names));
    setting
}

/// Starts the daemon, and waits for the address of its status server.
pub(crate) fn start(setting: &Setting) -> (Program, Server) {
    let program = Program::start(&mut run(&setting.path("")));
    let server = server(setting, &program);
    (program, server)
}

/// Starts the daemon, and waits until every token is on disk.
pub(crate) fn ready(setting: &Setting) -> (Program, Server) {
    let (program, server) = start(setting);
    program.until_said("ready: every required token is on disk", 1);
    (program, server)
}

/// Returns the address of the process's status server, from its status file.
pub(crate) fn server(setting: &Setting, program: &Program) -> Server {
    within("the address of the server", || {
        let file = status_file(&setting.path("state"))?;
        let of_this = file["processId"] == program.pid();
        file["statusAddress"].as_str().filter(|_| of_this).map(Server::named)
    })
}

pub(crate) fn status_file(state: &Path) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(state.join("status.json")).ok()?).ok()
}

/// Waits until `/status` matches `wanted`, and returns it.
pub(crate) fn until(server: &Server, what: &str, mut wanted: impl FnMut(&Value) -> bool) -> Value {
    within(what, || {
        let status = serde_json::from_str(&server.get("/status").body).unwrap();
        wanted(&status).then_some(status)
    })
}

pub(crate) fn credential<'a>(status: &'a Value, name: &str) -> &'a Value {
    status["credentials"].as_array().unwrap().iter().find(|credential| credential["name"] == name).unwrap()
}

/// A socket of a process.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) port: u16,
    /// Whether the socket listens. Otherwise it is a connection.
    pub(crate) listens: bool,
}

/// Returns the TCP sockets of the process. The kernel may list a socket twice while others open and close.
pub(crate) fn sockets(program: &Program) -> Vec<Socket> {
    let links = fs::read_dir(format!("/proc/{}/fd", program.pid())).unwrap();
    let inodes: HashSet<String> = links
        .filter_map(|fd| fs::read_link(fd.unwrap().path()).ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let tables = ["tcp", "tcp6"].map(|table| fs::read_to_string(format!("/proc/net/{table}")).unwrap_or_default());
    let ours = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let port = u16::from_str_radix(fields.get(1)?.rsplit(':').next()?, 16).ok()?;
        let inode = inodes.get(*fields.get(9)?)?.clone();
        Some((inode, Socket { port, listens: fields[3] == "0A" }))
    };
    let by_inode: HashMap<_, _> = tables.iter().flat_map(|table| table.lines()).filter_map(ours).collect();
    by_inode.into_values().collect()
}

/// Counts the connections of clients to the status server of the process. The process is stopped meanwhile: descriptors
/// are read one by one, so connections that open and close would inflate the count.
pub(crate) fn connections(program: &Program, server: &Server) -> usize {
    program.signal(Signal::SIGSTOP);
    within("it stands still", || is_stopped(program.pid()).then_some(()));
    let of_server = |socket: &&Socket| !socket.listens && socket.port == server.port();
    let count = sockets(program).iter().filter(of_server).count();
    program.signal(Signal::SIGCONT);
    count
}

/// Returns the ports on which the process listens.
pub(crate) fn listens_at(program: &Program) -> Vec<u16> {
    sockets(program).iter().filter(|socket| socket.listens).map(|socket| socket.port).collect()
}

pub(crate) const FREE_PORT: &str = "127.0.0.1:0";
