//! Boards on Ethernet.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::process::Process;
use crate::stories::{Story, called, end, end_board, sleeps};
use crate::transcript::Transcript;
use crate::world::{Programs, World};

/// All of them, by name.
pub(crate) const STORIES: &[(&str, Story)] = &[
    ("ethernet-accepted", accepted),
    ("ethernet-answered", answered),
    ("ethernet-no-cable", no_cable),
    ("ethernet-lost-relay", lost_relay),
    ("ethernet-lost-power", lost_power),
    ("ethernet-no-relay", no_relay),
    ("ethernet-wrong-setting", wrong_setting),
    ("ethernet-wrong-word", wrong_word),
    ("ethernet-another-number", another_number),
    ("ethernet-no-name", no_name),
    ("ethernet-idle", idle),
    ("ethernet-no-relay-at-all", direct),
];

/// A doorbell that is connected.
fn door(world: &World) -> Result<Process> {
    let mut door = world.board_on_net("doorbell-tcp", "monitor", &[])?;
    door.says("ready")?;
    Ok(door)
}

/// The board rings a desktop, which accepts.
fn accepted(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let bob = world.bob("kitchen", "ask")?;
    called(door(&world)?, bob, "y\n", transcript)
}

/// A desktop rings the board, which rejects.
fn answered(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut board = world.board_on_net("answerer-tcp", "monitor", &[])?;
    board.says("ready")?;
    let mut alice = world.alice_invites_bob()?;
    board.says("alice rings")?;
    board.types("n")?;
    board.says("the answer counts")?;
    ensure!(alice.ends()? == Some(3), "alice ought to end with 3: {:?}", alice.said);
    end_board(board, "bob's board", transcript);
    Ok(())
}

/// The cable is out for 5 s while it rings.
fn no_cable(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut bob = world.bob("kitchen", "ask")?;
    let mut door = door(&world)?;
    door.types("p")?;
    door.says("rings at bob/kitchen")?;
    bob.says("door rings")?;
    world.plug("monitor", false)?;
    bob.types("y\n")?;
    sleep(Duration::from_secs(5));
    ensure!(door.count("accepted") == 0, "it hears without a cable: {:?}", door.said);
    world.plug("monitor", true)?;
    door.says("accepted by bob/kitchen")?;
    door.says("] over")?;
    bob.says("confirmed")
}

/// The relay is killed while it rings, and another one comes.
fn lost_relay(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let mut world = World::new(programs)?;
    let mut bob = world.bob("kitchen", "ask")?;
    let mut door = door(&world)?;
    door.types("p")?;
    bob.says("door rings")?;
    door.says("rings at")?;
    world.restart_relay()?;
    door.says("offline")?;
    bob.says("connected")?;
    door.says("ready")?;
    bob.types("y\n")?;
    door.says("] over")?;
    bob.says("confirmed")
}

/// The board loses its power while it rings: the desktop falls silent within the lease of 10 s.
fn lost_power(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut bob = world.bob("kitchen", "none")?;
    let mut door = door(&world)?;
    door.types("p")?;
    bob.says("door rings")?;
    door.says("rings at")?;
    door.kill();
    bob.says_within("stop", Duration::from_secs(12))
}

/// The board is there before the relay.
fn no_relay(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let mut world = World::new(programs)?;
    world.relay.kill();
    let mut door = world.board_on_net("doorbell-tcp", "monitor", &[])?;
    door.says("offline: the relay cannot be reached")?;
    world.restart_relay()?;
    door.says("ready")
}

/// A relay of a name that nobody has: the board asks for it, and says so.
fn no_name(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut door = world.board_on_net("doorbell-tcp", "monitor", &["relay=relay.invalid:7400"])?;
    door.says("offline: the network does not know the relay's name")
}

/// A relay that is neither an address nor a name: the board says what it has to be.
fn wrong_setting(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut door = world.board_on_net("doorbell-tcp", "monitor", &["relay=nowhere"])?;
    door.says("relay=nowhere is wrong")?;
    end_board(door, "door", transcript);
    Ok(())
}

/// What cannot be set, and a number that is none: the board says so, and what could be.
fn wrong_word(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    for word in ["wohm=bob", "device=d005"] {
        let door = world.board_on_net("doorbell-tcp", "monitor", &[word])?;
        end_board(door, "door", transcript);
    }
    Ok(())
}

/// Two users have a doorbell each, at one relay.
fn another_number(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let _door = door(&world)?;
    let settings = ["user=porch", "device=00000000000000f1"];
    let mut porch = world.board_on_net("doorbell-tcp", "porch-monitor", &settings)?;
    porch.says("ready")
}

/// An idle board sleeps but for its Pings, and what the network does by itself.
fn idle(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let mut door = world.board_on_net("doorbell-tcp", "monitor", &["idle=20"])?;
    door.says("ready")?;
    sleeps(&mut door, 60)
}

/// The board and a desktop without a relay, over UDP; the cable is out while the desktop answers.
fn direct(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let (mut door, mut bob) = world.peers("monitor")?;
    door.says("ready")?;
    bob.says("connected")?;
    door.types("p")?;
    door.says("rings at bob/kitchen")?;
    bob.says("door rings")?;
    world.plug("monitor", false)?;
    bob.types("y\n")?;
    sleep(Duration::from_secs(2));
    world.plug("monitor", true)?;
    door.says("accepted by bob/kitchen")?;
    door.says("] over")?;
    bob.says("confirmed")?;
    end(bob, "bob", transcript)?;
    end_board(door, "door", transcript);
    Ok(())
}
