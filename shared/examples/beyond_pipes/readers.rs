//! Two readers of the same frames: this course's own, and tokio-util's. Each
//! takes the four frames, then whatever there is to say while the sender
//! waits for its answer, then the end of the stream.

use std::io::Read;

use bytes::BytesMut;
use shared::frame::{DEFAULT_LIMIT, FrameError, FrameReader};
use shared::narrate::{Narrator, hex};
use shared::stop::{Named, Stop, must};
use tokio_util::codec::{Decoder, LengthDelimitedCodec};

use super::sender::FRAMES;

/// `FrameReader`, which does not know what it reads from.
pub(crate) fn ours(
    tell: &mut Narrator,
    stream: impl Read,
    before_the_end: impl FnOnce(&mut Narrator) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut frames = FrameReader::new(stream);
    for sent in FRAMES {
        let same = frames.recv().named("recv")? == Some(sent);
        must(same, "each frame is as it was sent")?;
    }
    tell.remark("recv, 4 times", "byte for byte as they were sent");
    before_the_end(tell)?;
    let end = frames.recv().named("recv")?;
    must(end.is_none(), "the stream has ended")?;
    tell.remark("recv = None", "end of file");
    Ok(())
}

/// The format of `shared::frame`, in tokio-util's words.
fn codec() -> LengthDelimitedCodec {
    let mut format = LengthDelimitedCodec::builder();
    format.little_endian().length_field_type::<u32>();
    format.max_frame_length(DEFAULT_LIMIT).new_codec()
}

/// tokio-util's codec, which reads nothing itself. There is no async runtime
/// here: plain reads that wait, and the codec is handed what they bring.
pub(crate) fn tokios(
    tell: &mut Narrator,
    mut stream: impl Read,
    before_the_end: impl FnOnce(&mut Narrator) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let (mut codec, mut held) = (codec(), BytesMut::new());
    let (mut piece, mut reads) = ([0; 4096], 0);
    for sent in FRAMES {
        let frame = loop {
            if let Some(frame) = codec.decode(&mut held).named("decode")? {
                break frame;
            }
            let count = stream.read(&mut piece).named("read")?;
            must(count > 0, "the sender is there")?;
            held.extend_from_slice(&piece[..count]);
            reads += 1;
        };
        must(frame == sent, "each frame is as it was sent")?;
    }
    tell.remark("decode, 4 times", "tokio-util finds the same, byte for byte");
    must(reads > FRAMES.len(), "a long frame takes many reads")?;
    tell.remark(
        "read, more than 4 times",
        "no borders here, either: frames are due",
    );
    before_the_end(tell)?;
    let count = stream.read(&mut piece).named("read")?;
    let end = codec.decode_eof(&mut held).named("decode_eof")?;
    must(count == 0 && end.is_none(), "the stream has ended")?;
    tell.remark("read = 0, decode_eof = None", "end of file");
    Ok(())
}

/// The one cut on which the two disagree.
pub(crate) fn disagree(tell: &mut Narrator) -> Result<(), Stop> {
    tell.step("A stream that ends after a header: torn, or not?")?;
    let cut = &4_u32.to_le_bytes()[..];
    tell.remark(hex(cut), "4 bytes are to follow, and none does");
    // The codec remembers the header itself, and looks only whether bytes are
    // left over: there are none.
    let end = codec().decode_eof(&mut BytesMut::from(cut));
    must(matches!(end, Ok(None)), "to tokio-util this is a clean end")?;
    tell.remark("decode_eof = None", "a clean end, says tokio-util");
    match FrameReader::new(cut).recv() {
        Err(torn @ FrameError::Truncated { missing: 4 }) => {
            tell.say(format!("recv: {torn}"));
            Ok(())
        }
        other => Err(Stop::Failed(format!("recv gave {other:?}"))),
    }
}
