//! The bare daemon: exchanges every key of a folder, writes each session atomically and durably, and does so again when the server wants or
//! at SIGUSR1. It verifies nothing, remembers nothing, retries blindly and shows nothing: with the same crates, nothing can cost less.
//!
//! `bare BASE_URL PROJECT_ID KEY_FOLDER OUTPUT_FOLDER [CA_FILE]`

use std::{env, error::Error, fs, io::Write, path::Path, path::PathBuf, sync::Arc, time::Duration};

use reqwest::{Certificate, Client};
use serde_json::Value;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{Semaphore, watch},
    time,
};

type Fault = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [base_url, project, keys, outputs, ca @ ..] = arguments.as_slice() else {
        return Err("usage: bare BASE_URL PROJECT_ID KEY_FOLDER OUTPUT_FOLDER [CA_FILE]".into());
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut client = Client::builder().no_proxy().timeout(Duration::from_secs(30));
    if let Some(ca) = ca.first() {
        client = client.tls_certs_only([Certificate::from_pem(&fs::read(ca)?)?]);
    }
    let (nudge, nudged) = watch::channel(());
    let (keys, outputs) = (keys.clone(), outputs.clone());
    let request = Arc::new(Request {
        client: client.build()?,
        url: format!("{base_url}/v1/auth/accesskey/exchange"),
        project: project.clone(),
        // As many requests at a time as the program makes by default.
        places: Semaphore::new(32),
    });
    runtime.block_on(async move {
        for entry in fs::read_dir(keys)? {
            let key = entry?.path();
            let output = Path::new(&outputs).join(key.file_name().unwrap_or_default()).with_extension("jwt");
            tokio::spawn(keep(Arc::clone(&request), key, output, nudged.clone()));
        }
        let mut renewals = signal(SignalKind::user_defined1())?;
        while renewals.recv().await.is_some() {
            nudge.send_replace(());
        }
        Ok(())
    })
}

struct Request {
    client: Client,
    url: String,
    project: String,
    places: Semaphore,
}

async fn keep(request: Arc<Request>, key: PathBuf, output: PathBuf, mut nudged: watch::Receiver<()>) {
    loop {
        let pause = match renew(&request, &key, &output).await {
            Ok(pause) => pause,
            Err(fault) => {
                eprintln!("{}: {fault}", key.display());
                Duration::from_secs(1)
            }
        };
        tokio::select! {
            () = time::sleep(pause) => {}
            _ = nudged.changed() => {}
        }
    }
}

async fn renew(request: &Request, key: &Path, output: &Path) -> Result<Duration, Fault> {
    let _place = request.places.acquire().await?;
    let bearer = format!("{}:{}", request.project, fs::read_to_string(key)?.trim());
    let reply = request.client.post(&request.url).bearer_auth(bearer).body("{}").send().await?.error_for_status()?;
    let reply: Value = serde_json::from_slice(&reply.bytes().await?)?;
    write(output, reply["sessionJwt"].as_str().ok_or("no session")?.as_bytes())?;
    Ok(Duration::from_secs(reply["nextRefreshSeconds"].as_u64().unwrap_or(60)))
}

fn write(output: &Path, token: &[u8]) -> Result<(), Fault> {
    let folder = output.parent().ok_or("no folder")?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(token)?;
    file.as_file().sync_all()?;
    file.persist(output)?;
    fs::File::open(folder)?.sync_all()?;
    Ok(())
}
