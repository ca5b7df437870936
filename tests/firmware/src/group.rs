//! The group "home": bob in the kitchen and dave at his desk, each at a desktop, carol's board on a bridge, and
//! the doorbell on Ethernet. The boards join by themselves.

use std::time::Instant;

use anyhow::{Result, ensure};

use crate::process::Process;
use crate::stories::{Story, end, end_board};
use crate::transcript::Transcript;
use crate::world::{Programs, World};

/// All of them, by name.
pub(crate) const STORIES: &[(&str, Story)] = &[
    ("group-accepted", accepted),
    ("group-no-answer", no_answer),
    ("group-taken-back", taken_back),
    ("group-refused", refused),
];

/// Everybody at home.
struct Home {
    bob: Process,
    dave: Process,
    carol: Process,
    door: Process,
    _bridge: Process,
}

impl Home {
    fn new(world: &World, bob: &str) -> Result<Self> {
        world.group("create", "bob")?;
        world.group("join", "dave")?;
        let (bob, dave) = (world.desktop("bob", "kitchen", bob)?, world.desktop("dave", "desk", "none")?);
        let mut carol = world.board_with("answerer", "carol", &["user=carol", "group=home"])?;
        let _bridge = world.bridge(&["carol"])?;
        let mut door =
            world.board_on_net("doorbell-tcp", "monitor", &["group=home", "whom=bob,dave,carol"])?;
        carol.says("ready")?;
        door.says("ready")?;
        Ok(Self { bob, dave, carol, door, _bridge })
    }

    /// The button is pressed, and it rings everywhere.
    fn ring(&mut self) -> Result<()> {
        self.door.types("p")?;
        for phone in [&mut self.bob, &mut self.dave, &mut self.carol] {
            phone.says("door rings")?;
        }
        Ok(())
    }

    /// Everybody goes; what bob, dave and carol's board said is written down, and what the door did of its own.
    fn end(self, transcript: &mut Transcript) -> Result<()> {
        end(self.bob, "bob", transcript)?;
        end(self.dave, "dave", transcript)?;
        end_board(self.carol, "carol's board", transcript);
        Ok(())
    }
}

/// Bob accepts; the others hear where, and fall silent.
fn accepted(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut home = Home::new(&world, "ask")?;
    home.ring()?;
    home.bob.types("y\n")?;
    home.door.says("accepted by bob/kitchen")?;
    home.door.says("] over")?;
    home.bob.says("confirmed")?;
    home.dave.says("bob")?;
    home.dave.says("takes")?;
    home.carol.says("accepted by bob/kitchen")?;
    home.carol.says("taken back")?;
    home.end(transcript)
}

/// Nobody comes within 30 s.
fn no_answer(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut home = Home::new(&world, "none")?;
    let begin = Instant::now();
    home.ring()?;
    home.door.says("no answer")?;
    home.door.says("] over")?;
    let took = begin.elapsed().as_secs_f32();
    ensure!((29.5..33.0).contains(&took), "the 30 s took {took} s");
    home.bob.says("time is up")?;
    home.dave.says("time is up")?;
    home.carol.says("no answer")?;
    home.end(transcript)
}

/// Alice, who is at home too, rings them and thinks better of it.
fn taken_back(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut home = Home::new(&world, "none")?;
    world.group("join", "alice")?;
    let mut alice = world.alice_invites(&["bob", "dave", "carol", "--group", "home", "--data", "dinner"])?;
    for phone in [&mut home.bob, &mut home.dave, &mut home.carol] {
        phone.says("alice rings")?;
    }
    alice.ctrl_c()?;
    home.carol.says("taken back")?;
    home.bob.says("takes")?;
    home.dave.says("takes")?;
    ensure!(alice.ends()? == Some(5), "alice ought to end with 5: {:?}", alice.said);
    home.end(transcript)
}

/// Who is not in the group does not ring, and the doorbell says so.
fn refused(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut bob = world.bob("kitchen", "accept")?;
    let mut door = world.board_on_net("doorbell-tcp", "monitor", &["group=home"])?;
    door.says("ready")?;
    door.types("p")?;
    door.says("bob cannot be reached")?;
    door.says("] over")?;
    ensure!(bob.count("rings") == 0, "bob rings: {:?}", bob.said);
    Ok(())
}
