//! Connections: accepted up to a bound, served by hyper, and broken off manually if an answer requires it.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};

use super::act::{Act, After, Break};
use super::response;
use super::routes;
use super::state::Shared;

/// Serves connections until it is dropped. Connections above the bound wait to be accepted.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    if let Err(error) = connection(stream, shared).await {
                        tracing::debug!("a connection broke: {error}");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await; // out of descriptors: it would fail again at once
            }
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (breaks, mut broken) = mpsc::channel(1);
    let service = service_fn(move |request| {
        let (shared, breaks) = (Arc::clone(&shared), breaks.clone());
        async move {
            match routes::act(&shared, request).await {
                Act::Reply(reply) => return Ok::<_, Infallible>(response::of(reply, shared.lock().unix_seconds())),
                Act::Hang => {}
                Act::Break(ending) => {
                    // This fails only if the connection is gone, and then there is nothing to break off.
                    let _sent = breaks.send(ending).await;
                }
            }
            pending().await
        }
    });
    // The `Date` header comes from the sandbox's clock.
    let mut http = http1::Builder::new().auto_date_header(false).serve_connection(TokioIo::new(stream), service);
    let ending = tokio::select! {
        ended = &mut http => return ended.map_err(io::Error::other),
        Some(ending) = broken.recv() => ending,
    };
    break_off(http.into_parts().io.into_inner(), ending).await
}

async fn break_off(mut stream: TcpStream, ending: Break) -> io::Result<()> {
    stream.write_all(ending.bytes).await?;
    match ending.after {
        After::Reset => stream.set_zero_linger(), // closing it then sends RST
        After::Close => stream.shutdown().await,
        After::Hang => {
            let mut ignored = [0; 1024];
            while stream.read(&mut ignored).await? > 0 {}
            Ok(())
        }
    }
}

/// Less than the usual limit of 1024 open files.
const CONNECTIONS_MAX: usize = 512;
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
