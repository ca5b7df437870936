//! One frame of each kind that was seen, for its length and as a model for hostile ones.

use cortex_m_semihosting::hprintln;
use heapless::{LinearMap, Vec};
use signaling_core::machine::{Answer, Kind, Stance};
use signaling_core::wire::{Frame, Message, Target};

/// The bytes of a frame.
pub type Bytes = Vec<u8, 256>;

/// The first frame of each kind.
#[derive(Default)]
pub struct Kinds {
    first: LinearMap<&'static str, Bytes, 32>,
}

impl Kinds {
    /// Keeps it if it is the first of its kind.
    pub fn note(&mut self, bytes: &[u8]) {
        let Some(name) = name(bytes) else { return };
        if !self.first.contains_key(&name) {
            let bytes = Bytes::from_slice(bytes).expect("frames of these stories are short");
            assert!(self.first.insert(name, bytes).is_ok(), "more kinds than there is room for");
        }
    }

    /// A frame of each kind.
    pub fn frames(&self) -> impl Iterator<Item = &Bytes> {
        self.first.values()
    }

    /// A line for each kind.
    pub fn print(&self) {
        for (name, bytes) in &self.first {
            hprintln!("wire\t{}\t{}", name, bytes.len());
        }
    }
}

fn name(bytes: &[u8]) -> Option<&'static str> {
    Some(match Frame::decode(bytes).ok()? {
        Frame::Hello(_) => "Hello",
        Frame::Welcome(_) => "Welcome",
        Frame::Send(send) => sent(send.body, matches!(send.to, Target::Users(_)))?,
        Frame::Deliver(deliver) => delivered(deliver.body?, deliver.to_users)?,
        Frame::Fanout(_) => "Fanout",
        Frame::Refused(_) => "Refused",
        Frame::Ping(_) | Frame::Pong(_) => "Ping",
        Frame::Group(_) | Frame::GroupReply(_) => return None,
    })
}

fn sent(body: &[u8], to_users: bool) -> Option<&'static str> {
    Some(match (Message::decode(body).ok()?, to_users) {
        (Message::Report(report), true) if report.kind == Kind::Invite => "Send Invite",
        (Message::Report(report), false) if report.kind == Kind::Invite => "Send Invite to one device",
        (Message::Report(_), true) => "Send Decision",
        (Message::Report(_), false) => "Send Decision to one device",
        (Message::Stance(message), _) => match message.stance {
            Stance::Ringing => "Send Stance Ringing",
            Stance::Query => "Send Stance Query",
            Stance::Answer(Answer::Accept) => "Send Stance Accept",
            Stance::Answer(_) => "Send Stance Decline or Busy",
            Stance::Full(_) => "Send Stance Full",
            Stance::Cancel => "Send Stance Cancel",
            Stance::Modify => "Send Stance Modify",
        },
        (Message::Ack(_), _) => "Send Ack",
        (Message::Unknown { .. }, _) => "Send Unknown",
    })
}

fn delivered(body: &[u8], to_users: bool) -> Option<&'static str> {
    match Message::decode(body).ok()? {
        Message::Report(report) if to_users && report.kind == Kind::Invite => Some("Deliver Invite"),
        Message::Report(_) if to_users => Some("Deliver Decision"),
        Message::Stance(message) if message.stance == Stance::Ringing => Some("Deliver Stance Ringing"),
        _ => None,
    }
}
