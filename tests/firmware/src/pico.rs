//! A Raspberry Pi Pico in rp2040js, with the program that is flashed to a real one: it rings, and is rung.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::process::Process;
use crate::stories::{end, end_board};
use crate::transcript::Transcript;
use crate::world::{Programs, World, built};

/// The first button: the bell's, or yes.
const FIRST: &str = "GP14 press\n";
/// The second button: no.
const SECOND: &str = "GP15 press\n";
/// The LED of the board.
const LIT: &str = "GP25 high";
const DARK: &str = "GP25 low";
/// How `invite` ends if everybody says no.
const REJECTED: i32 = 3;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A Pico that runs this program. Its line is the socket of that name.
pub(crate) fn pico(world: &World, program: &str, line: &str) -> Result<Process> {
    let firmware = root().join("examples/pico/target/thumbv6m-none-eabi/release").join(program);
    let runner = root().join("tests/firmware/pico");
    built(&firmware)?;
    built(&runner.join("node_modules"))?;
    let mut command = Command::new("node");
    command.arg(runner.join("run.mjs")).arg(firmware).arg(world.path(line));
    let mut pico = Process::start(program, &mut command).context("rp2040js needs node, 18 or newer")?;
    pico.says(program)?;
    Ok(pico)
}

/// A Pico that is connected, and its bridge.
fn ready(world: &World, program: &str) -> Result<(Process, Process)> {
    let mut pico = pico(world, program, "pico")?;
    let bridge = world.bridge(&["pico"])?;
    pico.says("ready")?;
    Ok((pico, bridge))
}

pub(crate) fn accepted(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    rung(programs, transcript, "y\n")
}

pub(crate) fn rejected(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    rung(programs, transcript, "n\n")
}

/// Its button is pressed, and a desktop answers.
fn rung(programs: &Programs, transcript: &mut Transcript, answer: &str) -> Result<()> {
    let world = World::new(programs)?;
    let mut bob = world.bob("kitchen", "ask")?;
    let (mut door, _bridge) = ready(&world, "doorbell")?;
    door.types(FIRST)?;
    door.says(LIT)?;
    door.says("rings at bob/kitchen")?;
    bob.types(answer)?;
    door.says(DARK)?;
    door.says("] over")?;
    bob.says("confirmed")?;
    end(bob, "bob", transcript)?;
    end_board(door, "door", transcript);
    Ok(())
}

/// Nobody comes within 30 s.
pub(crate) fn no_answer(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut bob = world.bob("kitchen", "none")?;
    let (mut door, _bridge) = ready(&world, "doorbell")?;
    let begin = Instant::now();
    door.types(FIRST)?;
    door.says("rings at bob/kitchen")?;
    door.says("no answer")?;
    let took = begin.elapsed().as_secs_f32();
    ensure!((29.5..33.0).contains(&took), "the 30 s took {took} s");
    bob.says("time is up")
}

/// A desktop rings it; the first button is pressed too early, and again when it rings.
pub(crate) fn answered(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let (mut board, _bridge) = ready(&world, "answerer")?;
    board.types(FIRST)?;
    board.says("nothing rings")?;
    let mut alice = world.alice_invites_bob()?;
    board.says("alice rings")?;
    board.types(FIRST)?;
    board.says("the answer counts")?;
    ensure!(alice.ends()? == Some(0), "alice ought to end with 0: {:?}", alice.said);
    transcript.add("alice", &alice);
    end_board(board, "bob's Pico", transcript);
    Ok(())
}

/// A desktop rings it, and the second button is pressed.
pub(crate) fn declined(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let (mut board, _bridge) = ready(&world, "answerer")?;
    let mut alice = world.alice_invites_bob()?;
    board.says(LIT)?;
    board.says("alice rings")?;
    board.types(SECOND)?;
    board.says(DARK)?;
    board.says("the answer counts")?;
    ensure!(alice.ends()? == Some(REJECTED), "alice ought to end with {REJECTED}: {:?}", alice.said);
    Ok(())
}
