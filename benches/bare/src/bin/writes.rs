//! The bare write loop: writes a token of 700 bytes COUNT times, each atomically and durably to a file of its own, and prints the seconds.
//!
//! `writes FOLDER COUNT`

use std::{env, error::Error, fs::File, io::Write, path::Path, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, count] = arguments.as_slice() else { return Err("usage: writes FOLDER COUNT".into()) };
    let (folder, token) = (Path::new(folder), "x".repeat(700));
    let began = Instant::now();
    for n in 0..count.parse::<u32>()? {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(token.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(folder.join(format!("c{n}.jwt")))?;
        File::open(folder)?.sync_all()?;
    }
    println!("{:.6}", began.elapsed().as_secs_f64());
    Ok(())
}
