//! What a device tells of an event: to people in words, to programs by name.

mod invitation;
mod link;

use adapter_std::{Event, LinkEvent};
use signaling_core::{Device, UserId};

use crate::output::{Notice, Tone, clean};

pub(crate) use invitation::{limit_left, outcome};

/// What `me` tells of the event.
pub(crate) fn tell(event: &Event, me: &UserId) -> Option<Notice> {
    match event {
        Event::Invitation(event) => invitation::tell(event, me),
        Event::Link(event) => Some(tell_link(event)),
        Event::Lagged { missed } => {
            let text = format!("too much at once: {missed} steps were left out, but no outcome");
            Some(Notice::new("lagged", Tone::Doubt, text).with("missed", *missed))
        }
        _ => None,
    }
}

/// What is told of the link.
pub(crate) fn tell_link(event: &LinkEvent) -> Notice {
    link::tell(event)
}

/// A device as people call it: `bob/kitchen`, or `bob` without a label.
pub(crate) fn device_name(user: &str, label: &str) -> String {
    match label {
        "" => clean(user),
        label => format!("{}/{}", clean(user), clean(label)),
    }
}

/// A device of that id, as programs see it.
fn device_id(device: Device) -> String {
    format!("{:016x}", { device.id })
}
