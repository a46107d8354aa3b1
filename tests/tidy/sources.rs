//! The files of the project, as they stand on disk.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::uses::{Import, Named, Use, named};

/// A file below `src/` and what its code names.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Such as `src/exchange/reply/life.rs`.
    pub(crate) path: String,
    /// The module right below the crate's root: `exchange`.
    pub(crate) room: String,
    /// How many modules stand between it and the crate's root, itself included: 3.
    pub(crate) depth: usize,
    /// Its path from the crate's root: `exchange`, `reply`, `life`.
    pub(crate) module: Vec<String>,
    pub(crate) uses: Vec<Use>,
    /// The names in code alone, without the imports.
    pub(crate) in_code: Vec<Use>,
    pub(crate) imports: Vec<Import>,
}

impl Source {
    /// Every source file but those that hold only tests.
    pub(crate) fn all() -> &'static [Self] {
        static ALL: OnceLock<Vec<Source>> = OnceLock::new();
        ALL.get_or_init(Self::read_all)
    }

    fn read_all() -> Vec<Self> {
        let mut sources = Vec::new();
        let mut for_tests = BTreeSet::new();
        for path in files(Path::new("src")).into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs")) {
            let mut modules: Vec<_> =
                path.with_extension("").iter().skip(1).map(|part| part.to_string_lossy().into_owned()).collect();
            if modules.last().is_some_and(|last| last == "mod") {
                modules.pop();
            }
            let named = named(&text(&path.to_string_lossy()));
            let own: PathBuf = modules.iter().collect();
            for_tests.extend(named.test_modules.iter().map(|test| own.join(test)));
            let is_root = matches!(modules[0].as_str(), "lib" | "main");
            let (room, depth) = (modules[0].clone(), if is_root { 0 } else { modules.len() });
            let in_code = named.in_code().to_vec();
            let Named { uses, imports, .. } = named;
            let path = path.to_string_lossy().into_owned();
            sources.push((own, Self { path, room, depth, module: modules, uses, in_code, imports }));
        }
        sources.retain(|(module, _)| !for_tests.contains(module));
        sources.into_iter().map(|(_, source)| source).collect()
    }

    /// Whether it is this file, or in this folder: `src/exchange/`.
    pub(crate) fn is_in(&self, place: &str) -> bool {
        self.path == place || place.ends_with('/') && self.path.starts_with(place)
    }

    /// Its room as `ls src` shows it: `exchange/` or `secret.rs`.
    pub(crate) fn place(&self) -> String {
        if self.path.matches('/').count() == 1 { format!("{}.rs", self.room) } else { format!("{}/", self.room) }
    }
}

/// Every text of the project with its path. What editors and tools leave there is not the project's.
pub(crate) fn texts() -> impl Iterator<Item = (String, String)> {
    files(Path::new("")).into_iter().filter_map(|path| {
        let text = fs::read_to_string(root().join(&path)).ok()?;
        Some((path.to_string_lossy().into_owned(), text))
    })
}

/// One of them.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("cannot read `{path}`: {error}"))
}

/// The crates that the program is built from, as code calls them.
pub(crate) fn dependencies() -> BTreeSet<String> {
    let manifest = text("Cargo.toml");
    let section = manifest.split("\n[dependencies]\n").nth(1).and_then(|rest| rest.split("\n[").next());
    let lines = section.unwrap_or_default().lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| Some(line.split_once(" = ")?.0.replace('-', "_"))).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries =
        fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("cannot list `{}`: {error}", folder.display()));
    for entry in entries.flatten() {
        let path = folder.join(entry.file_name());
        let Ok(kind) = entry.file_type() else { continue };
        if LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if kind.is_dir() {
            found.extend(files(&path));
        } else if kind.is_file() {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

const LEFT_OUT: [&str; 6] = [".git", ".idea", ".vscode", "target", "Cargo.lock", ".pending-snap"];
