//! A run, told line by line.

use std::fmt::Write as _;

use signaling_core::wire::{Frame, Message};

use super::World;
use crate::cast::Who;

impl<const I: usize> World<I> {
    pub(super) fn tell(&mut self, who: Who, what: impl FnOnce() -> String) {
        let now = self.now;
        if let Some(story) = &mut self.story {
            let (user, label) = self.condition.cast()[who];
            let _ = writeln!(
                story,
                "{:>8.3} s  {:<14} {}",
                now as f64 / 1000.0,
                format!("{user}/{label}"),
                what()
            );
        }
    }

    pub(super) fn tell_frame(&mut self, who: Who, bytes: &[u8]) {
        if self.story.is_some() {
            let text = self.describe(bytes);
            self.tell(who, || format!("  gets {text}"));
        }
    }

    fn describe(&self, bytes: &[u8]) -> String {
        match Frame::decode(bytes) {
            Ok(Frame::Deliver(deliver)) => {
                let call = self.ids.iter().position(|id| *id == Some(deliver.key));
                let from = format!("{}/{}", deliver.from.user, deliver.from.label);
                let text = match deliver.body.map(Message::decode) {
                    Some(Ok(message)) => describe(&message, deliver.dwell),
                    _ => "something unreadable".into(),
                };
                format!("{text} of {from}, call {}", call.map_or("?".into(), |call| call.to_string()))
            }
            Ok(frame) => format!("{frame:?}"),
            Err(error) => format!("garbage: {error}"),
        }
    }
}

fn describe(message: &Message<'_>, dwell: u32) -> String {
    match message {
        Message::Report(report) => {
            let slots: Vec<_> = report.slots.iter().map(|entry| format!("{:?}", entry.slot)).collect();
            let (kind, echo) = (report.kind, report.echo);
            format!("{kind:?} [{}] echo {echo}, waited {dwell} ms,", slots.join(", "))
        }
        Message::Stance(stance) => format!("{:?} n {}", stance.stance, stance.n),
        other => format!("{other:?}"),
    }
}
