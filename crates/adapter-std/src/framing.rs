//! How a byte stream is cut into frames (protocol section 4).

use tokio_util::codec::LengthDelimitedCodec;

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
