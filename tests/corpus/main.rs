//! The checks of the fuzzer on its committed inputs, without the fuzzer: `fuzz/README.md`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "the helpers of a test")]

#[path = "../../fuzz/checks/mod.rs"]
mod checks;

use std::{fs, path::Path};

use checks::Judged;

/// One test a target, so that a failure names it.
macro_rules! targets {
    ($($target:ident),* $(,)?) => {
        $(#[test]
        fn $target() {
            replay(stringify!($target));
        })*

        #[test]
        fn every_target_has_a_test() {
            assert_eq!(checks::ALL.map(|(name, _)| name), [$(stringify!($target)),*]);
        }
    };
}

targets![configuration, env, hints, jwks, jwks_cache, jwt, key, reply, state_record, status_request, template];

#[test]
fn every_target_is_built_with_a_corpus_of_its_own() {
    let manifest = fs::read_to_string(fuzz("Cargo.toml")).unwrap();
    let built: Vec<_> = manifest.split("[[bin]]\nname = \"").skip(1).filter_map(|bin| bin.split('"').next()).collect();
    let mut folders: Vec<_> = fs::read_dir(fuzz("corpus")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    folders.sort();
    for (name, _) in checks::ALL {
        assert!(built.contains(&name), "fuzz/Cargo.toml has no `{name}`");
    }
    assert_eq!(built.len(), checks::ALL.len());
    assert_eq!(folders, checks::ALL.map(|(name, _)| name));
}

/// Runs the check of a target on every input of its corpus, in the order of their names.
fn replay(target: &str) {
    let (_, check) = checks::ALL.into_iter().find(|(name, _)| *name == target).unwrap();
    let folder = fuzz("corpus").join(target);
    let mut inputs: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    assert!((5..=FILES_MAX).contains(&inputs.len()), "{} files in {}", inputs.len(), folder.display());
    let mut accepted = 0;
    for path in inputs {
        let input = fs::read(&path).unwrap();
        assert!(input.len() <= FILE_BYTES_MAX, "{} has {} bytes", path.display(), input.len());
        print!("{}: ", path.display());
        let judged = check(&input);
        println!("{judged:?}");
        match judged {
            Judged::Accepted => accepted += 1,
            Judged::Refused => {}
            Judged::Ignored => panic!("the check cannot use {}", path.display()),
        }
    }
    assert!(accepted > 0, "the program accepts no input of {}", folder.display());
    // What no file is like.
    check(b"");
    check(&[0xff; 64]);
}

fn fuzz(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(path)
}

const FILES_MAX: usize = 60;
const FILE_BYTES_MAX: usize = 2048;
