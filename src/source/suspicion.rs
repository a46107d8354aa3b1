//! What a secret file holds instead of the secret alone, in words that quote nothing of it.

use std::{borrow::Cow, fmt, path::PathBuf};

use super::secret_kind::SecretKind;
use crate::characters;

/// What a text probably is, because secrets look otherwise. It is a suspicion: a text of one word is sent all the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Suspicion {
    /// Quotes, of ASCII or curly ones.
    Quotes,
    /// `NAME=VALUE`, maybe with `export` before it.
    Assignment,
    /// `name: value`.
    Field,
    /// JSON.
    Json,
    /// A manifest of a Kubernetes Secret.
    Manifest,
    /// `\n` or `\r` as a backslash and a letter.
    EscapedLineEnd,
    /// `-n` or `-e`, which `echo` printed.
    EchoOption,
    /// Base64 of a text.
    Base64,
    /// Hexadecimal digits of a text.
    Hex,
    /// A name in `${…}`, `{{…}}` or `<…>`, or a word such as `changeme`.
    Placeholder,
    /// `null`, `None` or `undefined`, which a program wrote for a missing value.
    Nothing,
    /// Asterisks or dots, which a page or a log shows in place of a secret.
    Masked,
    /// `...` at the end, which a page or a log shows in place of the rest.
    CutCopy,
    /// `vault:…`, `op://…` or another name of a secret in a store.
    Reference,
    /// The output of sops, age, Ansible Vault or another program that encrypts.
    Encrypted,
    /// A `,`, `;` or another mark at the end.
    MarkAtEnd(char),
    /// `Bearer` or `Authorization:` before the secret.
    Header,
    /// A JWT.
    Jwt,
    /// PEM.
    Pem,
    /// HTML or XML.
    Markup,
    /// A URL.
    Url,
    /// The path of a file.
    Path,
    /// A project id.
    ProjectId,
    /// An error message of a program.
    ErrorMessage,
    /// A character that cannot be seen.
    Invisible(char),
    /// UTF-16, as some Windows programs write it.
    Utf16,
    /// Several keys.
    SeveralKeys,
}

/// A secret file that probably holds something else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SuspectFile {
    /// The expected kind of secret.
    pub kind: SecretKind,
    /// The file.
    pub path: PathBuf,
    /// What it probably holds.
    pub suspicion: Suspicion,
}

impl Suspicion {
    /// Returns what the text is, after "it looks like".
    pub(super) fn noun(self) -> Cow<'static, str> {
        match self {
            Self::Quotes => "a text in quotes".into(),
            Self::Assignment => "a line of the form `NAME=VALUE`".into(),
            Self::Field => "a line of the form `name: value`".into(),
            Self::Json => "JSON".into(),
            Self::Manifest => "a manifest of a Kubernetes Secret".into(),
            Self::EscapedLineEnd => "a text with a literal `\\n` or `\\r`, a backslash and a letter".into(),
            Self::EchoOption => "a text with an option of `echo` before it".into(),
            Self::Base64 => "base64 of a text, as in the `data` of a Kubernetes Secret".into(),
            Self::Hex => "a text in hexadecimal digits".into(),
            Self::Placeholder => "a placeholder that was not filled in".into(),
            Self::Nothing => "`null`, `None` or another word for a missing value".into(),
            Self::Masked => "a masked value, of which only `*`, `.` or `x` was copied".into(),
            Self::CutCopy => "a shortened value, of which the end is `...`".into(),
            Self::Reference => "a reference to a secret store, not the secret".into(),
            Self::Encrypted => "an encrypted text".into(),
            Self::MarkAtEnd(mark) => format!("a text with a trailing `{mark}`").into(),
            Self::Header => "an `Authorization` header".into(),
            Self::Jwt => "a JWT, such as a session or a refresh token".into(),
            Self::Pem => "PEM".into(),
            Self::Markup => "a page of HTML or XML".into(),
            Self::Url => "a URL".into(),
            Self::Path => "the path of a file".into(),
            Self::ProjectId => "a project id".into(),
            Self::ErrorMessage => "an error message of a program".into(),
            Self::Invisible(c) => {
                let name = characters::invisible(c).or_else(|| characters::look_alike(c).map(|(name, _)| name));
                let name = name.unwrap_or("character that no secret has");
                format!(
                    "a text with a character that cannot be seen or looks like another (U+{:04X}, {name})",
                    c as u32
                )
                .into()
            }
            Self::Utf16 => "UTF-16, as some Windows programs write it".into(),
            Self::SeveralKeys => "several keys".into(),
        }
    }

    /// Returns how to get the secret alone into the file. `noun` names the secret.
    pub(super) fn remedy(self, noun: &str) -> String {
        match self {
            Self::Quotes => "remove the quotes, which would be sent as a part of it".to_owned(),
            Self::Assignment => "keep only what follows the `=`".to_owned(),
            Self::Field => "keep only what follows the `:`".to_owned(),
            Self::Json => format!("keep only the {noun}, without the quotes around it"),
            Self::Manifest => format!("mount the Secret, or write the decoded {noun} alone"),
            Self::EscapedLineEnd | Self::EchoOption => "remove it; `printf '%s'` writes a text as it is".to_owned(),
            Self::Base64 => format!("write the decoded {noun}: `base64 -d` prints it"),
            Self::Hex => format!("write the decoded {noun}: `xxd -r -p` prints it"),
            Self::Placeholder | Self::Nothing => {
                format!("write the {noun} itself; look at the program that should have filled it in")
            }
            Self::Masked | Self::CutCopy => format!("copy the whole {noun} from where it is shown once"),
            Self::Reference => {
                format!("write the {noun} itself: references are resolved by the program that mounts it, not here")
            }
            Self::Encrypted => "decrypt it before it is mounted, with the program that encrypted it".to_owned(),
            Self::MarkAtEnd(_) => "remove it".to_owned(),
            Self::Header => format!("keep only the {noun}; the header is made when it is sent"),
            Self::Jwt => format!("write the {noun} itself; a refresh token belongs into `refreshTokenFile`"),
            Self::Pem | Self::Markup | Self::Url | Self::ProjectId | Self::ErrorMessage => {
                format!("write the {noun} in its place")
            }
            Self::Path => format!("write the {noun} itself, or name that file in the configuration"),
            Self::Invisible(_) => format!("copy the {noun} again, as plain text"),
            Self::Utf16 => "save it as plain ASCII text".to_owned(),
            Self::SeveralKeys => format!("keep one {noun}"),
        }
    }
}

/// Says what the file seems to hold, and what to do.
impl fmt::Display for SuspectFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, path, suspicion } = self;
        let (file, noun) = (kind.file_noun(), kind.noun());
        let (what, remedy) = (suspicion.noun(), suspicion.remedy(noun));
        write!(f, "{file} `{}` seems to hold no usable {noun}: it looks like {what}; {remedy}", path.display())
    }
}
