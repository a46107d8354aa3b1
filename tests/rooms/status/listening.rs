//! Listening addresses: at the start, after a reload, on a Unix socket, and on an inherited socket.

use std::{
    fs,
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        net::UnixListener,
    },
    process::Command,
};

use crate::{
    client::Server,
    program::{Program, TOKENWELL, once, run},
    served::{FREE_PORT, configure, listens_at, ready, server, setting, start},
    setting::Setting,
};

#[test]
fn an_address_in_use_at_the_start_costs_no_token() {
    let setting = setting(&["a"]);
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    configure(&setting, &address, &setting.named(&["a"]));
    let program = setting.ready();
    let wanted = format!(
        "status is not served, renewals go on: cannot serve status at `{address}`: another program listens there; stop it, \
         or change `status.listen`; it is "
    );
    program.until_said(&wanted, 1);
    assert_eq!((setting.sandbox.counters().exchanges, listens_at(&program)), (1, Vec::new()));
    let ended = Program::start(&mut once(&setting.path(""), "30s")).ended();
    assert_eq!(ended.code, Some(0), "`once` leaves the port to the daemon: {}", ended.stderr);
    assert_eq!(program.stop().code, Some(0));
}

#[test]
fn an_address_of_another_machine_is_reported() {
    let setting = setting(&["a"]);
    configure(&setting, "192.0.2.1:9465", &setting.named(&["a"]));
    let program = setting.ready();
    program.until_said("this machine does not have that address", 1);
    assert_eq!(program.stop().code, Some(0));
}

#[test]
fn a_reload_moves_it_and_takes_it_away() {
    let setting = setting(&["a"]);
    let (program, first) = ready(&setting);
    assert_eq!(listens_at(&program), [first.port()]);
    // The reload moves from one address to every address on the same port. The daemon keeps the port throughout,
    // because another process could take a released port.
    configure(&setting, &format!("0.0.0.0:{}", first.port()), &setting.named(&["a"]));
    program.until_said("status is served", 2);
    assert_eq!(first.get("/readyz").status, 200);
    let socket = setting.path("s/status.sock");
    configure(&setting, &format!("unix:{}", socket.display()), &setting.named(&["a"]));
    program.until_said("status is served", 3);
    let second = Server::Unix(socket.clone());
    assert_eq!(second.get("/readyz").status, 200);
    assert_eq!(listens_at(&program), [0; 0], "it does not listen where it did");
    configure(&setting, FREE_PORT, &setting.named(&["a"]));
    program.until_said("status is served", 4);
    assert!(!socket.exists());
    assert_eq!(listens_at(&program).len(), 1);
    setting.configure(&setting.named(&["a"]));
    program.until_said("status is no longer served", 1);
    assert_eq!(listens_at(&program), [0; 0]);
    assert_eq!(program.stop().code, Some(0));
}

#[test]
fn a_reload_to_an_address_in_use_keeps_the_old_one_and_says_so() {
    let setting = setting(&["a"]);
    let (program, server) = ready(&setting);
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    configure(&setting, &other.local_addr().unwrap().to_string(), &setting.named(&["a"]));
    program.until_said("status stays served at http://127.0.0.1:", 1);
    let status = server.get("/status").body;
    assert!(status.contains("another program listens there; stop it, or change `status.listen`"), "{status}");
    drop(other);
    program.signal(nix::sys::signal::Signal::SIGHUP);
    program.until_said("status is served", 2);
}

