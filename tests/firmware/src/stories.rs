//! What happens between boards and desktops.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::latency::latency;
use crate::noise::noisy_line;
use crate::process::Process;
use crate::transcript::{Transcript, expected};
use crate::world::{Programs, World, simulated};

/// A story: what is checked by itself it checks, the rest is compared with a file of its name.
pub(crate) type Story = fn(&Programs, &mut Transcript) -> Result<()>;

/// Between two presses, of which there are 50 in a minute.
const PAUSE: Duration = Duration::from_millis(1_200);

/// All of them, by name.
pub(crate) const STORIES: &[(&str, Story)] = &[
    // The longest first: the others are told beside it.
    ("fifty-presses", fifty_presses),
    ("accepted", accepted),
    ("rejected", rejected),
    ("no-answer", no_answer),
    ("answered", answered),
    ("taken-back", taken_back),
    ("no-token", no_token),
    ("elsewhere", elsewhere),
    ("cut-line", cut_line),
    ("lost-power", lost_power),
    ("lost-relay", lost_relay),
    ("replaced", replaced),
    ("noise", noise),
    ("presses-at-once", presses_at_once),
    ("latency", latency),
    ("too-large", too_large),
    ("idle-line", idle_line),
    ("minimal", minimal),
    ("wrong-expectation", wrong_expectation),
    ("virtual-time", virtual_time),
];

fn accepted(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    rung(programs, transcript, "y\n")
}

fn rejected(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    rung(programs, transcript, "n\n")
}

/// The board rings a desktop, which answers.
fn rung(programs: &Programs, transcript: &mut Transcript, answer: &str) -> Result<()> {
    let world = World::new(programs)?;
    let bob = world.bob("kitchen", "ask")?;
    let (door, _bridge) = world.ready("doorbell")?;
    called(door, bob, answer, transcript)
}

/// The bell of a board that is ready, and the answer to it.
pub(crate) fn called(
    mut door: Process,
    mut bob: Process,
    answer: &str,
    transcript: &mut Transcript,
) -> Result<()> {
    door.types("p")?;
    door.says("rings at bob/kitchen")?;
    bob.types(answer)?;
    door.says("] over")?;
    bob.says("confirmed")?;
    end(bob, "bob", transcript)?;
    end_board(door, "door", transcript);
    Ok(())
}

/// Nobody comes within 30 s.
fn no_answer(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut bob = world.bob("kitchen", "none")?;
    let (mut door, _bridge) = world.ready("doorbell")?;
    let begin = Instant::now();
    door.types("p")?;
    door.says("] over")?;
    let took = begin.elapsed().as_secs_f32();
    ensure!((29.5..33.0).contains(&took), "the 30 s took {took} s");
    bob.says("time is up")?;
    end(bob, "bob", transcript)?;
    end_board(door, "door", transcript);
    Ok(())
}

/// A desktop rings the board, which accepts.
fn answered(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let (mut board, _bridge) = world.ready("answerer")?;
    board.types("y")?;
    board.says("nothing rings")?;
    let mut alice = world.alice_invites_bob()?;
    board.says("alice rings")?;
    board.types("y")?;
    board.says("the answer counts")?;
    ensure!(alice.ends()? == Some(0), "alice ought to end with 0: {:?}", alice.said);
    transcript.add("alice", &alice);
    end_board(board, "bob's board", transcript);
    Ok(())
}

/// A desktop rings the board, and thinks better of it.
fn taken_back(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let (mut board, _bridge) = world.ready("answerer")?;
    let mut alice = world.alice_invites_bob()?;
    alice.says("rings")?;
    board.says("alice rings")?;
    alice.ctrl_c()?;
    board.says("taken back")?;
    ensure!(alice.ends()? == Some(5), "alice ought to end with 5: {:?}", alice.said);
    end_board(board, "bob's board", transcript);
    Ok(())
}

/// A relay that wants a token, and a board without one; it is told what to do each time it tries.
fn no_token(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let key = tempfile::NamedTempFile::new()?;
    fs::write(key.path(), "a secret of more than thirty-two bytes")?;
    let world = World::with_relay(programs, &["--key-file", &key.path().display().to_string()])?;
    let mut door = world.board("doorbell", "line")?;
    let _bridge = world.bridge(&["line"])?;
    door.says("SIGNALING_TOKEN")?;
    door.says("SIGNALING_TOKEN")?;
    end_board(door, "door", transcript);
    Ok(())
}

