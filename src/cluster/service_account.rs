//! What the kubelet gives a pod for the API server: an address, an authority, a namespace and a token.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::object_name::ObjectName;
use crate::{
    blocking::{Access, at_file},
    exchange::BaseUrl,
    secret::Secret,
};

/// The address of the API server, and the files of the service account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServiceAddress {
    pub(super) url: BaseUrl,
    pub(super) namespace: ObjectName,
    pub(super) folder: PathBuf,
}

/// Why there is no API server to ask.
#[derive(Debug, thiserror::Error)]
pub enum NotInAPod {
    /// The kubelet sets this variable in every container.
    #[error(
        "not in a pod: `{variable}` is not set; Secrets are written only from inside the cluster, see `deploy/kubernetes`"
    )]
    NoVariable {
        /// The variable.
        variable: &'static str,
    },
    /// The variables make no address.
    #[error(
        "not in a pod: `{HOST_VARIABLE}` and `{PORT_VARIABLE}` are not a host and a port; let the kubelet set them, and no `env` of the pod"
    )]
    BadAddress,
    /// A file of the service account cannot be read.
    #[error(
        "not in a pod with a service account: cannot read `{}`: {why}; set `automountServiceAccountToken: true` in the pod", .path.display()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// Why the token cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the service account's token `{}`: {why}; it is mounted by `automountServiceAccountToken: true`", .path.display())]
pub struct TokenUnreadable {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl ServiceAddress {
    /// Finds the API server by the variables of the pod's environment, and the namespace in the folder of the service account, which is
    /// [`SERVICE_ACCOUNT_FOLDER`] in a pod. Blocks on the disk.
    pub fn new(variable: impl Fn(&'static str) -> Option<String>, folder: &Path) -> Result<Self, NotInAPod> {
        let value =
            |name| variable(name).filter(|value| !value.is_empty()).ok_or(NotInAPod::NoVariable { variable: name });
        let (host, port) = (value(HOST_VARIABLE)?, value(PORT_VARIABLE)?);
        let port: u16 = port.parse().ok().filter(|port| *port > 0).ok_or(NotInAPod::BadAddress)?;
        let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host };
        let is_host = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
        let url = BaseUrl::parse(&format!("https://{host}:{port}"), false).ok().filter(|_| is_host);
        let url = url.ok_or(NotInAPod::BadAddress)?;
        let path = folder.join("namespace");
        let file = |why: String| NotInAPod::File { path: path.clone(), why };
        let namespace = read(&path).map_err(|error| file(words(&error)))?;
        let namespace = std::str::from_utf8(&namespace).ok().and_then(|text| ObjectName::parse(text.trim()).ok());
        let namespace = namespace.ok_or_else(|| file("it holds no name of a namespace".to_owned()))?;
        Ok(Self { url, namespace, folder: folder.to_owned() })
    }

    /// Returns the namespace of the pod.
    pub fn namespace(&self) -> &ObjectName {
        &self.namespace
    }

    /// Returns the file of the authority that signs the API server's certificate.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.crt")
    }

    /// Returns the file of the token, which the kubelet replaces before the token expires.
    pub fn token_file(&self) -> PathBuf {
        self.folder.join("token")
    }
}

/// Reads a token. Blocks on the disk.
pub(super) fn read_token(path: &Path) -> Result<Secret, TokenUnreadable> {
    let unreadable = |why: String| TokenUnreadable { path: path.to_owned(), why };
    let bytes = read(path).map_err(|error| unreadable(words(&error)))?;
    let text = std::str::from_utf8(&bytes).ok().map(str::trim).unwrap_or_default();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unreadable("it holds no token".to_owned()));
    }
    Ok(Secret::new(text.to_owned()))
}

/// Reads a small regular file.
fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    at_file(Access::Read, path);
    // The type is checked before the file is opened, because opening a pipe would wait for its writer.
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_BYTES_MAX + 1));
    File::open(path)?.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > FILE_BYTES_MAX { Err(io::Error::other("it is longer than 16 KiB")) } else { Ok(bytes) }
}

fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// The folder in which a pod finds the files of its service account.
pub const SERVICE_ACCOUNT_FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
pub(super) const HOST_VARIABLE: &str = "KUBERNETES_SERVICE_HOST";
const PORT_VARIABLE: &str = "KUBERNETES_SERVICE_PORT";
/// The longest file of a service account that is read. Tokens have about 1 KiB.
const FILE_BYTES_MAX: usize = 16 << 10;
