//! tmp
use tokenwell::config::*;
#[test]
fn timing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c.yaml");
    for (n, t) in [
        "- ".repeat(130_000),
        "? ".repeat(130_000),
        "a: b\n".repeat(50_000),
        "- a\n".repeat(60_000),
        (0..700).map(|i| " ".repeat(i) + "a:\n").collect::<String>(),
        "&a ".repeat(80_000),
        "!a ".repeat(80_000),
        "\"".repeat(200_000),
        "a".repeat(250_000),
        "*a ".repeat(80_000),
        "- *a\n".repeat(50_000),
        "%TAG ! x\n".repeat(20_000),
        "---\n".repeat(60_000),
        "[],".repeat(80_000),
        "x: {}\n".repeat(40_000),
        "- []\n".repeat(50_000),
        "- - []\n".repeat(30_000),
        "x: [[],[],[[]]]\n".repeat(15_000),
        "- {a: 1}\n".repeat(25_000),
        "a: |\n  x\n".repeat(25_000),
        (0..40_000).map(|i| format!("a{i}: &a{i}\n")).take(15_000).collect::<String>(),
        "credentials:\n".to_owned() + &"  - namex: 3\n    x: \"${U}\"\n".repeat(8_000),
        "- ? - ? ".repeat(30_000),
    ]
    .into_iter()
    .enumerate()
    {
        std::fs::write(&path, t).unwrap();
        #[allow(clippy::disallowed_methods)]
        let start = std::time::Instant::now();
        let r = load(&Source::file(&path), &Environment::default());
        let e = r.unwrap_err();
        println!("{n} {:?} {}", start.elapsed(), e.one_line().chars().skip(50).take(150).collect::<String>());
    }
}
