//! A board and a desktop without a relay, with a key in common or not.

use std::fs::write;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::stories::{Story, end, end_board};
use crate::transcript::Transcript;
use crate::world::{Programs, World};

/// All of them, by name.
pub(crate) const STORIES: &[(&str, Story)] =
    &[("sealed-accepted", accepted), ("sealed-wrong-key", wrong_key), ("sealed-short-key", short_key)];

/// As from `head -c 32 /dev/urandom | base64`.
const KEY: &str = "bm90aGluZyB0aGF0IGFueWJvZHkgb3VnaHQgdG8gdXNlIQ==\n";
const OTHER: &str = "YW5vdGhlciBvbmUgdGhhdCBub2JvZHkgb3VnaHQgdG8gdXNl\n";

/// The board rings the desktop, sealed, which accepts.
fn accepted(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let key = world.path("call.key");
    write(&key, KEY)?;
    let (mut door, mut bob) = world.sealed_peers("monitor", [&key, &key])?;
    door.says("ready")?;
    bob.says("connected")?;
    door.types("p")?;
    door.says("rings at bob/kitchen")?;
    bob.says("door rings")?;
    bob.types("y\n")?;
    door.says("accepted by bob/kitchen")?;
    door.says("] over")?;
    bob.says("confirmed")?;
    end(bob, "bob", transcript)?;
    end_board(door, "door", transcript);
    Ok(())
}

/// The desktop has another key: the board says so, and rings nobody.
fn wrong_key(programs: &Programs, transcript: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let keys = [world.path("door.key"), world.path("bob.key")];
    write(&keys[0], KEY)?;
    write(&keys[1], OTHER)?;
    let (mut door, mut bob) = world.sealed_peers("monitor", [&keys[0], &keys[1]])?;
    door.says("has another key")?;
    door.types("p")?;
    door.says("not called")?;
    sleep(Duration::from_secs(1));
    ensure!(bob.count("door rings") == 0, "it rings all the same: {:?}", bob.said);
    end_board(door, "door", transcript);
    Ok(())
}

/// A key that is too short to be one.
fn short_key(programs: &Programs, _: &mut Transcript) -> Result<()> {
    let world = World::new(programs)?;
    let key = world.path("call.key");
    write(&key, "secret\n")?;
    let mut door = world.board_on_net("doorbell-sealed", "monitor", &[&format!("psk={}", key.display())])?;
    door.says("is wrong: it has to be a file of 32 to 256 random bytes")
}
