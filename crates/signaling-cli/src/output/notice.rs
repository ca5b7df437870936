//! One thing that happened, in both its forms.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

/// What kind of news it is: gives it its sign and colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tone {
    /// It rings.
    Ring,
    /// Somebody said yes.
    Yes,
    /// Somebody said no.
    No,
    /// It was taken back.
    Cancel,
    /// The time is up.
    Time,
    /// Data changed.
    Change,
    /// Nothing is heard, or nobody can tell.
    Doubt,
    /// A step on the way.
    Step,
    /// Somebody writes down what he knows.
    Record,
    /// The link to the relay.
    Link,
    /// The link is not there.
    Lost,
}

impl Tone {
    fn sign(self) -> &'static str {
        match self {
            Self::Ring => "☎",
            Self::Yes => "✔",
            Self::No => "✘",
            Self::Cancel => "⊘",
            Self::Time => "◔",
            Self::Change => "✎",
            Self::Doubt => "?",
            Self::Step => "·",
            Self::Record => "▪",
            Self::Link => "⇄",
            Self::Lost => "↯",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Ring => AnsiColor::Cyan.on_default().bold(),
            Self::Yes => AnsiColor::Green.on_default(),
            Self::No | Self::Lost => AnsiColor::Red.on_default(),
            Self::Cancel | Self::Time | Self::Doubt => AnsiColor::Yellow.on_default(),
            Self::Change => AnsiColor::Magenta.on_default(),
            Self::Step | Self::Record | Self::Link => Style::new().dimmed(),
        }
    }
}

/// One thing that happened. People read its text, programs its name and fields.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    tone: Tone,
    text: String,
    event: &'static str,
    fields: Vec<(&'static str, Value)>,
}

impl Notice {
    /// `event` is the stable name; whatever others sent must have been cleaned in `text`.
    pub(crate) fn new(event: &'static str, tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into(), event, fields: Vec::new() }
    }

    /// Says it in other words.
    pub(crate) fn text(self, text: impl Into<String>) -> Self {
        Self { text: text.into(), ..self }
    }

    /// Adds a field for programs; one without a value is left out.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !value.is_null() {
            self.fields.push((name, value));
        }
        self
    }

    /// The text with its sign, in colour.
    pub(super) fn human(&self) -> String {
        let style = self.tone.style();
        format!("{style}{} {}{style:#}", self.tone.sign(), self.text)
    }

    /// One JSON object: when, what, and the fields in the order in which they were added.
    pub(crate) fn json(&self, at_ms: i64) -> String {
        let mut line = format!("{{\"at_ms\":{at_ms},\"event\":{}", json!(self.event));
        for (name, value) in &self.fields {
            // Writing to a string does not fail.
            let _ = write!(line, ",{}:{value}", json!(name));
        }
        line.push('}');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let notice =
            Notice::new("ringing", Tone::Ring, "bob rings").with("invitee", "bob").with("none", None::<u8>);
        assert_eq!(notice.json(7), r#"{"at_ms":7,"event":"ringing","invitee":"bob"}"#);
        assert!(notice.human().contains("☎ bob rings"));
    }
}
