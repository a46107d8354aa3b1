//! Which file of a room imports which other file of that room, and the circles among them.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::OnceLock,
};

use crate::{
    sources::Source,
    walls::{CIRCLES, Circle},
};

#[test]
fn imports_of_the_files_of_a_room_have_no_circle() {
    let mut faults = Vec::new();
    let mut graph = without_excused();
    while let Some(circle) = shortest_circle(&graph) {
        let steps = circle.iter().map(|(from, to)| format!("    {from} imports `{}` of {to}", graph[from][to]));
        faults.push(format!("a circle:\n{}\n    why: {WHY}", steps.collect::<Vec<_>>().join("\n")));
        let (from, to) = circle[0];
        graph.get_mut(from).map(|imported| imported.remove(to));
    }
    super::none(&faults);
}

#[test]
fn every_excuse_for_a_circle_is_in_use() {
    let mut faults = Vec::new();
    for excuse in CIRCLES {
        let mut graph = without_excused();
        let its_own: Vec<_> = edges(imports()).filter(|(from, to)| excuse.is_of(from, to)).collect();
        for (from, to) in &its_own {
            graph.entry(from).or_default().insert(to, String::new());
        }
        if !its_own.iter().any(|(from, to)| path(&graph, to, from).is_some()) {
            let Circle { from, to, why } = excuse;
            faults
                .push(format!("`CIRCLES` in tests/tidy/walls.rs: {from} -> {to} ({why}) closes no circle: remove it"));
        }
    }
    super::none(&faults);
}

/// Each file with the files of its room that it imports, and a name for which it does.
type Graph = BTreeMap<&'static str, BTreeMap<&'static str, String>>;

/// A face that hands a name on is passed through: the file where the name is at home counts.
fn imports() -> &'static Graph {
    static IMPORTS: OnceLock<Graph> = OnceLock::new();
    IMPORTS.get_or_init(|| {
        let mut graph = Graph::new();
        for source in Source::all() {
            let own = source.imports.iter().filter(|import| !import.is_reexport).map(|import| &import.name);
            for name in own.chain(source.in_code.iter().map(|found| &found.name)) {
                let home = absolute(source, name).and_then(|path| home(&path, HANDED_ON_MAX));
                if let Some(home) = home.filter(|home| home.room == source.room && home.path != source.path) {
                    graph.entry(&source.path).or_default().insert(&home.path, name.clone());
                }
            }
        }
        graph
    })
}

fn without_excused() -> Graph {
    let mut graph = imports().clone();
    for (from, imported) in &mut graph {
        imported.retain(|to, _| !CIRCLES.iter().any(|excuse| excuse.is_of(from, to)));
    }
    graph
}

fn modules() -> &'static BTreeMap<Vec<String>, &'static Source> {
    static MODULES: OnceLock<BTreeMap<Vec<String>, &'static Source>> = OnceLock::new();
    MODULES.get_or_init(|| Source::all().iter().map(|source| (source.module.clone(), source)).collect())
}

/// The path of a name from the crate's root, if it is one of ours.
fn absolute(source: &Source, name: &str) -> Option<Vec<String>> {
    let parts: Vec<_> = name.split("::").map(str::to_owned).collect();
    let own = &source.module;
    match parts[0].as_str() {
        "crate" | "tokenwell" => Some(parts[1..].to_vec()),
        "self" => Some([own, &parts[1..]].concat()),
        "super" => {
            let climbs = parts.iter().take_while(|part| *part == "super").count();
            Some([own.get(..own.len().checked_sub(climbs)?)?, &parts[climbs..]].concat())
        }
        first => {
            let child = [own.as_slice(), &[first.to_owned()]].concat();
            modules().contains_key(&child).then(|| [own.as_slice(), &parts].concat())
        }
    }
}

/// The file where a name is at home. A module itself is at home nowhere: what counts is what is named in it.
fn home(path: &[String], handed_on: usize) -> Option<&'static Source> {
    let length = (1..=path.len()).rev().find(|length| modules().contains_key(&path[..*length]))?;
    let source = modules()[&path[..length]];
    let item = path.get(length)?;
    let onward = source.imports.iter().find(|import| import.alias == *item);
    let onward = onward.and_then(|import| absolute(source, &import.name));
    match onward.filter(|_| handed_on > 0) {
        Some(onward) => home(&[onward.as_slice(), &path[length + 1..]].concat(), handed_on - 1),
        None => Some(source),
    }
}

fn edges(graph: &Graph) -> impl Iterator<Item = (&'static str, &'static str)> {
    graph.iter().flat_map(|(from, imported)| imported.keys().map(move |to| (*from, *to)))
}

/// The imports of the shortest circle.
fn shortest_circle(graph: &Graph) -> Option<Vec<(&'static str, &'static str)>> {
    let circles = edges(graph).filter_map(|(from, to)| {
        let back = path(graph, to, from)?;
        Some([vec![(from, to)], back.windows(2).map(|pair| (pair[0], pair[1])).collect()].concat())
    });
    circles.min_by_key(Vec::len)
}

/// The files on the shortest way from one to another, both included.
fn path(graph: &Graph, from: &str, to: &str) -> Option<Vec<&'static str>> {
    let mut ways = VecDeque::from([vec![*graph.get_key_value(from)?.0]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let last = way[way.len() - 1];
        if last == to {
            return Some(way);
        }
        for next in graph.get(last).into_iter().flat_map(BTreeMap::keys).filter(|next| seen.insert(**next)) {
            ways.push_back([way.as_slice(), &[*next]].concat());
        }
    }
    None
}

const WHY: &str =
    "a file in a circle cannot be read, tested or moved alone; move what both need into a file below them";

/// A name is not handed on more often than that.
const HANDED_ON_MAX: usize = 5;

#[cfg(test)]
mod tests {
    use super::{Graph, path, shortest_circle};

    fn graph(edges: &[(&'static str, &'static str)]) -> Graph {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph.entry(from).or_default().insert(to, String::new());
        }
        graph
    }

    #[test]
    fn the_shortest_circle_is_found_and_a_diamond_is_none() {
        let circles = graph(&[("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "c")]);
        assert_eq!(shortest_circle(&circles), Some(vec![("c", "d"), ("d", "c")]));
        let diamond = graph(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]);
        assert_eq!(shortest_circle(&diamond), None);
        assert_eq!(path(&diamond, "a", "d").map(|path| path.len()), Some(3));
        assert_eq!(path(&diamond, "d", "a"), None);
    }
}
