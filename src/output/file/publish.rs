//! A session to all outputs of its credential, and from them: a file by itself each, those of a set together.

use std::{io, path::Path};

use super::{
    Content, Held, Locks, Output, RemoveError, Removed, SetFolder, WriteError, Written, make_folder,
    name::Place,
    remove,
    render::render,
    set::{remove_set_observed, write_set_observed},
    write,
};

/// Writes a session to its outputs; answers for each. Blocks on the disk, and while another credential's files of the same
/// set are being written.
pub fn publish(outputs: &[Output], content: &Content<'_>, locks: &Locks) -> Vec<Result<Written, WriteError>> {
    for output in outputs {
        // The lock is kept in it. The write meets the same trouble and names it.
        let _ = make_folder(output);
    }
    let rendered = |output: &Output| {
        let unrendered = |why| WriteError::Unrendered { path: output.path.clone(), why };
        render(&output.format, content).map_err(unrendered)
    };
    let write_one = |output: &Output| {
        locks.claim(output)?;
        write(output, rendered(output)?.bytes())
    };
    let write_set = |directory: &Path, folder: &SetFolder, members: &[&Output]| {
        if let Err(held) = claim_all(members, locks) {
            return members.iter().map(|_| Err(held.clone().into())).collect();
        }
        // One that cannot be rendered holds up no other: the next generation has its file of before.
        let rendered: Vec<_> = members.iter().map(|output| rendered(output)).collect();
        let files: Vec<_> = members
            .iter()
            .zip(&rendered)
            .filter_map(|(output, rendered)| Some((*output, rendered.as_ref().ok()?.bytes())))
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
    each(outputs, write_one, write_set)
}

/// Removes a session from its outputs; answers for each. Blocks as [`publish`] does.
pub fn withdraw(outputs: &[Output], locks: &Locks) -> Vec<Result<Removed, RemoveError>> {
    let failed =
        |output: &Output, held: Held| RemoveError { path: output.path.clone(), source: io::Error::other(held) };
    let remove_one = |output: &Output| {
        locks.claim(output).map_err(|held| failed(output, held))?;
        remove(output)
    };
    let remove_set = |directory: &Path, folder: &SetFolder, members: &[&Output]| {
        if let Err(held) = claim_all(members, locks) {
            return members.iter().map(|output| Err(failed(output, held.clone()))).collect();
        }
        locks.in_turn(directory, || remove_set_observed(directory, folder, members, &mut |_| Ok(())))
    };
    each(outputs, remove_one, remove_set)
}

fn claim_all(members: &[&Output], locks: &Locks) -> Result<(), Held> {
    members.iter().try_for_each(|output| locks.claim(output))
}

/// Deals with each output by itself, and with those of one set at once; answers in their order.
fn each<T>(
    outputs: &[Output],
    one: impl Fn(&Output) -> T,
    set: impl Fn(&Path, &SetFolder, &[&Output]) -> Vec<T>,
) -> Vec<T> {
    let mut answers: Vec<Option<T>> = outputs.iter().map(|_| None).collect();
    for (n, output) in outputs.iter().enumerate() {
        match (&output.set, Place::of(output)) {
            (Some(_), Ok(_)) if answers[n].is_some() => {}
            (Some(folder), Ok(place)) => {
                let is_beside = |other: &Output| other.set.is_some() && other.path.parent() == Some(place.folder);
                let mine: Vec<_> = (n..outputs.len()).filter(|n| is_beside(&outputs[*n])).collect();
                let members: Vec<_> = mine.iter().map(|n| &outputs[*n]).collect();
                for (n, answer) in mine.into_iter().zip(set(place.folder, folder, &members)) {
                    answers[n] = Some(answer);
                }
            }
            (None, _) | (_, Err(_)) => answers[n] = Some(one(output)),
        }
    }
    answers.into_iter().flatten().collect()
}