#[test]
fn a_unix_socket_is_for_its_group_and_goes_with_the_process() {
    let setting = setting(&["a"]);
    let path = setting.path("run/status.sock");
    configure(&setting, &format!("unix:{}", path.display()), &setting.named(&["a"]));
    let (program, server) = ready(&setting);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    assert_eq!(server.get("/readyz").status, 200);
    let elsewhere = "GET /readyz HTTP/1.1\r\nHost: any.name\r\nConnection: close\r\n\r\n";
    assert_eq!(server.ask(elsewhere).status, 200, "no browser gets there");
    let second = Program::start(&mut run(&setting.path("")));
    second.until_said("another program listens there", 1);
    assert_eq!(server.get("/readyz").status, 200, "another daemon does not take a living one's socket");
    assert_eq!(second.stop().code, Some(0));
    assert_eq!(server.get("/readyz").status, 200);
    program.signal(nix::sys::signal::Signal::SIGKILL);
    program.ended();
    assert!(path.exists(), "a killed process leaves it");
    let (program, server) = start(&setting);
    assert_eq!(server.get("/livez").status, 200);
    assert_eq!(program.stop().code, Some(0));
    assert!(!path.exists());
}

#[test]
fn a_removed_unix_socket_is_made_again() {
    let setting = setting(&["a"]);
    let path = setting.path("run/status.sock");
    configure(&setting, &format!("unix:{}", path.display()), &setting.named(&["a"]));
    let (program, server) = ready(&setting);
    let look = || program.signal(nix::sys::signal::Signal::SIGHUP);
    fs::remove_file(&path).unwrap();
    look();
    program.until_said("was removed by somebody else; it is made again", 1);
    assert_eq!(server.get("/readyz").status, 200);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    fs::remove_file(&path).unwrap();
    let other = UnixListener::bind(&path).unwrap();
    let inode = fs::metadata(&path).unwrap().ino();
    configure(&setting, &format!("unix:{}", path.display()), &setting.named(&["a", "b"]));
    program.until_said("the new configuration is in force", 1);
    assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
    assert_eq!(program.stop().code, Some(0));
    assert_eq!(fs::metadata(&path).unwrap().ino(), inode, "also at the end");
    drop(other);
}

#[test]
fn what_is_no_socket_is_not_replaced_by_one() {
    let setting = setting(&["a"]);
    setting.put("precious", "text");
    configure(&setting, &format!("unix:{}", setting.path("precious").display()), &setting.named(&["a"]));
    let program = setting.ready();
    program.until_said("a file that is not a socket is there", 1);
    assert_eq!(program.stop().code, Some(0));
    assert_eq!(fs::read_to_string(setting.path("precious")).unwrap(), "text");
}

#[test]
fn a_socket_that_the_service_manager_passed_is_used() {
    let setting = setting(&["a"]);
    configure(&setting, "systemd", &setting.named(&["a"]));
    let program = setting.ready();
    program.until_said("none was passed (`LISTEN_FDS`", 1);
    assert_eq!(program.stop().code, Some(0));

    // The script acts like the service manager: the socket is descriptor 3, and the variables name the process.
    let script = "import os, socket, sys\n\
                  s = socket.socket(socket.AF_INET)\n\
                  s.bind(('127.0.0.1', 0)); s.listen()\n\
                  os.dup2(s.fileno(), 3)\n\
                  os.set_inheritable(3, True)\n\
                  os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))\n\
                  os.execv(sys.argv[1], sys.argv[1:])";
    if !crate::tools::needs("python3") {
        return;
    }
    let mut command = Command::new("python3");
    command.args(["-c", script, TOKENWELL, "run", "--config"]).arg(setting.path("tokenwell.yaml"));
    let program = Program::start(&mut command);
    let first = server(&setting, &program);
    assert_eq!(first.get("/livez").status, 200);
    configure(&setting, FREE_PORT, &setting.named(&["a"]));
    program.until_said("status is served", 2);
    configure(&setting, "systemd", &setting.named(&["a"]));
    program.until_said("status is served", 3);
    assert_eq!(first.get("/livez").status, 200, "it is passed once, and is used again");
    assert_eq!(program.stop().code, Some(0));
}

#[test]
fn without_status_listen_nothing_listens() {
    let setting = Setting::with(&["a"]);
    let program = setting.ready();
    let file = crate::program::content(&setting.path("state/status.json"));
    assert_eq!(listens_at(&program), [0; 0]);
    assert!(file.contains("\"statusAddress\": null"), "{file}");
}
