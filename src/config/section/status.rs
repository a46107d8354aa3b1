//! `status`: where status is served.

use std::net::SocketAddr;

use crate::{
    config::{
        notes::Notes,
        reader::{Field, Text},
        uses::{Purpose, Uses},
        value::path,
    },
    status::Listen,
};

/// Reads the section; `None` only together with a mistake.
pub(in crate::config) fn read(field: &Field, uses: &mut Uses, notes: &mut Notes) -> Option<Listen> {
    let mut fields = field.fields(notes)?;
    let listen = fields.require("listen", REMEDY, notes).and_then(|field| listen(&field, uses, notes));
    fields.finish(notes);
    listen
}

fn listen(field: &Field, uses: &mut Uses, notes: &mut Notes) -> Option<Listen> {
    let text = field.text(notes)?;
    if text.value == "systemd" {
        return Some(Listen::Systemd);
    }
    if let Some(socket) = text.value.strip_prefix("unix:") {
        if !socket.starts_with('/') {
            let what = format!("{} is not an absolute path", text.shown());
            notes.mistake(&text.spot, what, "write `unix:` and a path from `/` on");
            return None;
        }
        let path = path::file_of(&Text::outside(socket, text.spot.clone()), notes)?;
        if path.as_os_str().len() > SOCKET_PATH_BYTES_MAX {
            let remedy = format!("at most {SOCKET_PATH_BYTES_MAX} bytes: the kernel takes no longer ones for sockets");
            notes.mistake(&text.spot, "the path is too long", remedy);
            return None;
        }
        uses.note(Purpose::StatusSocket, Some(&path), &text.spot);
        return Some(Listen::Unix(path));
    }
    if let Ok(address) = text.value.parse::<SocketAddr>() {
        return Some(Listen::Address(address));
    }
    notes.mistake(&text.spot, format!("{} is no address with a port", text.shown()), remedy(&text.value));
    None
}

/// What was probably meant.
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

const REMEDY: &str = "write such as `0.0.0.0:9465`, `unix:/run/tokenwell/status.sock` or `systemd`";

/// Of the kernel, less the zero at the end.
const SOCKET_PATH_BYTES_MAX: usize = 107;
