//! tokio-util's framing, over a pipe that waits. There is no async runtime
//! here that could slow it down: every poll is ready, for the call in it
//! waits as ours do.

use std::fs::File;
use std::hint::black_box;
use std::io::{self, PipeReader, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use futures_core::Stream;
use futures_sink::Sink;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

/// The format of `shared::frame`, in tokio-util's words.
fn codec() -> LengthDelimitedCodec {
    let mut format = LengthDelimitedCodec::builder();
    format.little_endian().length_field_type::<u32>().new_codec()
}

/// Sends the payload so many times, gathering up to `boundary` bytes.
pub(crate) fn send(
    pipe: File,
    payload: &[u8],
    count: usize,
    boundary: usize,
) -> io::Result<()> {
    let mut frames = FramedWrite::new(Waits(pipe), codec());
    frames.set_backpressure_boundary(boundary);
    at_once(send_into(frames, &Bytes::copy_from_slice(payload), count))
}

// A `poll_fn` each would hide the calls: these are what `feed` and `flush`
// of the crate futures do.
fn send_into(
    mut frames: impl Sink<Bytes, Error = io::Error> + Unpin,
    payload: &Bytes,
    count: usize,
) -> Poll<io::Result<()>> {
    let mut context = Context::from_waker(Waker::noop());
    let mut frames = Pin::new(&mut frames);
    for _ in 0..count {
        ready!(frames.as_mut().poll_ready(&mut context))?;
        frames.as_mut().start_send(black_box(payload.clone()))?;
    }
    frames.poll_flush(&mut context)
}

/// Receives to the end of file: how many bytes of payload.
pub(crate) fn receive(pipe: PipeReader, buffer: usize) -> io::Result<usize> {
    let mut frames = FramedRead::with_capacity(Waits(pipe), codec(), buffer);
    let mut frames = Pin::new(&mut frames);
    let mut context = Context::from_waker(Waker::noop());
    let mut bytes = 0;
    loop {
        match frames.as_mut().poll_next(&mut context) {
            Poll::Ready(Some(frame)) => bytes += black_box(frame?).len(),
            Poll::Ready(None) => return Ok(bytes),
            Poll::Pending => return at_once(Poll::Pending),
        }
    }
}

fn at_once<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(answer) => answer,
        Poll::Pending => Err(io::Error::other("a call that waits is ready")),
    }
}

/// A stream whose calls wait.
struct Waits<T>(T);

impl<T: Read + Unpin> AsyncRead for Waits<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // This clears what it lends, which is not tokio-util's doing: some
        // parts in a thousand of its time, at 8 KiB a read.
        let count = self.0.read(into.initialize_unfilled())?;
        into.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl<T: Write + Unpin> AsyncWrite for Waits<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.0.write(bytes))
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.flush())
    }

    fn poll_shutdown(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}
