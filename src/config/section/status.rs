//! `status`: the address of the status server, and the names under which it answers.

use std::net::SocketAddr;

use crate::{
    config::{
        diagnostics::{Diagnostics, Location},
        path_conflicts::PathConflicts,
        path_use::Purpose,
        reader::{Field, Text},
        value::path,
    },
    status::{AllowedHosts, HostPattern, Listen},
};

/// The section, checked.
#[derive(Debug, Default)]
pub(in crate::config) struct StatusSettings {
    pub(in crate::config) listen: Option<Listen>,
    pub(in crate::config) hosts: AllowedHosts,
    pub(in crate::config) instance: Option<String>,
}

/// Reads the section. Returns no address only if it recorded a mistake.
pub(in crate::config) fn read(
    field: &Field,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> StatusSettings {
    let Some(mut fields) = field.fields(diagnostics) else { return StatusSettings::default() };
    let listen = fields.require("listen", REMEDY, diagnostics).and_then(|field| listen(&field, conflicts, diagnostics));
    let hosts = fields.take("hosts", diagnostics).map(|field| hosts(&field, diagnostics)).unwrap_or_default();
    let text = fields.take("instance", diagnostics).and_then(|field| field.text(diagnostics));
    let instance = text.and_then(|text| instance(&text, diagnostics));
    fields.finish(diagnostics);
    StatusSettings { listen, hosts: AllowedHosts::new(hosts), instance }
}

/// Reads the name of this daemon from the environment, which the file overrides: a unit sets it for all of its instances.
pub(in crate::config) fn instance_of_environment(diagnostics: &mut Diagnostics) -> Option<String> {
    let value = diagnostics.setting(INSTANCE_VARIABLE)?;
    instance(&Text::outside(&value, Location::Variable(INSTANCE_VARIABLE)), diagnostics)
}

fn instance(text: &Text, diagnostics: &mut Diagnostics) -> Option<String> {
    let is_legal = (1..=INSTANCE_BYTES_MAX).contains(&text.value.len())
        && text.value.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.value.chars().all(|letter| letter.is_ascii_alphanumeric() || INSTANCE_MARKS.contains(letter));
    if !is_legal {
        let remedy =
            format!("use letters, digits and `{INSTANCE_MARKS}`, at most {INSTANCE_BYTES_MAX}, such as `blue`");
        diagnostics.mistake(&text.location, format!("{} is not a name", text.shown()), remedy);
        return None;
    }
    Some(text.value.clone())
}

fn hosts(field: &Field, diagnostics: &mut Diagnostics) -> Vec<HostPattern> {
    if field.is_empty_list() {
        diagnostics.mistake(&field.location, "it is empty", NO_HOST);
    }
    let mut patterns: Vec<HostPattern> = Vec::new();
    for item in field.items(diagnostics) {
        let Some(text) = item.text(diagnostics) else { continue };
        match HostPattern::parse(&text.value) {
            Ok(pattern) if patterns.contains(&pattern) => {
                diagnostics.mistake(&text.location, format!("{} is there twice", text.shown()), "remove one of them");
            }
            Ok(pattern) => patterns.push(pattern),
            Err(why) => diagnostics.mistake(&text.location, format!("{} is {why}", text.shown()), why.remedy()),
        }
    }
    patterns
}

fn listen(field: &Field, conflicts: &mut PathConflicts, diagnostics: &mut Diagnostics) -> Option<Listen> {
    let text = field.text(diagnostics)?;
    if text.value == "systemd" {
        return Some(Listen::Systemd);
    }
    if let Some(socket) = text.strip_prefix("unix:") {
        if !socket.value.starts_with('/') {
            let relative = || (format!("{} is not an absolute path", text.shown()), RELATIVE_SOCKET.to_owned());
            let (what, remedy) = path::unexpanded(&socket).unwrap_or_else(relative);
            diagnostics.mistake(&text.location, what, remedy);
            return None;
        }
        let path = path::file_of(&socket, diagnostics)?;
        if path.as_os_str().len() > SOCKET_PATH_BYTES_MAX {
            let remedy = format!("at most {SOCKET_PATH_BYTES_MAX} bytes, the kernel's limit for socket paths");
            diagnostics.mistake(&text.location, "the path is too long", remedy);
            return None;
        }
        conflicts.record(Purpose::StatusSocket, Some(&path), &text.location);
        return Some(Listen::Unix(path));
    }
    if let Ok(address) = text.value.parse::<SocketAddr>() {
        return Some(Listen::Address(address));
    }
    diagnostics.mistake(&text.location, format!("{} is not an address with a port", text.shown()), remedy(&text.value));
    None
}

/// Suggests a correction of an address.
fn remedy(value: &str) -> String {
    let port = value.rsplit(':').next().filter(|port| port.parse::<u16>().is_ok());
    match (port, value.strip_prefix("localhost:")) {
        (Some(port), Some(_)) => format!("write `127.0.0.1:{port}`"),
        (Some(port), None) if value.len() <= port.len() + 1 => {
            format!("write `0.0.0.0:{port}` for every interface, or `127.0.0.1:{port}` for this machine only")
        }
        (Some(_) | None, _) => REMEDY.to_owned(),
    }
}

const NO_HOST: &str = "list the host names of the reverse proxy, such as `[status.corp.example]`, or remove the line";
const RELATIVE_SOCKET: &str = "write `unix:` and an absolute path";
const REMEDY: &str = "write something like `0.0.0.0:9465`, `unix:/run/tokenwell/status.sock` or `systemd`";

/// The bound on the name of a daemon, which is a label of a metric.
pub(in crate::config) const INSTANCE_BYTES_MAX: usize = 64;
/// What such a name may have besides letters and digits: what systemd has in the name of an instance.
const INSTANCE_MARKS: &str = "-_.:@\\";
const INSTANCE_VARIABLE: &str = "TOKENWELL_INSTANCE";

/// The kernel's limit, without the terminating zero.
pub(in crate::config) const SOCKET_PATH_BYTES_MAX: usize = 107;
