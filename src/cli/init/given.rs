//! The values that flags and variables give.

use std::path::{Path, PathBuf};

use super::{answers::Answers, places::Places};
use crate::{
    cli::{failure::Failure, source},
    config::{self, Asked},
};

/// The values that flags and variables give.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) project_id: Option<String>,
    pub(super) base_url: Option<String>,
    pub(super) name: Option<String>,
    pub(super) access_key_file: Option<PathBuf>,
    pub(super) output: Option<PathBuf>,
}

impl Given {
    /// Checks each value, and makes paths absolute.
    pub(super) fn checked(self) -> Result<Self, Failure> {
        let Self { project_id, base_url, name, access_key_file, output } = self;
        // An example project is refused where it would be asked for, but a stand-in may use any.
        if let (Some(id), None) = (&project_id, &base_url) {
            Asked::ProjectId.check(id)?;
        }
        if let Some(url) = &base_url {
            Asked::BaseUrl.check(url)?;
        }
        if let Some(name) = &name {
            Asked::Name.check(name)?;
        }
        let access_key_file = access_key_file
            .map(|path| source::secret_file(&path, Asked::AccessKeyFile.flag(), "an access key"))
            .transpose()?;
        let output = output.map(|path| source::output(&path)).transpose()?;
        for (path, asked) in [(&access_key_file, Asked::AccessKeyFile), (&output, Asked::Output)] {
            if let Some(path) = path {
                asked.check(&path.to_string_lossy())?;
            }
        }
        Ok(Self { project_id, base_url, name, access_key_file, output })
    }

    /// Returns the name after the key file, if there is one.
    pub(super) fn name_of_key_file(&self) -> Option<String> {
        let file = self.access_key_file.as_ref()?.file_name()?;
        Some(config::name_of_file(&file.to_string_lossy()))
    }

    /// Takes the defaults for the rest, without a question.
    pub(super) fn complete(self, config: &Path, places: &Places) -> Result<Answers, Failure> {
        let name = self.name.clone().or_else(|| self.name_of_key_file());
        let (Some(project_id), Some(name)) = (self.project_id, name) else {
            return Err(Failure::CommandLine(NO_TERMINAL.to_owned()));
        };
        let key_file = self.access_key_file.unwrap_or_else(|| Places::key_file(config, &name));
        let output = self.output.unwrap_or_else(|| places.output(config, &name));
        Ok(Answers { project_id, base_url: self.base_url, name, key_file, key: None, output })
    }
}

const NO_TERMINAL: &str = "there is no terminal to ask on; give `--project-id ID` and `--access-key-file FILE`, and if the defaults \
     do not fit `--name NAME`, `--output FILE` and `--config FILE`";