/// Two desktops and a board ring; one accepts, and the others hear where.
fn elsewhere(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let (mut kitchen, mut desk) = (world.bob("kitchen", "ask")?, world.bob("desk", "ask")?);
    let (mut door, mut board) = (world.board("doorbell", "door")?, world.board("answerer", "bob")?);
    let _bridge = world.bridge(&["door", "bob"])?;
    door.says("ready")?;
    board.says("ready")?;
    door.types("p")?;
    for phone in [&mut kitchen, &mut desk] {
        phone.says("door rings")?;
    }
    board.says("door rings")?;
    kitchen.types("y\n")?;
    door.says("accepted by bob/kitchen")?;
    desk.says("kitchen")?;
    board.says("accepted by bob/kitchen")?;
    end_board(board, "bob's board", transcript);
    Ok(())
}

/// The line is cut for 5 s while it rings.
fn cut_line(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut bob = world.bob("kitchen", "ask")?;
    let (mut door, mut bridge) = world.ready("doorbell")?;
    door.types("p")?;
    door.says("rings at bob/kitchen")?;
    bob.says("door rings")?;
    bridge.kill();
    sleep(Duration::from_secs(5));
    bob.types("y\n")?;
    let _bridge = world.bridge(&["line"])?;
    door.says("accepted by bob/kitchen")?;
    door.says("] over")?;
    bob.says("confirmed")
}

/// The board loses its power while it rings: the desktop falls silent within the lease of 10 s.
fn lost_power(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut bob = world.bob("kitchen", "none")?;
    let (mut door, _bridge) = world.ready("doorbell")?;
    door.types("p")?;
    bob.says("door rings")?;
    door.says("rings at")?;
    door.kill();
    bob.says_within("stop", Duration::from_secs(12))
}

/// The relay is killed while it rings, and another one comes.
fn lost_relay(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let mut world = World::new(programs)?;
    let mut bob = world.bob("kitchen", "ask")?;
    let (mut door, _bridge) = world.ready("doorbell")?;
    door.types("p")?;
    bob.says("door rings")?;
    door.says("rings at")?;
    world.restart_relay()?;
    bob.says("connected")?;
    door.says("ready")?;
    bob.types("y\n")?;
    door.says("] over")?;
    bob.says("confirmed")
}

/// Another board with the same number takes the link, and goes: the button asks for the link back.
fn replaced(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let _bob = world.bob("kitchen", "accept")?;
    let (mut door, _bridge) = world.ready("doorbell")?;
    let mut other = world.board("doorbell", "other")?;
    let mut other_bridge = world.bridge(&["other"])?;
    door.says("another board has this device's id")?;
    other.kill();
    other_bridge.kill();
    door.types("p")?;
    door.says("accepted by bob/kitchen")?;
    door.says("] over")
}

/// Each tenth frame on the line is garbled, both ways; each of ten calls ends in agreement.
fn noise(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut bob = world.bob("kitchen", "accept")?;
    let mut door = world.board("doorbell", "clean")?;
    noisy_line(&world.path("clean"), &world.path("noisy"))?;
    let mut bridge = world.bridge(&["noisy"])?;
    door.says("ready")?;
    for _ in 0..10 {
        door.types("p")?;
        door.says("accepted by bob/kitchen")?;
        door.says("] over")?;
        bob.says("confirmed")?;
    }
    ensure!(bridge.count("garbled") > 0, "nothing came garbled");
    Ok(())
}

/// The button is pressed 50 times in a minute, there are four rows, and nobody comes for 30 s: each press rings or says
/// that it is full, and when calls end there is room again.
fn fifty_presses(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut bob = world.bob("kitchen", "none")?;
    let (mut door, _bridge) = world.ready("doorbell")?;
    let begin = Instant::now();
    for press in 1..=50 {
        door.types("p")?;
        presses(&mut door, press)?;
        sleep((begin + PAUSE * press as u32).saturating_duration_since(Instant::now()));
    }
    let (called, full) = presses(&mut door, 50)?;
    ensure!((8..=12).contains(&called), "{called} calls and {full} times full: 4 rows, for 30 s each");
    for _ in 0..called {
        door.says("no answer")?;
    }
    let rang = (door.count("rings at bob/kitchen"), bob.count("door rings"));
    ensure!(rang == (called, called), "{called} calls, but it rang so often, there and here: {rang:?}");
    Ok(())
}

