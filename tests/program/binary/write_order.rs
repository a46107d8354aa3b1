//! The order in which a write shows to programs that watch the folder. It is part of the contract: docs/how-it-works.md.

use std::{mem::MaybeUninit, os::fd::OwnedFd, path::Path};

use rustix::{
    fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags},
    io::Errno,
};

use crate::{
    program::{Program, once},
    setting::Setting,
};

#[test]
fn a_plain_file_is_renamed_and_then_closed_under_its_name() {
    // Where the mode is the one of a new file already, it is not set. The owner that the file has already is not set either.
    let with_its_mode = [("ATTRIB", "..a.jwt.*.tokenwell")];
    for (attributes, set) in [("mode: \"0640\"", &with_its_mode[..]), ("mode: \"0600\"", &[]), (&owned_by_us(), &[])] {
        let mut setting = Setting::new();
        let output = setting.path("out/a.jwt");
        let events = events_of_a_renewal(&mut setting, &format!("{{path: {}, {attributes}}}", output.display()), "");
        let mut wanted = vec![("CREATE", "..a.jwt.*.tokenwell"), ("MODIFY", "..a.jwt.*.tokenwell")];
        wanted.extend(set);
        wanted.extend([("MOVED_FROM", "..a.jwt.*.tokenwell"), ("MOVED_TO", "a.jwt"), ("CLOSE_WRITE", "a.jwt")]);
        assert_eq!(events, as_texts(&wanted), "{attributes}");
    }
}

#[test]
fn a_set_is_filled_and_then_swapped_by_its_link() {
    let mut setting = Setting::new();
    let (output, out) = (setting.path("out/a.jwt"), setting.path("out"));
    let set = format!("sets: [{{directory: {}, keepPrevious: 0s}}]\n", out.display());
    let events = events_of_a_renewal(&mut setting, &format!("{{path: {}}}", output.display()), &set);
    let wanted = [
        ("CREATE", "..GENERATION"),
        ("ATTRIB", "..GENERATION"),
        ("CREATE", "..data_tmp.*"),
        ("MOVED_FROM", "..data_tmp.*"),
        ("MOVED_TO", "..data"),
        ("DELETE", "..GENERATION"),
    ];
    assert_eq!(events, as_texts(&wanted));
}

/// Writes a token, and returns the events of the folder while another one is written in its place.
fn events_of_a_renewal(setting: &mut Setting, output: &str, rest: &str) -> Vec<String> {
    let write = |setting: &mut Setting, key: &str| {
        setting.put_key("a", key);
        let ended = Program::start(&mut once(&setting.path(""), "20s")).ended();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        setting.clean(&ended);
    };
    let key = setting.path("keys/a");
    let credential = format!("{{name: a, accessKeyFile: {}, outputs: [{output}]}}", key.display());
    setting.configure(&format!("{rest}credentials: [{credential}]\n"));
    write(setting, "first");
    let watch = Watch::on(&setting.path("out"));
    write(setting, "second");
    watch.events()
}

/// The events of a folder, in their order.
struct Watch(OwnedFd);

impl Watch {
    fn on(folder: &Path) -> Self {
        let queue = inotify::init(CreateFlags::NONBLOCK).unwrap();
        let changes = WatchFlags::CREATE
            | WatchFlags::MODIFY
            | WatchFlags::ATTRIB
            | WatchFlags::MOVE
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::DELETE;
        inotify::add_watch(&queue, folder, changes).unwrap();
        Self(queue)
    }

    /// Returns everything that is queued: the process that caused it has ended.
    fn events(&self) -> Vec<String> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(&self.0, &mut buffer);
        let mut events = Vec::new();
        loop {
            match reader.next() {
                Ok(event) => {
                    let name = event.file_name().unwrap_or_default().to_str().unwrap();
                    events.push(format!("{} {}", kind(event.events()), without_chance(name)));
                }
                Err(Errno::AGAIN) => return events,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

fn kind(events: ReadFlags) -> &'static str {
    let kinds = [
        (ReadFlags::CREATE, "CREATE"),
        (ReadFlags::MODIFY, "MODIFY"),
        (ReadFlags::ATTRIB, "ATTRIB"),
        (ReadFlags::MOVED_FROM, "MOVED_FROM"),
        (ReadFlags::MOVED_TO, "MOVED_TO"),
        (ReadFlags::CLOSE_WRITE, "CLOSE_WRITE"),
        (ReadFlags::DELETE, "DELETE"),
    ];
    kinds.iter().find(|(flag, _)| events.contains(*flag)).map_or("another one", |(_, name)| name)
}

/// Replaces the random part of a name, and the time in the name of a generation.
fn without_chance(name: &str) -> String {
    if let Some(output) = name.strip_suffix(".tokenwell") {
        format!("{}.*.tokenwell", output.rsplit_once('.').unwrap().0)
    } else if name.starts_with("..data_tmp.") {
        "..data_tmp.*".to_owned()
    } else if name.starts_with("..2") {
        "..GENERATION".to_owned()
    } else {
        name.to_owned()
    }
}

fn as_texts(events: &[(&str, &str)]) -> Vec<String> {
    events.iter().map(|(kind, name)| format!("{kind} {name}")).collect()
}

fn owned_by_us() -> String {
    format!("mode: \"0600\", owner: \"{}\", group: \"{}\"", nix::unistd::geteuid(), nix::unistd::getegid())
}
