//! How long it takes from an invitation on a desktop until a board rings and the desktop knows, beside the
//! round trip of the bare line.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use adapter_std::{Client, Event, InviteOptions, LinkState, What};
use anyhow::{Context, Result, ensure};
use signaling_core::wire::Frame;
use signaling_core::wire::line::{Decoder, encode};
use tokio::time::timeout;

use crate::transcript::Transcript;
use crate::world::{Programs, World};

/// How often each is measured.
const TURNS: u32 = 100;
/// Nothing takes so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Prints both.
pub(crate) fn latency(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let line = pings(&world)?;
    let (_board, _bridge) = world.ready("answerer")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let rings = runtime.block_on(rings(&world))?;
    println!("        invite to ring: {}; a ping over the bare line: {}", told(rings), told(line));
    Ok(())
}

/// The median, and the most.
fn told(mut times: Vec<Duration>) -> String {
    times.sort();
    let ms = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1_000.0);
    format!(
        "median {:.1} ms, most {:.1} ms of {}",
        ms(times.get(times.len() / 2)),
        ms(times.last()),
        times.len()
    )
}

/// Pings a board over its line, with nothing in between.
fn pings(world: &World) -> Result<Vec<Duration>> {
    let _board = world.board("answerer", "bare")?;
    let mut line = UnixStream::connect(world.path("bare"))?;
    line.set_read_timeout(Some(PATIENCE))?;
    let mut decoder = Decoder::new([0; 1024]);
    (0..TURNS).map(|number| ping(&mut line, &mut decoder, number)).collect()
}

fn ping(line: &mut UnixStream, decoder: &mut Decoder<[u8; 1024]>, number: u32) -> Result<Duration> {
    let mut buf = [0; 16];
    let len = Frame::Ping(number).encode(&mut buf)?;
    let bytes: Vec<u8> = encode(&buf[..len]).collect();
    let begin = Instant::now();
    line.write_all(&bytes)?;
    loop {
        let mut bytes = [0; 64];
        let len = line.read(&mut bytes).context("no answer to a ping")?;
        ensure!(len > 0, "the board is gone");
        for byte in &bytes[..len] {
            let frame = decoder.push(*byte).and_then(Result::ok);
            if frame.is_some_and(|frame| Frame::decode(frame) == Ok(Frame::Pong(number))) {
                return Ok(begin.elapsed());
            }
        }
    }
}

/// Invites the board, and takes it back as soon as it rings.
async fn rings(world: &World) -> Result<Vec<Duration>> {
    let client =
        Client::builder("alice").relay(world.relay_address()).state_dir(world.path("alice")).build()?;
    let mut events = client.events();
    client.connect();
    ensure!(timeout(PATIENCE, client.connected()).await? == LinkState::Up, "alice is not let in");
    let mut times = Vec::new();
    for _ in 0..TURNS {
        let begin = Instant::now();
        let call = client.signaling().invite("bob", "", &InviteOptions::default())?;
        timeout(PATIENCE, async {
            while let Some(event) = events.next().await {
                let Event::Invitation(event) = event else { continue };
                if event.invitation.id == call.id() && matches!(event.what, What::Ringing { .. }) {
                    break;
                }
            }
        })
        .await
        .context("the board does not ring")?;
        times.push(begin.elapsed());
        client.signaling().cancel(call.id(), "")?;
        wait_until_forgotten(&client, &call).await?;
    }
    client.close().await;
    Ok(times)
}

/// The board has four rows: it gets the next call when it knows the end of this one.
async fn wait_until_forgotten(client: &Client, call: &adapter_std::Invitation) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while client.signaling().invitation(call.id()).is_some() {
        ensure!(Instant::now() < until, "the board does not confirm a cancel");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}
