//! How a byte stream is cut into frames (protocol section 4).

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use signaling_core::wire::line::{CRC, Decoder, LineError, encode};
use tokio_util::codec::LengthDelimitedCodec;

use crate::transport::TlsTrouble;

/// How a relay that speaks TLS begins to answer what is none: an alert, of whatever version. As a length it would
/// be one of 350 MB.
const ALERT: [u8; 2] = [0x15, 0x03];

/// The framing of TCP and of in-process streams: each frame behind its length, a big-endian u32.
///
/// A frame of more than `largest` bytes, announced or to be written, is an error of kind
/// [`InvalidData`](std::io::ErrorKind::InvalidData) or [`InvalidInput`](std::io::ErrorKind::InvalidInput);
/// nothing of it is kept in memory.
pub fn tcp_codec(largest: usize) -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .big_endian()
        .length_field_type::<u32>()
        .max_frame_length(largest)
        .new_codec()
}

/// The same at a device's end: it knows a relay that asks for TLS.
pub(crate) fn relay_codec(largest: usize) -> RelayCodec {
    RelayCodec(tcp_codec(largest))
}

/// From [`relay_codec`].
#[derive(Debug)]
pub(crate) struct RelayCodec(LengthDelimitedCodec);

impl tokio_util::codec::Decoder for RelayCodec {
    type Item = BytesMut;
    type Error = io::Error;

    fn decode(&mut self, src: &mut BytesMut) -> io::Result<Option<BytesMut>> {
        let wants_tls = src.starts_with(&ALERT);
        self.0.decode(src).map_err(|error| match error.kind() {
            _ if wants_tls => TlsTrouble::Wanted.into(),
            // Such as the first words of a web server, read as a length.
            io::ErrorKind::InvalidData => io::Error::new(error.kind(), "what answers there is no relay"),
            _ => error,
        })
    }
}

impl tokio_util::codec::Encoder<Bytes> for RelayCodec {
    type Error = io::Error;

    fn encode(&mut self, frame: Bytes, dst: &mut BytesMut) -> io::Result<()> {
        self.0.encode(frame, dst)
    }
}

/// The framing of serial lines: see [`line`](signaling_core::wire::line). What came garbled, or longer than
/// `largest`, is an item too, and the next frame is whole again.
pub fn line_codec(largest: usize) -> LineCodec {
    LineCodec(Decoder::new(vec![0; largest + CRC]))
}

/// From [`line_codec`].
#[derive(Clone, Debug)]
pub struct LineCodec(Decoder<Vec<u8>>);

impl tokio_util::codec::Decoder for LineCodec {
    type Item = Result<Bytes, LineError>;
    type Error = io::Error;

    fn decode(&mut self, src: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        while src.has_remaining() {
            if let Some(frame) = self.0.push(src.get_u8()) {
                return Ok(Some(frame.map(Bytes::copy_from_slice)));
            }
        }
        Ok(None)
    }
}

impl tokio_util::codec::Encoder<Bytes> for LineCodec {
    type Error = io::Error;

    fn encode(&mut self, frame: Bytes, dst: &mut BytesMut) -> io::Result<()> {
        dst.extend(encode(&frame));
        Ok(())
    }
}
