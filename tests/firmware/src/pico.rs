//! A Raspberry Pi Pico in rp2040js, with the program that is flashed to a real one: it rings, and is rung.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::process::Process;
use crate::stories::{Story, end, end_board};
use crate::transcript::Transcript;
use crate::world::{Programs, World, built};

/// All of them, by name.
pub(crate) const STORIES: &[(&str, Story)] = &[
    ("pico-accepted", accepted),
    ("pico-rejected", rejected),
    ("pico-no-answer", no_answer),
    ("pico-answered", answered),
    ("pico-declined", declined),
    ("pico-group", group),
];

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
fn pico(world: &World, program: &str, line: &str) -> Result<Process> {
    let firmware = root().join("examples/pico/target/thumbv6m-none-eabi/release").join(program);
    let runner = root().join("tests/firmware/pico");
    built(&firmware)?;
    built(&runner.join("node_modules"))?;
    let mut command = Command::new("node");
    command.arg(runner.join("run.mjs")).arg(firmware).arg(world.path(line));
    command.args(world.stack(&format!("pico, {program}")));
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

fn accepted(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    rung(programs, transcript, "y\n")
}

fn rejected(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
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
fn no_answer(programs: &Programs, _: &mut Transcript) -> Result<()> {
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
fn answered(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
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
fn declined(programs: &Programs, _: &mut Transcript) -> Result<()> {
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

/// The group "home", called from a board on Ethernet: a desktop, a board in QEMU and the Pico on one bridge all ring;
/// at the Pico somebody comes, and the others hear where.
fn group(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    world.group("create", "bob")?;
    world.group("join", "dave")?;
    let mut dave = world.desktop("dave", "desk", "none")?;
    let mut carol = world.board_with("answerer", "carol", &["user=carol", "group=home"])?;
    let mut bob = pico(&world, "answerer", "bob")?;
    let _bridge = world.bridge(&["carol", "bob"])?;
    let mut door = world.board_on_net("doorbell-tcp", "monitor", &["group=home", "whom=bob,dave,carol"])?;
    for board in [&mut carol, &mut bob, &mut door] {
        board.says("ready")?;
    }
    door.types("p")?;
    for phone in [&mut dave, &mut carol, &mut bob] {
        phone.says("door rings")?;
    }
    bob.types(FIRST)?;
    bob.says("the answer counts")?;
    door.says("accepted by bob/pico")?;
    door.says("] over")?;
    carol.says("accepted by bob/pico")?;
    dave.says("bob")?;
    dave.says("takes")
}
