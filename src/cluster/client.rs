//! The five calls.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::Method;

use super::{
    application::{Application, Applied},
    call::{Call, Resource, Verb},
    fault::{CallError, Fault, LargePart, REQUEST_BYTES_MAX},
    field_manager::MANAGED_BY,
    judge::{Answer, judge},
    lease_object::{LeaseObject, LeaseSpec, lease_body},
    object_name::ObjectName,
    secret_object::{AnyObject, SecretObject},
    service_account::{HOST_VARIABLE, NotInAPod, ServiceAddress, TokenUnreadable, read_token},
    workload::{Workload, restart_patch},
};
use crate::{
    blocking::{self, Lane},
    clock,
    exchange::{Client, ClientError, Reply, Request, TlsSetupError},
    secret::Secret,
};

/// The API server, in the pod's own namespace. Cheap to clone; clones share their connections.
///
/// It uses no proxy, and trusts only the cluster's authority, which is read once: a replaced authority needs a new client.
#[derive(Clone, Debug)]
pub struct Cluster {
    client: Client,
    address: Arc<ServiceAddress>,
    timeout: Duration,
}

impl Cluster {
    /// Reads the cluster's authority. Sends no request. Each call has this time-out, usually [`REQUEST_TIMEOUT`]. Blocks on the disk.
    pub fn build(address: ServiceAddress, timeout: Duration) -> Result<Self, NotInAPod> {
        let path = address.ca_file();
        let client = Client::of_private_server(&address.url.origin(), HOST_VARIABLE, &path, REPLY_BYTES_MAX);
        let client = client.map_err(|error| NotInAPod::File { path, why: why_no_client(&error) })?;
        Ok(Self { client, address: Arc::new(address), timeout })
    }

    /// Returns the namespace of all calls.
    pub fn namespace(&self) -> &ObjectName {
        self.address.namespace()
    }

    /// Reads a Secret; `None` if there is none.
    pub async fn secret(&self, name: &ObjectName) -> Result<Option<SecretObject>, CallError> {
        let call = self.call(Verb::Get, Resource::Secret, name);
        self.read(call, SecretObject::parse).await
    }

    /// Applies the fields of a credential to a Secret, which it may create.
    pub async fn apply(&self, application: &Application<'_>) -> Result<Applied, CallError> {
        let (call, reply) = self.send_application(application, "").await?;
        let object = serde_json::from_slice::<AnyObject>(&reply.body).ok();
        match object.and_then(|object| object.metadata.fence()) {
            Some(fence) => Ok(Applied { fence }),
            None => Err(garbled(call, "the Secret has no `uid` or `resourceVersion`")),
        }
    }

    /// Asks whether an application would succeed: rights, owners, immutability and admission are checked, and nothing changes.
    pub async fn dry_run(&self, application: &Application<'_>) -> Result<(), CallError> {
        self.send_application(application, "&dryRun=All").await.map(drop)
    }

    /// Reads a Lease; `None` if there is none.
    pub async fn lease(&self, name: &ObjectName) -> Result<Option<LeaseObject>, CallError> {
        let call = self.call(Verb::Get, Resource::Lease, name);
        self.read(call, LeaseObject::parse).await
    }

    /// Replaces the Lease that was read, or creates it where there was none. Fails with [`Fault::Conflict`] if it is another one by then.
    pub async fn put_lease(
        &self,
        name: &ObjectName,
        current: Option<&LeaseObject>,
        spec: &LeaseSpec,
    ) -> Result<LeaseObject, CallError> {
        let call = self.call(Verb::Update, Resource::Lease, name);
        let path = format!("{}?fieldManager={MANAGED_BY}", call.path());
        let body = lease_body(self.namespace(), name, current, spec);
        let request = || Request::typed(Method::PUT, path.clone(), "application/json", body.clone());
        let (_, reply) = self.complete(&call, request).await?;
        LeaseObject::parse(&reply.body).map_err(|why| garbled(call, why))
    }

    /// Restarts a workload by a changed annotation of its pods, which says when.
    pub async fn restart(&self, workload: &Workload, at: SystemTime) -> Result<(), CallError> {
        let call = self.call(Verb::Patch, Resource::Workload(workload.kind), &workload.name);
        let path = format!("{}?fieldManager={MANAGED_BY}", call.path());
        let body = restart_patch(at);
        let request = || Request::typed(Method::PATCH, path.clone(), "application/merge-patch+json", body.clone());
        self.complete(&call, request).await.map(drop)
    }

