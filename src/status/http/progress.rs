//! The progress of a connection's current request, shared by its stream and its router.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Whether a connection is responding: from the end of a request's head until the system has accepted the last byte of the
/// response.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    responding: AtomicBool,
    response_ready: AtomicBool,
    waiting: AtomicBool,
}

impl Progress {
    pub(super) fn is_responding(&self) -> bool {
        self.0.responding.load(Relaxed)
    }

    /// Records that a whole request head was received.
    pub(super) fn request_received(&self) {
        self.0.response_ready.store(false, Relaxed);
        self.0.responding.store(true, Relaxed);
    }

    /// Records that the client begins to wait for a newer token.
    pub(super) fn wait_begins(&self) {
        self.0.waiting.store(true, Relaxed);
    }

    /// Records that the client is answered.
    pub(super) fn wait_ends(&self) {
        self.0.waiting.store(false, Relaxed);
    }

    /// Whether the client waits for a newer token.
    pub(super) fn is_waiting(&self) -> bool {
        self.0.waiting.load(Relaxed)
    }

    /// Records that the response is complete and must still be sent.
    pub(super) fn response_ready(&self) {
        self.0.response_ready.store(true, Relaxed);
    }

    fn flushed(&self) {
        if self.0.response_ready.load(Relaxed) {
            self.0.responding.store(false, Relaxed);
        }
    }
}

/// A stream that records when everything was sent: hyper flushes it then, and not before.
pub(super) struct TrackedStream<S> {
    pub(super) stream: S,
    pub(super) progress: Progress,
}

impl<S: AsyncRead + Unpin> AsyncRead for TrackedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TrackedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.stream).poll_flush(context));
        self.progress.flushed();
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
