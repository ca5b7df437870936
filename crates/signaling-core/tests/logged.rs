//! What is lost or refused is said in the log, through `log`.
#![cfg(feature = "log")]

#[path = "stories/world.rs"]
mod world;

use std::sync::Mutex;

use log::{Level, Log, Metadata, Record};
use signaling_core::{Invite, InviteError};
use world::World;

/// Keeps what is said.
struct Said(Mutex<Vec<(Level, String)>>);

impl Log for Said {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        self.0.lock().unwrap().push((record.level(), record.args().to_string()));
    }

    fn flush(&self) {}
}

static SAID: Said = Said(Mutex::new(Vec::new()));

#[test]
fn what_is_ignored_refused_or_lost_is_said() {
    log::set_logger(&SAID).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let mut world = World::of(&["alice", "bob"]);
    world.give(1, &[9, 9]);
    let ids = [(); 4].map(|()| world.invite(0, &["bob"], 30).to_string());
    let invite = Invite { invitees: &["bob"], ..Invite::default() };
    assert_eq!(world.phones[0].engine.invite(world.now, &invite), Err(InviteError::Capacity));
    assert_eq!(world.phones[0].engine.poll_transmit(world.now, &mut [0; 9]), None);

    let said = SAID.0.lock().unwrap();
    let said: Vec<(Level, &str)> = said.iter().map(|(level, text)| (*level, text.as_str())).collect();
    let fifth = format!("{}5: the table is full of live invitations", &ids[0][..31]);
    let lost = "a frame exceeds the buffer of 9 bytes and is dropped";
    assert_eq!(said[0], (Level::Debug, "ignored: malformed: version 9, but this is version 1"));
    assert_eq!(said[1], (Level::Warn, fifth.as_str()));
    assert!(said[2..].iter().all(|line| *line == (Level::Warn, lost)) && said.len() > 2);
}
