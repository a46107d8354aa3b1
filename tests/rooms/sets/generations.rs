//! Old generations: when they are removed, how long they stay, and the cost of a generation.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, symlink},
    time::Duration,
};

use tokenwell::{
    clock::now,
    output::file::{FileTarget, Locks, SetFolder, Written, sweep, tidy, write_set_observed},
};

use crate::folder::{FOLDER, Set, at, content, publish, session, texts};

#[test]
fn a_sweep_takes_what_is_ours_and_old_and_nothing_else() {
    let set = Set::new();
    for content in ["one", "two", "three"] {
        set.put(&[("a", content)]);
    }
    let current = set.generation().unwrap();
    let foreign_folders =
        ["..2026_11_23_15_22_01.123456789", "..2026_11_23_15_22_01.abcdefg", "..old", "..a.Xy12zZ.tokenwell"];
    for name in foreign_folders {
        fs::create_dir(set.at(name)).unwrap();
        fs::write(set.at(name).join("x"), "").unwrap();
    }
    let foreign_files = ["plain", "..2026_11_23_15_22_01.filefile", "..data_tmp.filefile"];
    for name in foreign_files {
        fs::write(set.at(name), "").unwrap();
    }
    let foreign_links = [
        ("..data_tmp", "..2026_11_23_15_22_01.abcdefgh"),
        ("..data_tmp.aaaaaaaa", "foreign"),
        ("..a.bbbbbb.tokenwell", "..data/b"),
        ("..2026_11_23_15_22_01.linklink", "/"),
        ("dangling", "..data/another"),
    ];
    let our_links = [
        ("..data_tmp.abcdefgh", "..2026_11_23_15_22_01.abcdefgh"),
        ("..a.cccccc.tokenwell", "..data/a"),
        ("..b.dddddd.tokenwell", "..data/b"),
    ];
    for (name, target) in foreign_links.iter().chain(&our_links) {
        symlink(target, set.at(name)).unwrap();
    }
    fs::write(set.at("..a.eeeeee.tokenwell"), "from a time before the set").unwrap();
    let with_a_folder = set.at("..2026_11_23_15_22_01.withfold");
    fs::create_dir_all(with_a_folder.join("folder")).unwrap();

    let swept = sweep([&set.output("a")], &Locks::default());
    assert_eq!(swept.removed, 2 + our_links.len() + 1);
    assert!(swept.failed[0].to_string().contains("not empty"), "{}", swept.failed[0]);
    let mut left: Vec<_> = foreign_folders.into_iter().chain(foreign_files).map(str::to_owned).collect();
    left.extend(foreign_links.iter().map(|(name, _)| (*name).to_owned()));
    left.extend([current, "..data".into(), "a".into(), "..2026_11_23_15_22_01.withfold".into()]);
    left.sort();
    assert_eq!(set.names(), left);
    assert_eq!(fs::read_to_string(set.at("a")).unwrap(), "three");
}

#[test]
fn old_generations_stay_for_a_while_and_tidying_takes_them() {
    let (set, locks) = (Set::new(), Locks::default());
    let output = [set.output("a")];
    for number in 0..10 {
        publish(&output, &content(&session(&format!("token{number}"))), &locks).remove(0).unwrap();
        assert_eq!(set.generations().len(), (number + 1).min(5));
    }
    // This process writes to the set, and its writes remove old generations.
    assert_eq!(sweep(&output, &locks).removed, 0);
    assert_eq!(tidy([(&output[0], 1)], &locks).removed, 3);
    assert_eq!(set.generations().len(), 2, "one stays beside the current one");
    assert_eq!(tidy([(&output[0], 0)], &locks).removed, 1);
    assert_eq!(set.generations(), [set.generation().unwrap()]);
    assert_eq!(set.texts(), texts(&[("a", "token9")]));
}

#[test]
fn a_generation_that_is_not_kept_is_gone_after_the_swap() {
    let set = Set::new();
    let file = set.output("a");
    let folder = SetFolder { keep_previous: Duration::ZERO, ..FOLDER };
    let put = |text: &str| write_set_observed(set.path(), &folder, &[(&file, text.as_bytes())], at(), &mut |_| Ok(()));
    put("one").remove(0).unwrap();
    let opened = fs::File::open(set.at("a")).unwrap();
    put("two").remove(0).unwrap();
    assert_eq!(set.generations(), [set.generation().unwrap()]);
    assert_eq!(io::read_to_string(opened).unwrap(), "one", "an open file is read to its end");
    assert_eq!(set.texts(), texts(&[("a", "two")]));
}

#[test]
fn ten_thousand_swaps_leave_no_more_generations_than_a_few() {
    let set = Set::new();
    set.put(&[("other", "kept")]);
    for number in 0..10_000 {
        set.put(&[("a", &number.to_string())]);
    }
    assert_eq!(set.generations().len(), 5);
    assert_eq!(set.names().len(), 5 + 3, "{:?}", set.names());
    assert_eq!(set.texts(), texts(&[("a", "9999"), ("other", "kept")]));
    assert_eq!(fs::metadata(set.at("other")).unwrap().nlink(), 5);
}

#[test]
#[ignore = "a figure, not a property: `cargo test --test sets generation_costs -- --ignored --nocapture`"]
fn what_a_generation_costs() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let names = ["a", "b", "c"];
    let plain = names.map(|name| FileTarget::at(folders[0].path().join(name)));
    let set = names.map(|name| FileTarget { set: Some(FOLDER), ..FileTarget::at(folders[1].path().join(name)) });
    let one_of_three = [set[0].clone()];
    for (what, outputs) in
        [("three files", &plain[..]), ("a set of three", &set), ("one of a set of three", &one_of_three)]
    {
        let locks = Locks::default();
        let begun = now();
        for number in 0..200 {
            for done in publish(outputs, &content(&session(&format!("{what}{number}"))), &locks) {
                assert_eq!(done.unwrap(), Written::Written);
            }
        }
        println!("{what}: {:?} a write", (now() - begun) / 200);
    }
}
