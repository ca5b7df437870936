//! Bytes as what a device says on its link to a relay, from the first byte on.

use std::net::Ipv4Addr;
use std::time::Duration;

use adapter_std::TokioClock;
use adapter_std::framing::tcp_codec;
use arbitrary::{Arbitrary, Unstructured};
use bytes::{Bytes, BytesMut};
use signaling_core::Device;
use signaling_core::wire::{Frame, Hello};
use signaling_relay::{Config, Insecure, Relay};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};
use tokio_util::codec::{Decoder, Encoder};

/// No answer to so few bytes takes longer, even if the device says no more and stays.
const PATIENCE: Duration = Duration::from_secs(120);
#[derive(Arbitrary)]
struct Session<'a> {
    /// In what pieces it arrives, and how many seconds lie between them.
    cut: u16,
    pause: u8,
    /// Whether the device goes when it has said all.
    goes: bool,
    bytes: &'a [u8],
}

/// Serves the bytes as a link. All that comes back are frames, and the link ends.
pub fn session(bytes: &[u8]) {
    let Ok(session) = Session::arbitrary_take_rest(Unstructured::new(bytes)) else { return };
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("there is memory for a runtime").block_on(serve(&session));
}

async fn serve(session: &Session<'_>) {
    let limits = Config { frame: 1024, body: 512, push: 128, recipients: 4, ..Config::default() };
    let config = Config { silence: 20_000, hello: 5_000, ..limits };
    let relay = Relay::builder(Insecure).config(config).clock(TokioClock::new());
    let relay = relay.bind((Ipv4Addr::LOCALHOST, 0).into()).await.expect("this machine has a free port");
    let handle = relay.handle();
    let running = tokio::spawn(relay.run(std::future::pending()));
    let (mut bob, theirs) = duplex(64 * 1024);
    handle.serve(theirs);
    bob.write_all(&hello()).await.expect("a fresh link takes bytes");
    let (ours, theirs) = duplex(4096);
    handle.serve(theirs);
    let (mut answers, mut says) = tokio::io::split(ours);
    let saying = async {
        for piece in session.bytes.chunks(usize::from(session.cut).max(1)) {
            sleep(Duration::from_secs((session.pause % 8).into())).await;
            if says.write_all(piece).await.is_err() {
                return;
            }
        }
        if session.goes {
            let _ = says.shutdown().await;
        }
    };
    let mut heard = Vec::new();
    let hearing = async {
        timeout(PATIENCE * 60, answers.read_to_end(&mut heard)).await.expect("the link ends").ok();
    };
    tokio::join!(saying, hearing);
    only_frames(&heard);
    running.abort();
}

/// What a second device says in each session, so that there is somebody to send to.
fn hello() -> BytesMut {
    let device = Device { id: 2, epoch: 1 };
    let hello = Frame::Hello(Hello { user: "bob", device, label: "", largest: 4096, token: "" });
    let mut frame = [0; 64];
    let len = hello.encode(&mut frame).expect("a Hello is small");
    let mut framed = BytesMut::new();
    tcp_codec(len).encode(Bytes::copy_from_slice(&frame[..len]), &mut framed).expect("it has that length");
    framed
}

fn only_frames(bytes: &[u8]) {
    let (mut codec, mut bytes) = (tcp_codec(64 * 1024), BytesMut::from(bytes));
    while let Some(frame) = codec.decode(&mut bytes).expect("a relay sends no frame as large as that") {
        Frame::decode(&frame).expect("a relay sends frames");
    }
    assert!(bytes.is_empty(), "and nothing else");
}
