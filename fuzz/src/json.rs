//! Bytes as V2TIM's JSON, beside `serde_json`.

use serde_json::Value;
use signaling_core::v2tim::{MAX_DEPTH, NotSignaling, SignalingInfo, get_signaling_info};

use crate::oracle::{expected, read};

/// Reads the bytes as a message of an invitation: with the same verdict and the same words as by way of
/// `serde_json`. What is read is written so that it reads the same.
pub fn json(bytes: &[u8]) {
    let ours = get_signaling_info(bytes);
    if let Ok(info) = &ours {
        written_again(info);
    }
    match serde_json::from_slice::<Value>(bytes) {
        Ok(_) if matches!(ours, Err(NotSignaling::TooDeep { .. })) => assert!(deep(bytes), "not that deep"),
        Ok(theirs) => match (expected(&theirs), ours) {
            (Some(meant), Ok(info)) => assert_eq!(read(&info, &meant), meant),
            (None, Err(error)) => assert!(!is_no_json(error), "{error}"),
            (meant, ours) => panic!("{ours:?} is not {meant:?}"),
        },
        Err(error) if is_our_choice(&error) => {}
        Err(error) => assert!(ours.is_err_and(is_no_json), "{ours:?}, but {error}"),
    }
}

fn written_again(info: &SignalingInfo<'_>) {
    let mut buf = vec![0; info.written_len()];
    assert_eq!(info.write(&mut buf), Ok(buf.len()));
    assert_eq!(get_signaling_info(&buf), Ok(*info));
    serde_json::from_slice::<Value>(&buf).expect("what we write is JSON");
}

fn is_no_json(error: NotSignaling) -> bool {
    matches!(
        error,
        NotSignaling::NotJson { .. } | NotSignaling::NotUtf8 { .. } | NotSignaling::TooDeep { .. }
    )
}

/// Half surrogate pairs and numbers without bounds are JSON to the web clients and to us.
fn is_our_choice(error: &serde_json::Error) -> bool {
    let error = error.to_string();
    ["surrogate", "end of hex escape", "out of range"].iter().any(|known| error.contains(known))
}

/// Whether there are enough brackets for that at all.
fn deep(bytes: &[u8]) -> bool {
    bytes.iter().filter(|byte| b"[{".contains(byte)).count() > MAX_DEPTH as usize
}
