//! What is told of the link.

use adapter_std::{LinkError, LinkEvent};

use crate::output::{Notice, Tone, clean};

pub(super) fn tell(event: &LinkEvent) -> Notice {
    match event {
        LinkEvent::Connected => Notice::new("connected", Tone::Link, "connected"),
        LinkEvent::Lost(error) => lost(error),
        LinkEvent::Replaced => {
            let text = "another connection of this very device took the place of this one";
            Notice::new("replaced", Tone::Lost, text)
        }
        LinkEvent::TokenRefused(refusal) => {
            Notice::new("token_refused", Tone::Lost, format!("{refusal}")).with("reason", refusal.to_string())
        }
        LinkEvent::GroupLost(group) => {
            let text = format!("the relay no longer has us in the group {}", clean(group.as_str()));
            Notice::new("group_lost", Tone::Lost, text).with("group_id", group.as_str())
        }
        _ => Notice::new("link", Tone::Link, "something else happened to the link"),
    }
}

fn lost(error: &LinkError) -> Notice {
    let why = clean(&error.to_string());
    let text = match error {
        // Mostly it is no use.
        LinkError::Tls(_) => why,
        _ => format!("{why}; trying again"),
    };
    Notice::new("connection_lost", Tone::Lost, text).with("reason", error.to_string())
}