/// The button is pressed 25 times at once, and there are four rows; later on each press rings.
fn presses_at_once(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let _bob = world.bob("kitchen", "accept")?;
    let (mut door, _bridge) = world.ready("doorbell")?;
    door.types(&"p".repeat(25))?;
    let (called, full) = presses(&mut door, 25)?;
    ensure!(called >= 4 && full > 0, "{called} calls and {full} times full, of 4 rows");
    for _ in 0..called {
        door.says("] over")?;
    }
    for _ in 0..25 {
        door.types("p")?;
        door.says("calling")?;
        door.says("] over")?;
    }
    Ok(())
}

/// An invitation with more data than the board has room for: bob's desktop rings all the same.
fn too_large(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let (_board, _bridge) = world.ready("answerer")?;
    let mut kitchen = world.bob("kitchen", "ask")?;
    let mut alice = world.alice_invites(&["bob", "--data", &"x".repeat(500)])?;
    alice.says("too large")?;
    kitchen.says("alice rings")?;
    kitchen.types("y\n")?;
    kitchen.says("confirmed")?;
    ensure!(alice.ends()? == Some(0), "alice ought to end with 0: {:?}", alice.said);
    Ok(())
}

/// An idle board sleeps but for its Pings, the bytes of which are an interrupt each.
fn idle_line(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut door = world.board_with("doorbell", "line", &["idle=20"])?;
    let _bridge = world.bridge(&["line"])?;
    sleeps(&mut door, 60)
}

/// The board tells how often it woke in 20 s: no more often than that.
pub(crate) fn sleeps(board: &mut Process, most: u32) -> Result<()> {
    board.says("woke")?;
    let line = board.said.last().map(String::as_str).unwrap_or_default();
    println!("        {line}");
    let wakes: u32 = line.split(' ').nth(1).and_then(|number| number.parse().ok()).context("it counts")?;
    ensure!((1..=most).contains(&wakes), "it woke {wakes} times, and not 1 to {most} times");
    Ok(())
}

/// The program of docs/embedded.md, to the letter, rings a desktop.
fn minimal(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let program = fs::read_to_string(root.join("examples/qemu-mps2/src/bin/minimal.rs"))?;
    let page = fs::read_to_string(root.join("docs/embedded.md"))?;
    ensure!(page.contains(&program), "docs/embedded.md does not show minimal.rs as it is");

    let world = World::new(programs)?;
    let _bob = world.bob("kitchen", "accept")?;
    let mut door = world.board("minimal", "line")?;
    let _bridge = world.bridge(&["line"])?;
    door.says("Link(Connected)")?;
    door.types("p")?;
    door.says("Accepted")?;
    door.says("Ended")
}

/// A story that goes otherwise than it is written down fails: what is checked here is the check.
fn wrong_expectation(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let mut transcript = Transcript::default();
    rejected(programs, &mut transcript)?;
    let checked = |name: &str| transcript.check(&expected(name), false);
    checked("rejected")?;
    ensure!(checked("accepted").is_err(), "a call that was rejected passes for one that was accepted");
    Ok(())
}

/// Two devices in one program, on a clock that counts instructions: to the ms the same each time.
fn virtual_time(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let mut runs = [simulated(programs, "virtual-time")?, simulated(programs, "virtual-time")?];
    for run in &mut runs {
        ensure!(run.ends()? == Some(0), "it ought to end with 0: {:?}", run.said);
    }
    let [once, again] = runs;
    ensure!(once.said == again.said, "twice, but not the same:\n{:#?}\n{:#?}", once.said, again.said);
    transcript.add("both devices, with ms", &once);
    Ok(())
}

/// Waits until so many presses had an answer: how many called, and how many found no room.
fn presses(door: &mut Process, all: usize) -> Result<(usize, usize)> {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let (called, full) = (door.count("calling"), door.count("full"));
        if called + full >= all {
            return Ok((called, full));
        }
        ensure!(Instant::now() < until, "{all} presses, but: {:#?}", door.said);
        sleep(Duration::from_millis(20));
    }
}

/// Ends a desktop politely, and writes down what it said.
pub(crate) fn end(mut desktop: Process, who: &str, transcript: &mut Transcript) -> Result<()> {
    desktop.ctrl_c()?;
    desktop.ends()?;
    transcript.add(who, &desktop);
    Ok(())
}

/// Switches a board off, and writes down what it said.
pub(crate) fn end_board(mut board: Process, who: &str, transcript: &mut Transcript) {
    board.kill();
    transcript.add(who, &board);
}
