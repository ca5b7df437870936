//! Bytes as a stream that is cut into frames.

use adapter_std::framing::tcp_codec;
use arbitrary::{Arbitrary, Unstructured};
use bytes::{Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

#[derive(Arbitrary)]
struct Stream<'a> {
    largest: u8,
    /// In what pieces it arrives.
    cuts: [u8; 4],
    bytes: &'a [u8],
}

/// Reads a stream in one piece and in several: the same frames, none too large, and the same end. Written
/// again they are the same bytes.
pub fn framing(bytes: &[u8]) {
    let Ok(stream) = Stream::arbitrary_take_rest(Unstructured::new(bytes)) else { return };
    let largest = usize::from(stream.largest);
    let whole = read(largest, [stream.bytes].into_iter());
    let pieces = read(largest, pieces(stream.bytes, stream.cuts));
    assert_eq!(whole, pieces);
    let (frames, _) = whole;
    assert!(frames.iter().all(|frame| frame.len() <= largest));
    let mut written = BytesMut::new();
    let mut codec = tcp_codec(largest);
    for frame in frames {
        codec.encode(Bytes::from(frame), &mut written).expect("it is small enough");
    }
    assert!(stream.bytes.starts_with(&written));
}

/// The frames, and whether the stream broke.
fn read<'a>(largest: usize, pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<BytesMut>, bool) {
    let (mut codec, mut buf, mut frames) = (tcp_codec(largest), BytesMut::new(), Vec::new());
    for piece in pieces {
        buf.extend_from_slice(piece);
        loop {
            match codec.decode(&mut buf) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(_) => return (frames, true),
            }
        }
    }
    (frames, false)
}

fn pieces(mut bytes: &[u8], cuts: [u8; 4]) -> impl Iterator<Item = &[u8]> {
    let mut cuts = cuts.into_iter().cycle();
    std::iter::from_fn(move || {
        let cut = usize::from(cuts.next()?).max(1).min(bytes.len());
        let (piece, rest) = bytes.split_at(cut);
        bytes = rest;
        Some(piece).filter(|piece| !piece.is_empty())
    })
}
