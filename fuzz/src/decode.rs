//! Bytes as a frame, as a message, and as a frame that carries one.

use signaling_core::wire::{Frame, Message, NoRoom};

/// Reads the bytes as a `$kind`. What is one is written again in no more bytes, reads as the same value, and
/// fits in no byte less.
macro_rules! again {
    ($kind:ident, $bytes:expr) => {{
        let bytes: &[u8] = $bytes;
        let read = $kind::decode(bytes).ok();
        if let Some(value) = &read {
            let mut buf = vec![0; bytes.len()];
            let len = value.encode(&mut buf).expect("it took no more bytes before");
            assert_eq!($kind::decode(&buf[..len]).as_ref(), Ok(value));
            let mut twice = vec![0; len];
            assert_eq!(value.encode(&mut twice), Ok(len));
            assert_eq!(twice, buf[..len], "written the same way each time");
            assert_eq!(value.encode(&mut twice[..len - 1]), Err(NoRoom));
        }
        read
    }};
}

/// Decodes the bytes, and what they carry.
pub fn decode(bytes: &[u8]) {
    again!(Message, bytes);
    let body = match again!(Frame, bytes) {
        Some(Frame::Send(send)) => Some(send.body),
        Some(Frame::Deliver(deliver)) => deliver.body,
        _ => None,
    };
    body.and_then(|body| again!(Message, body));
}
