//! Lists the files and folders that a configuration needs.

use std::path::{Path, PathBuf};

use crate::{
    config::{Config, Credential},
    hook::{Hook, Recipient},
    output::{Format, Output},
    status::Listen,
};

/// A file or folder, and its purpose.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Need {
    /// As in the configuration; it may be missing, or a link.
    pub path: PathBuf,
    /// How it is used.
    pub purpose: Usage,
}

/// How a path is used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Usage {
    /// A file that is read, and that others replace: its whole folder is needed.
    File,
    /// A folder whose files are read.
    Folder,
    /// A file like `File`, in a folder that is recreated when its program restarts.
    PidFile,
    /// A folder in which files are written, replaced and removed.
    Written,
}

/// A right to a folder. The greater one includes the smaller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Right {
    /// List and read.
    Read,
    /// List, read, write, create, replace and remove.
    Write,
}

impl Need {
    /// Returns the right that it needs.
    pub fn right(&self) -> Right {
        match self.purpose {
            Usage::File | Usage::Folder | Usage::PidFile => Right::Read,
            Usage::Written => Right::Write,
        }
    }
}

/// Returns everything that the configuration in `file` needs, sorted and without duplicates.
pub fn needs(config: &Config, file: Option<&Path>) -> Vec<Need> {
    let need = |path: &Path, purpose| Need { path: path.to_owned(), purpose };
    let mut needs = vec![need(&config.state_directory, Usage::Written)];
    needs.extend(file.map(|path| need(path, Usage::File)));
    needs.extend(config.http.tls_files().map(|path| need(path, Usage::File)));
    if let Some(Listen::Unix(path)) = &config.status {
        needs.extend(path.parent().map(|folder| need(folder, Usage::Written)));
    }
    for credential in &config.credentials {
        needs.extend(credential.source.files().iter().map(|file| need(file.path, Usage::File)));
        let folders = credential.outputs.iter().filter_map(Output::folder);
        needs.extend(folders.map(|folder| need(folder, Usage::Written)));
        needs.extend(others(credential));
    }
    for directory in &config.key_directories {
        needs.push(need(&directory.path, Usage::Folder));
        needs.extend(directory.output_folders().map(|folder| need(&folder, Usage::Written)));
        needs.extend(others(&directory.pattern));
    }
    needs.extend(config.sets.iter().map(|set| need(&set.directory, Usage::Written)));
    needs.sort();
    needs.dedup();
    needs
}

/// Returns templates and pid files.
fn others(credential: &Credential) -> impl Iterator<Item = Need> {
    let templates = credential.outputs.iter().filter_map(|output| match &output.format {
        Format::Template(template) => template.file(),
        Format::Jwt | Format::Json { .. } | Format::Env { .. } | Format::Header | Format::Bearer => None,
    });
    let templates = templates.map(|path| Need { path: path.to_owned(), purpose: Usage::File });
    let pid_files = credential.hooks.iter().filter_map(|hook| match hook {
        Hook::Signal { to: Recipient::PidFile(path), .. } => Some(path),
        Hook::Signal { to: Recipient::ProcessName(_), .. } | Hook::Command { .. } | Hook::Post { .. } => None,
    });
    templates.chain(pid_files.map(|path| Need { path: path.clone(), purpose: Usage::PidFile }))
}