    async fn read<T>(&self, call: Call, parse: fn(&[u8]) -> Result<T, &'static str>) -> Result<Option<T>, CallError> {
        let path = call.path();
        match self.complete(&call, || Request::get(path.clone())).await? {
            (Answer::Absent, _) => Ok(None),
            (Answer::Object | Answer::Created, reply) => parse(&reply.body).map(Some).map_err(|why| garbled(call, why)),
        }
    }

    async fn send_application(&self, application: &Application<'_>, more: &str) -> Result<(Call, Reply), CallError> {
        let call = self.call(Verb::Apply, Resource::Secret, application.secret);
        let body = application.body(self.namespace());
        if body.len() > REQUEST_BYTES_MAX {
            return Err(CallError { call, fault: Fault::TooLarge { part: LargePart::Request } });
        }
        let path = format!("{}?{}{more}", call.path(), application.query());
        let request = || Request::typed(Method::PATCH, path.clone(), "application/apply-patch+yaml", body.clone());
        match self.complete(&call, request).await {
            Ok((_, reply)) => Ok((call, reply)),
            Err(CallError { call, fault }) => {
                let secrets = application.secrets();
                let secrets: Vec<_> = secrets.iter().map(|text| text.as_str()).collect();
                Err(CallError { call, fault: fault.without(&secrets) })
            }
        }
    }

    /// Sends a request with the token of the file, and once more if it is refused and the file has another token by then.
    async fn complete(&self, call: &Call, request: impl Fn() -> Request) -> Result<(Answer, Reply), CallError> {
        let began = clock::now();
        let failed = |fault| CallError { call: call.clone(), fault };
        let left = || self.timeout.saturating_sub(clock::now() - began);
        let token = self.token(left()).await.map_err(failed)?;
        let answer = self.send(call, request(), &token, left()).await;
        let answer = match answer {
            Err(Fault::Unauthorized) => {
                let newer = self.token(left()).await.map_err(failed)?;
                if newer.fingerprint() == token.fingerprint() {
                    Err(Fault::Unauthorized)
                } else {
                    self.send(call, request(), &newer, left()).await
                }
            }
            answer => answer,
        };
        answer.map_err(failed)
    }

    async fn send(
        &self,
        call: &Call,
        request: Request,
        token: &Secret,
        within: Duration,
    ) -> Result<(Answer, Reply), Fault> {
        // The file has printable characters only, which a header allows.
        let request = request.bearer(&[token.expose()]).map_err(|_| Fault::Unauthorized)?;
        let reply = self.client.send_within(request, within).await;
        let reply = reply.map_err(|refused| Fault::Unreachable { why: refused.message })?;
        Ok((judge(call, &reply, clock::wall())?, reply))
    }

    /// Reads the token: for each request, because the kubelet replaces it in time.
    async fn token(&self, within: Duration) -> Result<Secret, Fault> {
        let path: PathBuf = self.address.token_file();
        let hangs = |path| Fault::NoToken(TokenUnreadable { path, why: "its file system does not answer".to_owned() });
        let read = {
            let path = path.clone();
            move || read_token(&path)
        };
        match blocking::run_within(Lane::Read, within, read).await {
            Ok(token) => token.map_err(Fault::NoToken),
            Err(_) => Err(hangs(path)),
        }
    }

    fn call(&self, verb: Verb, resource: Resource, name: &ObjectName) -> Call {
        Call { verb, resource, namespace: self.namespace().clone(), name: name.clone() }
    }
}

fn garbled(call: Call, why: &str) -> CallError {
    CallError { call, fault: Fault::Garbled { why: why.to_owned() } }
}

fn why_no_client(error: &ClientError) -> String {
    match error {
        ClientError::Tls(TlsSetupError::File { error, .. }) => error.to_string(),
        ClientError::Tls(_) | ClientError::Proxy(_) | ClientError::Http(_) => error.to_string(),
    }
}

/// The usual time limit of a call.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest reply that is read: a Secret of 1 MiB in base64, with its owners.
const REPLY_BYTES_MAX: usize = 4 << 20;
