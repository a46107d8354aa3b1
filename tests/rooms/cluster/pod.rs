//! A pod: the variables and files by which a client finds the API server.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use tempfile::TempDir;
use tokenwell::{
    cluster::{
        Application, Applied, CallError, Cluster, Fence, NotInAPod, ObjectName, SecretObject, ServiceAddress, TakeOver,
        claim,
    },
    secret::Secret,
};

use crate::api_server::ApiServer;

pub(crate) const SECRET: &str = "/api/v1/namespaces/shop/secrets/tokens";
pub(crate) const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/shop/leases/tokenwell";
pub(crate) const TOKEN: &str = "service.account.canary";

/// A model of the API server, and a pod of its cluster.
pub(crate) struct Pod {
    pub(crate) server: ApiServer,
    pub(crate) cluster: Cluster,
    pub(crate) folder: TempDir,
}

impl Pod {
    pub(crate) async fn start() -> Self {
        Self::with_timeout(Duration::from_secs(60)).await
    }

    pub(crate) async fn with_timeout(timeout: Duration) -> Self {
        let (server, folder) = (ApiServer::start(TOKEN).await, tempfile::tempdir().unwrap());
        server.write_authority(&folder.path().join("ca.crt"));
        fs::write(folder.path().join("namespace"), "shop").unwrap();
        fs::write(folder.path().join("token"), TOKEN).unwrap();
        let address = address("127.0.0.1", &server.address.port().to_string(), folder.path()).unwrap();
        let cluster = Cluster::build(address, timeout).unwrap();
        Self { server, cluster, folder }
    }

    /// Reads the Secret, and writes one value to it as the daemon does.
    pub(crate) async fn publish(&self, credential: &str, key: &str, value: &str) -> Result<Applied, CallError> {
        let current = self.secret().await?;
        self.write(current.as_ref(), credential, &[(key, value)], TakeOver::Refused).await
    }

    pub(crate) async fn secret(&self) -> Result<Option<SecretObject>, CallError> {
        self.cluster.secret(&name("tokens")).await
    }

    /// Writes values to the Secret that was read.
    pub(crate) async fn write(
        &self,
        current: Option<&SecretObject>,
        credential: &str,
        values: &[(&str, &str)],
        take_over: TakeOver,
    ) -> Result<Applied, CallError> {
        let keys = values.iter().map(|(key, _)| *key);
        let claim = claim(current, credential, keys, take_over).unwrap();
        let data = data(values);
        self.cluster.apply(&application(current, credential, claim, &data)).await
    }
}

pub(crate) fn application<'a>(
    current: Option<&'a SecretObject>,
    credential: &'a str,
    claim: tokenwell::cluster::Claim,
    data: &'a BTreeMap<String, Secret>,
) -> Application<'a> {
    static NONE: BTreeMap<String, String> = BTreeMap::new();
    let name = Box::leak(Box::new(name("tokens")));
    let fence = current.map_or(&Fence::Absent, |current| &current.fence);
    let record = Some("record");
    Application {
        secret: name,
        credential,
        fence,
        claim,
        data,
        record,
        labels: &NONE,
        annotations: &NONE,
        kind: "Opaque",
    }
}

pub(crate) fn data(values: &[(&str, &str)]) -> BTreeMap<String, Secret> {
    values.iter().map(|(key, value)| ((*key).to_owned(), Secret::new((*value).to_owned()))).collect()
}

pub(crate) fn name(text: &str) -> ObjectName {
    ObjectName::parse(text).unwrap()
}

pub(crate) fn address(host: &str, port: &str, folder: &Path) -> Result<ServiceAddress, NotInAPod> {
    let variable = |name: &str| match name {
        "KUBERNETES_SERVICE_HOST" => Some(host.to_owned()),
        "KUBERNETES_SERVICE_PORT" => Some(port.to_owned()),
        _ => None,
    };
    ServiceAddress::new(variable, folder)
}

/// Returns the message of a call that failed, in which no secret is.
pub(crate) fn message<T: std::fmt::Debug>(result: Result<T, CallError>) -> String {
    let error = result.unwrap_err();
    assert!(!format!("{error:?} {error}").contains("canary"), "{error:?}");
    error.to_string()
}
