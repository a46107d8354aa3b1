//! The walls of the house, checked in the sources: who may import whom, which room may touch clocks, files, the network
//! and secrets, and that what the documents say is what there is.
//!
//! A wall that is in the way may be moved: here, in the tour (`src/lib.rs`), and with the reason. Every door is in use:
//! an unused one is closed by `no_door_stands_open_unused`.

mod circles;
mod documents;
mod items;
mod manifest;
mod names;
mod setup;
mod skip_report;
mod skips;
mod sources;
mod tokens;
mod uses;
mod walls;
mod words;

use std::{collections::BTreeSet, path::Path};

use sources::{Source, texts};
use uses::Use;
use walls::{CRATES, PURE, ROOMS, WALLS};

#[test]
fn rooms_import_each_other_in_one_direction_only() {
    let mut faults = Faults::default();
    for (source, found) in all_uses() {
        let Some(other) = neighbour(source, found) else { continue };
        let allowed = ROOMS.iter().find(|(room, _)| *room == source.room).map_or(&[][..], |(_, allowed)| *allowed);
        if !allowed.contains(&other.as_str()) {
            let why =
                "`ROOMS` in tests/tidy/walls.rs says who may know whom, so that the rooms can be read in one order";
            faults.add(source, found, &format!("room `{}` must not import `{other}`", source.room), why);
        }
    }
    faults.none();

    let mut above = Vec::new();
    for (room, allowed) in ROOMS {
        let upwards: Vec<_> = allowed.iter().filter(|other| !above.contains(other)).collect();
        assert!(upwards.is_empty(), "in `ROOMS`, `{room}` imports {upwards:?}, which do not stand above it: a circle");
        above.push(room);
    }
    let rooms: BTreeSet<_> =
        Source::all().iter().map(|source| source.room.as_str()).filter(|room| *room != "lib").collect();
    assert_eq!(rooms, above.into_iter().copied().collect(), "rooms of src/, and of `ROOMS`");
}

#[test]
fn nothing_reaches_another_room_but_by_its_full_name() {
    let mut faults = Faults::default();
    for (source, found) in all_uses() {
        let climbs = found.name.split("::").take_while(|part| *part == "super").count();
        if climbs > 0 && climbs >= source.depth {
            let why = "`super` out of a room hides an import from `ROOMS`; write `crate::…`";
            faults.add(source, found, "a path leaves its room by `super`", why);
        }
        if matches!(found.name.as_str(), "crate" | "crate::*") {
            faults.add(source, found, "the whole crate is imported", "name the room: `crate::room`");
        }
    }
    faults.none();
}

#[test]
fn every_wall_stands() {
    let mut faults = Faults::default();
    for (source, found) in all_uses() {
        for wall in WALLS {
            if wall.keeps(found) && !wall.doors.iter().any(|door| source.is_in(door)) {
                faults.add(source, found, wall.rule, wall.why);
            }
        }
    }
    faults.none();
}

#[test]
fn every_crate_is_named_only_in_its_rooms() {
    let mut faults = Faults::default();
    for (source, found) in all_uses() {
        let Some((name, rooms)) = CRATES.iter().find(|(name, _)| found.name.contains("::") && *name == found.root())
        else {
            continue;
        };
        if !rooms.contains(&source.room.as_str()) {
            let why = format!("`CRATES` in tests/tidy/walls.rs keeps it to {rooms:?}");
            faults.add(source, found, &format!("crate `{name}` is named in room `{}`", source.room), &why);
        }
    }
    faults.none();
    let table: BTreeSet<_> = CRATES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(sources::dependencies(), table, "[dependencies] of Cargo.toml, and `CRATES`");
}

#[test]
fn the_core_knows_nothing_of_the_world() {
    let mut faults = Faults::default();
    for (source, found) in all_uses() {
        let of_the_world = matches!(found.root(), "std" | "core" | "alloc") && found.name.contains("::");
        if source.room == "renewal" && of_the_world && !PURE.iter().any(|pure| found.is_of(pure)) {
            let why =
                "what decides is pure: time is an argument, chance is seeded, and years can be simulated in seconds";
            faults.add(source, found, "the core names more than data, `PURE` in tests/tidy/walls.rs", why);
        }
    }
    faults.none();
}

