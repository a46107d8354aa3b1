//! A session to all files of its credential, and from them: a file by itself each, those of a set together.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{
    Held, Locks, ProtectedKeys, Published, RemoveError, Removed, SetFolder, WriteError, make_folder,
    name::Place,
    remove,
    render::{Content, render},
    set::{remove_set_observed, write_set_observed},
    target::{FileOutput, FileTarget},
    write,
};
use crate::blocking::{Access, at_file};

/// See [`crate::output::publish`].
pub(in crate::output) fn publish(
    outputs: &[FileOutput<'_>],
    content: &Content<'_>,
    locks: &Locks,
    protected_keys: &ProtectedKeys,
) -> Vec<Result<Published, WriteError>> {
    for output in outputs {
        at_file(Access::Write, &output.target.path);
        // The lock is kept in it. The write meets the same trouble and names it.
        let _ = make_folder(output.target);
    }
    let is_a_key = |file: &FileTarget, key: PathBuf| Err(WriteError::IsAKey { path: file.path.clone(), key });
    let rendered = |output: FileOutput<'_>| {
        let unrendered = |why| WriteError::Unrendered { path: output.target.path.clone(), why };
        render(output.format, content).map_err(unrendered)
    };
    let write_one = |output: FileOutput<'_>| {
        at_file(Access::Write, &output.target.path);
        locks.claim(output.target)?;
        write(output.expected(), rendered(output)?.bytes())
    };
    let write_set = |directory: &Path, folder: &SetFolder, members: &[FileOutput<'_>]| {
        at_first(members);
        if let Err(held) = claim_all(members, locks) {
            return members.iter().map(|_| Err(held.clone().into())).collect();
        }
        // One that cannot be rendered holds up no other: the next generation has its file of before.
        let rendered: Vec<_> = members.iter().map(|output| rendered(*output)).collect();
        let files: Vec<_> = members
            .iter()
            .zip(&rendered)
            .filter_map(|(output, rendered)| Some((output.expected(), rendered.as_ref().ok()?.bytes())))
            .collect();
        let written = if files.is_empty() {
            Vec::new()
        } else {
            locks.in_turn(directory, || {
                write_set_observed(directory, folder, &files, content.times.issued_at, &mut |_| Ok(()))
            })
        };
        let mut written = written.into_iter();
        let answer = |rendered: Result<_, _>| match rendered {
            Ok(_) => written.next(),
            Err(why) => Some(Err(why)),
        };
        rendered.into_iter().filter_map(answer).collect()
    };
    each_but_keys(outputs, protected_keys, is_a_key, |free| each(free, write_one, write_set))
}

/// See [`crate::output::withdraw`].
pub(in crate::output) fn withdraw(
    outputs: &[FileOutput<'_>],
    locks: &Locks,
    protected_keys: &ProtectedKeys,
) -> Vec<Result<Removed, RemoveError>> {
    let failed = |file: &FileTarget, source: io::Error| RemoveError { path: file.path.clone(), source };
    let is_a_key = |file: &FileTarget, key: PathBuf| {
        let why = format!("through a link it is the access key `{}`", key.display());
        Err(failed(file, io::Error::other(why)))
    };
    let remove_one = |output: FileOutput<'_>| {
        at_file(Access::Write, &output.target.path);
        locks.claim(output.target).map_err(|held| failed(output.target, io::Error::other(held)))?;
        remove(output.target)
    };
    let remove_set = |directory: &Path, folder: &SetFolder, members: &[FileOutput<'_>]| {
        at_first(members);
        if let Err(held) = claim_all(members, locks) {
            let failed = |output: &FileOutput<'_>| Err(failed(output.target, io::Error::other(held.clone())));
            return members.iter().map(failed).collect();
        }
        let files: Vec<_> = members.iter().map(|output| output.target).collect();
        locks.in_turn(directory, || remove_set_observed(directory, folder, &files, &mut |_| Ok(())))
    };
    each_but_keys(outputs, protected_keys, is_a_key, |free| each(free, remove_one, remove_set))
}

/// The files of a set change together, so one of them stands for all.
fn at_first(members: &[FileOutput<'_>]) {
    if let Some(first) = members.first() {
        at_file(Access::Write, &first.target.path);
    }
}

fn claim_all(members: &[FileOutput<'_>], locks: &Locks) -> Result<(), Held> {
    members.iter().try_for_each(|output| locks.claim(output.target))
}

/// The last guard of the access keys: a file in whose place a key is found is not touched. Answers for each, in their order.
fn each_but_keys<T, E>(
    outputs: &[FileOutput<'_>],
    protected_keys: &ProtectedKeys,
    refused: impl Fn(&FileTarget, PathBuf) -> Result<T, E>,
    act: impl FnOnce(&[FileOutput<'_>]) -> Vec<Result<T, E>>,
) -> Vec<Result<T, E>> {
    let key_of = |output: &FileOutput<'_>| {
        at_file(Access::Write, &output.target.path);
        protected_keys.in_the_way_of(output.target).map(Path::to_owned)
    };
    let keys: Vec<_> = outputs.iter().map(key_of).collect();
    let free: Vec<_> = outputs.iter().zip(&keys).filter(|(_, key)| key.is_none()).map(|(output, _)| *output).collect();
    let mut done = act(&free).into_iter();
    let answer = |(output, key): (&FileOutput<'_>, Option<PathBuf>)| match key {
        Some(key) => Some(refused(output.target, key)),
        None => done.next(),
    };
    outputs.iter().zip(keys).filter_map(answer).collect()
}

/// Deals with each file by itself, and with those of one set at once; answers in their order.
fn each<T>(
    outputs: &[FileOutput<'_>],
    one: impl Fn(FileOutput<'_>) -> T,
    set: impl Fn(&Path, &SetFolder, &[FileOutput<'_>]) -> Vec<T>,
) -> Vec<T> {
    let mut answers: Vec<Option<T>> = outputs.iter().map(|_| None).collect();
    for (n, output) in outputs.iter().enumerate() {
        match (&output.target.set, Place::of(output.target)) {
            (Some(_), Ok(_)) if answers[n].is_some() => {}
            (Some(folder), Ok(place)) => {
                let is_beside = |other: &FileTarget| other.set.is_some() && other.path.parent() == Some(place.folder);
                let mine: Vec<_> = (n..outputs.len()).filter(|n| is_beside(outputs[*n].target)).collect();
                let members: Vec<_> = mine.iter().map(|n| outputs[*n]).collect();
                for (n, answer) in mine.into_iter().zip(set(place.folder, folder, &members)) {
                    answers[n] = Some(answer);
                }
            }
            (None, _) | (_, Err(_)) => answers[n] = Some(one(*output)),
        }
    }
    answers.into_iter().flatten().collect()
}
