//! V2TIM's JSON: what is read, what is written, and that nothing else gets through.

mod arbitrary;
mod endpoint;
mod oracle;
mod recorded;
mod verdicts;
#[path = "../stories/world.rs"]
mod world;

use signaling_core::v2tim::SignalingInfo;

fn written(info: &SignalingInfo<'_>) -> String {
    let mut buf = vec![0; info.written_len()];
    assert_eq!(info.write(&mut buf), Ok(buf.len()), "written_len is exact");
    String::from_utf8(buf).unwrap()
}
