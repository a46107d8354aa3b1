//! The remaining rights of a confined thread. Both confinements apply to one thread only, so a test can try them on a
//! thread.

use std::{
    fs, io,
    os::unix::{fs::symlink, net::UnixListener},
    path::Path,
    process::Command,
    sync::mpsc,
    thread,
};

use tokenwell::{
    config::{self, ConfigSource, Environment},
    confine::Confinement,
};

use crate::{common::secret_volume::SecretVolume, setting::Setting};

/// Runs `work` in a thread that is confined to the needs of the setting's configuration.
fn confined<T: Send>(setting: &Setting, work: impl FnOnce() -> T + Send) -> T {
    let file = setting.path("tokenwell.yaml");
    let config = config::load(&ConfigSource::file(&file), &Environment::default()).unwrap().config;
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            Confinement::begin(&config, Some(&file), Vec::new()).unwrap();
            work()
        });
        thread.join().unwrap()
    })
}

fn is_refused<T>(result: io::Result<T>) -> bool {
    result.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

#[test]
fn files_elsewhere_cannot_be_read_nor_made_nor_changed() {
    let setting = Setting::with(&["a"]);
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("file");
    fs::write(&file, "theirs").unwrap();
    let link = setting.path("out/link");
    symlink(&file, &link).unwrap();
    confined(&setting, || {
        assert!(is_refused(fs::read(&file)) && is_refused(fs::read(&link)));
        assert!(is_refused(fs::read_dir(elsewhere.path())));
        assert!(is_refused(fs::write(&file, "ours")) && is_refused(fs::write(&link, "ours")));
        assert!(is_refused(fs::write(elsewhere.path().join("new"), "")));
        assert!(is_refused(fs::create_dir(elsewhere.path().join("folder"))));
        assert!(is_refused(fs::remove_file(&file)));
        // The thread can write inside the folder, but cannot move files out of it.
        let out = setting.path("out/token");
        fs::write(&out, "").unwrap();
        assert!(fs::rename(&out, elsewhere.path().join("carried")).is_err());
        assert!(fs::hard_link(&file, setting.path("out/fetched")).is_err());
        assert!(is_refused(fs::write("/etc/tokenwell-was-here", "")));
        assert!(is_refused(fs::write("/usr/tokenwell-was-here", "")));
    });
    assert_eq!(fs::read_to_string(&file).unwrap(), "theirs");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
}

#[test]
fn no_program_is_run_and_no_other_process_is_looked_into() {
    let setting = Setting::with(&["a"]);
    let copy = setting.path("out/true");
    fs::copy("/bin/true", &copy).unwrap();
    let other = Command::new("/bin/sleep").arg("100").spawn();
    let mut other = other.unwrap();
    let memory = format!("/proc/{}/mem", other.id());
    confined(&setting, || {
        for program in [Path::new("/bin/true"), &copy] {
            assert!(is_refused(Command::new(program).status()), "{}", program.display());
        }
        assert!(fs::read(&memory).is_err());
        assert!(nix::sys::ptrace::attach(nix::unistd::Pid::from_raw(other.id().cast_signed())).is_err());
    });
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn within_the_folders_of_the_configuration_everything_goes() {
    let setting = Setting::with(&["a"]);
    confined(&setting, || {
        for folder in ["out", "state"] {
            let at = |name: &str| setting.path(&format!("{folder}/{name}"));
            fs::create_dir_all(at("deep/deeper")).unwrap();
            fs::write(at("new"), "text").unwrap();
            fs::rename(at("new"), at("deep/deeper/file")).unwrap();
            fs::File::options().write(true).truncate(true).open(at("deep/deeper/file")).unwrap();
            symlink("deep", at("link")).unwrap();
            drop(UnixListener::bind(at("socket")).unwrap());
            fs::read_dir(at("link/deeper")).unwrap();
            for file in ["link", "socket", "deep/deeper/file"] {
                fs::remove_file(at(file)).unwrap();
            }
            fs::remove_dir_all(at("deep")).unwrap();
        }
        fs::read(setting.path("keys/a")).unwrap();
        for file in ["/etc/passwd", "/proc/self/status", "/proc/self/stat", "/proc/1/stat", "/dev/null"] {
            fs::File::open(file).unwrap();
        }
        fs::write("/dev/null", "").unwrap();
    });
}

#[test]
fn a_recreated_folder_and_a_swapped_secret_still_work() {
    let mut setting = Setting::new();
    let key = setting.key("a");
    // The volume is in another folder, so the rights to the setting's folder do not apply.
    let elsewhere = tempfile::tempdir().unwrap();
    let mut volume = SecretVolume::new(&elsewhere.path().join("deep/mount"), &[("a", &key)]);
    let by_data = volume.path("..data/a");
    let path = setting.path("out/deep/a.jwt");
    fs::create_dir(setting.path("out/deep")).unwrap();
    let (key_file, output) = (by_data.display(), path.display());
    setting
        .configure(&format!("credentials: [{{name: a, accessKeyFile: {key_file}, outputs: [{{path: {output}}}]}}]\n"));
    let (ask, asked) = mpsc::channel::<&str>();
    let (tell, told) = mpsc::channel();
    let kubelet = thread::spawn(move || {
        for text in asked {
            volume.update(&[("a", text)]);
            tell.send(()).unwrap();
        }
    });
    let folder = setting.path("out/deep");
    confined(&setting, move || {
        fs::remove_dir(&folder).unwrap();
        fs::create_dir(&folder).unwrap();
        fs::write(&path, "again").unwrap();
        for text in ["second", "third"] {
            ask.send(text).unwrap();
            told.recv().unwrap();
            assert_eq!(fs::read_to_string(&by_data).unwrap(), text);
        }
    });
    kubelet.join().unwrap();
}
