//! The JSON form of what file systems imposed on outputs.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::record::ImposedOutput;
use crate::attributes::{Attributes, Imposed, ImposedAttributes, WantedAttributes};

#[derive(Serialize, Deserialize)]
pub(super) struct ImposedJson {
    path: PathBuf,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<DifferenceJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    folder: Option<DifferenceJson>,
}

#[derive(Serialize, Deserialize)]
struct DifferenceJson {
    wanted: WantedJson,
    given: GivenJson,
}

/// The mode is octal, as in the configuration.
#[derive(Serialize, Deserialize)]
struct WantedJson {
    mode: String,
    user: Option<u32>,
    group: Option<u32>,
}

#[derive(Serialize, Deserialize)]
struct GivenJson {
    mode: String,
    user: u32,
    group: u32,
}

impl ImposedJson {
    pub(super) fn of(output: &ImposedOutput) -> Self {
        let ImposedOutput { path, imposed } = output;
        let Imposed { file, folder } = imposed;
        let [file, folder] = [file, folder].map(|imposed| imposed.as_ref().map(DifferenceJson::of));
        Self { path: path.clone(), file, folder }
    }

    pub(super) fn read(self) -> Option<ImposedOutput> {
        let read = |json: Option<DifferenceJson>| match json {
            Some(json) => json.read().map(Some),
            None => Some(None),
        };
        Some(ImposedOutput { path: self.path, imposed: Imposed { file: read(self.file)?, folder: read(self.folder)? } })
    }
}

impl DifferenceJson {
    fn of(imposed: &ImposedAttributes) -> Self {
        let ImposedAttributes { wanted, given } = imposed;
        Self {
            wanted: WantedJson { mode: octal(wanted.mode), user: wanted.owner, group: wanted.group },
            given: GivenJson { mode: octal(given.mode), user: given.owner, group: given.group },
        }
    }

    fn read(self) -> Option<ImposedAttributes> {
        let Self { wanted, given } = self;
        let mode = |text: &str| u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= MODE_MAX);
        Some(ImposedAttributes {
            wanted: WantedAttributes { mode: mode(&wanted.mode)?, owner: wanted.user, group: wanted.group },
            given: Attributes { mode: mode(&given.mode)?, owner: given.user, group: given.group },
        })
    }
}

fn octal(mode: u32) -> String {
    format!("{mode:04o}")
}

const MODE_MAX: u32 = 0o7777;
