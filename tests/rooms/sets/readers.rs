//! Readers while generations change.

use std::{
    collections::VecDeque,
    fs, io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
};

use rustix::fs::OFlags;

use crate::folder::{Set, Stop};

#[test]
fn a_million_reads_find_whole_files_of_one_generation() {
    let set = Set::new();
    // The lengths differ, so a mixture of two tokens is detected.
    let token = |number: u64| format!("{number}.{}.{number}", "x".repeat(100 + usize::try_from(number % 300).unwrap()));
    let put = |number: u64| set.put(&[("a", &token(number)), ("b", &token(number))]);
    let number_of = |mut file: fs::File| -> u64 {
        assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o640);
        let text = io::read_to_string(&mut file).unwrap();
        let number = text.split('.').next().unwrap().parse().expect("no token is empty");
        assert!(text == token(number), "a torn token of {} bytes", text.len());
        number
    };
    put(0);
    let (turns, reads, done) = ([AtomicU64::new(0), AtomicU64::new(0)], AtomicU64::new(0), AtomicBool::new(false));
    let spin = |reader: usize, read: &dyn Fn() -> (u64, u64)| {
        let mut last = 0;
        while !done.load(Ordering::Acquire) {
            let (number, count) = read();
            assert!(number >= last, "an older token came back");
            last = number;
            reads.fetch_add(count, Ordering::Relaxed);
            turns[reader].fetch_add(1, Ordering::Release);
        }
    };
    let mut swaps = 0;
    thread::scope(|scope| {
        let stop = Stop(&done);
        let raw = scope.spawn(|| {
            spin(0, &|| (number_of(fs::File::open(set.at("a")).expect("there is a token at any instant")), 1));
        });
        let through_data = scope.spawn(|| {
            spin(1, &|| {
                let flags = OFlags::DIRECTORY.bits().cast_signed();
                let data = fs::OpenOptions::new().read(true).custom_flags(flags).open(set.at("..data")).unwrap();
                let read = |name: &str| {
                    let file = rustix::fs::openat(&data, name, OFlags::RDONLY, rustix::fs::Mode::empty());
                    number_of(file.expect("a generation stays for a while").into())
                };
                let (a, b) = (read("a"), read("b"));
                assert_eq!(a, b, "files of two generations");
                (a, 2)
            });
        });
        // A generation stays for four swaps, so a read may span three swaps.
        let mut seen = VecDeque::new();
        let now = || [turns[0].load(Ordering::Acquire), turns[1].load(Ordering::Acquire)];
        while (reads.load(Ordering::Relaxed) < 1_000_000 || swaps <= 1000)
            && !raw.is_finished()
            && !through_data.is_finished()
        {
            if seen.len() == 3 {
                let past: [u64; 2] = seen.pop_front().unwrap();
                while now().iter().zip(past).any(|(now, past)| *now == past)
                    && !raw.is_finished()
                    && !through_data.is_finished()
                {
                    thread::yield_now();
                }
            }
            swaps += 1;
            put(swaps);
            seen.push_back(now());
        }
        drop(stop);
    });
    assert!(reads.load(Ordering::Relaxed) >= 1_000_000 && swaps > 1000, "{swaps} swaps");
    set.is_whole();
}
