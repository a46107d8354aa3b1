//! What a configuration needs of the disk: a plain list.

use std::path::{Path, PathBuf};

use crate::{
    config::{Config, Credential},
    hook::{Hook, Recipient},
    output::{Format, Output},
    status::Listen,
};

/// Something on the disk, and what it is for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Need {
    /// As the configuration names it; it may be missing, or a link.
    pub path: PathBuf,
    /// What is done with it.
    pub purpose: Use,
}

/// What is done with a path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Use {
    /// A file that is read, and replaced by others: its whole folder is needed.
    File,
    /// A folder whose files are read.
    Folder,
    /// The same as a file; but the folder comes and goes with the app that it belongs to.
    PidFile,
    /// A folder in which files are written, replaced and removed.
    Written,
}

/// What may be done in a folder. The greater one includes the smaller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Right {
    /// List and read.
    Read,
    /// That, and write, make, replace and remove.
    Write,
}

impl Need {
    /// What must be allowed for it.
    pub fn right(&self) -> Right {
        match self.purpose {
            Use::File | Use::Folder | Use::PidFile => Right::Read,
            Use::Written => Right::Write,
        }
    }
}

/// Everything that the configuration, which stands in `file`, needs; each once, in order.
pub fn needs(config: &Config, file: Option<&Path>) -> Vec<Need> {
    let need = |path: &Path, purpose| Need { path: path.to_owned(), purpose };
    let mut needs = vec![need(&config.state_directory, Use::Written)];
    needs.extend(file.map(|path| need(path, Use::File)));
    needs.extend(config.http.ca_file.as_deref().map(|path| need(path, Use::File)));
    if let Some(Listen::Unix(path)) = &config.status {
        needs.extend(path.parent().map(|folder| need(folder, Use::Written)));
    }
    for credential in &config.credentials {
        needs.extend(credential.source.files().iter().map(|file| need(file.path, Use::File)));
        let folders = credential.outputs.iter().filter_map(Output::folder);
        needs.extend(folders.map(|folder| need(folder, Use::Written)));
        needs.extend(others(credential));
    }
    for directory in &config.key_directories {
        needs.push(need(&directory.path, Use::Folder));
        needs.extend(directory.output_folders().map(|folder| need(&folder, Use::Written)));
        needs.extend(others(&directory.pattern));
    }
    needs.extend(config.sets.iter().map(|set| need(&set.directory, Use::Written)));
    needs.sort();
    needs.dedup();
    needs
}

/// Templates and pid files.
fn others(credential: &Credential) -> impl Iterator<Item = Need> {
    let templates = credential.outputs.iter().filter_map(|output| match &output.format {
        Format::Template(template) => template.file(),
        Format::Jwt | Format::Json { .. } | Format::Env { .. } | Format::Header => None,
    });
    let templates = templates.map(|path| Need { path: path.to_owned(), purpose: Use::File });
    let pid_files = credential.hooks.iter().filter_map(|hook| match hook {
        Hook::Signal { to: Recipient::PidFile(path), .. } => Some(path),
        Hook::Signal { to: Recipient::ProcessName(_), .. } | Hook::Command { .. } | Hook::Post { .. } => None,
    });
    templates.chain(pid_files.map(|path| Need { path: path.clone(), purpose: Use::PidFile }))
}