#[test]
fn no_door_stands_open_unused() {
    let all: Vec<_> = all_uses().collect();
    let mut unused = Vec::new();
    for (room, allowed) in ROOMS {
        for other in *allowed {
            if !all
                .iter()
                .any(|(source, found)| source.room == *room && neighbour(source, found).is_some_and(|n| n == *other))
            {
                unused.push(format!("`ROOMS`: `{room}` may import `{other}` and does not"));
            }
        }
    }
    for wall in WALLS {
        for door in wall.doors {
            if !all.iter().any(|(source, found)| source.is_in(door) && wall.keeps(found)) {
                unused.push(format!("`WALLS`: no need for the door {door} where “{}”", wall.rule));
            }
        }
    }
    for (name, rooms) in CRATES {
        for room in *rooms {
            if !all
                .iter()
                .any(|(source, found)| source.room == *room && found.root() == *name && found.name.contains("::"))
            {
                unused.push(format!("`CRATES`: room `{room}` may name `{name}` and does not"));
            }
        }
    }
    none(&unused);
}

#[test]
fn every_source_file_says_first_what_it_is() {
    let folders = ["src", "tests", "fuzz"];
    let faults: Vec<_> = texts()
        .filter(|(path, _)| {
            folders.iter().any(|folder| path.starts_with(folder))
                && Path::new(path).extension().is_some_and(|end| end == "rs")
        })
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| format!("{path}:1: it has no `//!` doc that says what the file is for"))
        .collect();
    none(&faults);
}

#[test]
fn no_file_names_the_machine_it_was_written_on() {
    let mut faults = Vec::new();
    for (path, text) in texts() {
        for (n, line) in text.lines().enumerate() {
            for home in ["home", "Users", "root", "work"].map(|folder| format!("/{folder}/")) {
                if line.contains(&home) {
                    let line_number = n + 1;
                    faults.push(format!("{path}:{line_number}: `{home}`: it would be wrong on every other machine"));
                }
            }
        }
    }
    none(&faults);
}

#[test]
fn the_tour_names_every_room_in_order() {
    let rooms: BTreeSet<_> = Source::all().iter().map(Source::place).filter(|place| place != "lib.rs").collect();
    let listed = mapped("src/lib.rs");
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), rooms, "the map in src/lib.rs, and `ls src`");
    let order: Vec<_> = ROOMS.iter().map(|(room, _)| *room).collect();
    let listed: Vec<_> = listed.iter().map(|place| place.trim_end_matches(".rs").trim_end_matches('/')).collect();
    assert_eq!(listed, order, "the tour lists the rooms in the order in which they import each other");
}

#[test]
fn the_readme_shows_the_minimal_configuration_that_is_tested() {
    let readme = sources::text("README.md");
    let shown = readme.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap_or_default();
    assert_eq!(shown, sources::text("config/minimal.yaml"), "the first YAML of README.md, and config/minimal.yaml");
}

/// The rooms in a document's map: lines that begin with a name such as `key/` or `main.rs` and at least two spaces.
fn mapped(document: &str) -> Vec<String> {
    let lines = sources::text(document);
    let lines = lines.lines().map(|line| line.trim_start_matches("//!").trim_start());
    let places = lines.filter_map(|line| line.split_once("  ")).map(|(place, _)| place);
    let is_room = |place: &&str| Source::all().iter().any(|source| source.place() == **place);
    places.filter(is_room).map(str::to_owned).collect()
}

/// Every name in code that is not for tests, with the file that names it.
fn all_uses() -> impl Iterator<Item = (&'static Source, &'static Use)> {
    Source::all().iter().flat_map(|source| source.uses.iter().map(move |found| (source, found)))
}

/// The other room that a path leads to.
fn neighbour(source: &Source, found: &Use) -> Option<String> {
    let mut parts = found.name.split("::");
    let is_ours = matches!(parts.next(), Some("crate" | "tokenwell"));
    parts.next().filter(|room| is_ours && *room != source.room && *room != "*").map(str::to_owned)
}

/// What was found wrong in code.
#[derive(Default)]
struct Faults {
    said: BTreeSet<(&'static str, String)>,
    faults: Vec<String>,
}

impl Faults {
    /// Of what a file has against one rule, the first is told.
    fn add(&mut self, source: &'static Source, found: &Use, rule: &str, why: &str) {
        if self.said.insert((&source.path, rule.to_owned())) {
            self.faults.push(format!("{}:{}: {rule}: `{}`\n    why: {why}", source.path, found.line, found.name));
        }
    }

    fn none(&self) {
        none(&self.faults);
    }
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}\n", faults.len(), faults.join("\n"));
}
