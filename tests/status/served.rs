//! A daemon that serves its status.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    client::Server,
    program::{Program, run, within},
    setting::{QUICK, Setting},
};

/// A setting whose configuration serves status there, besides the rest.
pub(crate) fn configure(setting: &Setting, listen: &str, rest: &str) {
    setting.configure_with(QUICK, &format!("status: {{listen: \"{listen}\"}}\n{rest}"));
}

/// Credentials of these names, served on a free port of loopback.
pub(crate) fn setting(names: &[&str]) -> Setting {
    let setting = Setting::with(names);
    configure(&setting, FREE_PORT, &setting.named(names));
    setting
}

/// The daemon, and its server as soon as it says where that is.
pub(crate) fn start(setting: &Setting) -> (Program, Server) {
    let program = Program::start(&mut run(&setting.path("")));
    let server = server(setting, &program);
    (program, server)
}

/// The same when every token is on disk.
pub(crate) fn ready(setting: &Setting) -> (Program, Server) {
    let (program, server) = start(setting);
    program.until_said("ready: every required token is on disk", 1);
    (program, server)
}

/// Where this very process serves status, as its status file says.
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

/// `/status` as soon as it is as wanted.
pub(crate) fn until(server: &Server, what: &str, mut wanted: impl FnMut(&Value) -> bool) -> Value {
    within(what, || {
        let status = serde_json::from_str(&server.get("/status").body).unwrap();
        wanted(&status).then_some(status)
    })
}

pub(crate) fn credential<'a>(status: &'a Value, name: &str) -> &'a Value {
    status["credentials"].as_array().unwrap().iter().find(|credential| credential["name"] == name).unwrap()
}

pub(crate) const FREE_PORT: &str = "127.0.0.1:0";
