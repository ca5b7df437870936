//! What everybody does and hears, in the order of time.

use std::collections::HashSet;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use adapter_std::{Event, InviteId};
use anstyle::Style;

use crate::output::{Notice, Printer, Tone};

const HEAD: Style = Style::new().bold().underline();
const DIM: Style = Style::new().dimmed();

/// Prints what the devices tell. One at a time: what is printed later happened later.
pub(super) struct Timeline {
    printer: Printer,
    now: Mutex<Now>,
    /// The invitations of those before: whoever comes online hears of them, too.
    past: Mutex<HashSet<InviteId>>,
}

/// How far the stories are.
#[derive(Clone, Copy, Default)]
enum Now {
    #[default]
    Before,
    /// The one that is played.
    Story(&'static str),
    /// All is told.
    After,
}

impl Now {
    fn story(self) -> Option<&'static str> {
        match self {
            Self::Story(name) => Some(name),
            Self::Before | Self::After => None,
        }
    }
}

impl Timeline {
    pub(super) fn new(printer: Printer) -> Self {
        Self { printer, now: Mutex::default(), past: Mutex::default() }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A story begins.
    pub(super) fn open_story(&self, number: usize, name: &'static str, line: &str) -> io::Result<()> {
        *self.now() = Now::Story(name);
        self.printer.say(&format!("\n{HEAD}{number:>2}  {name}{HEAD:#}  {DIM}{line}{DIM:#}"))?;
        self.printer.machine(&Notice::new("story", Tone::Step, "").with("story", name).with("line", line))
    }

    /// The stories are over: what still happens while all is put away is not told.
    pub(super) fn close_stories(&self) {
        *self.now() = Now::After;
    }

    /// Something happened to `who`, just now.
    pub(super) fn tell(&self, who: &str, notice: Notice) {
        let now = self.now();
        if matches!(*now, Now::After) {
            return;
        }
        let notice = notice.with("party", who).with("story", now.story());
        // Whoever reads this may be gone: the next heading finds out.
        let _ = self.printer.print(who, &notice);
    }

    /// That invitation is over; people read no more of it.
    pub(super) fn over(&self, id: Option<InviteId>) {
        self.past.lock().unwrap_or_else(PoisonError::into_inner).extend(id);
    }

    /// Whether people have read enough of that.
    pub(super) fn is_past(&self, event: &Event) -> bool {
        let Event::Invitation(event) = event else { return false };
        self.past.lock().unwrap_or_else(PoisonError::into_inner).contains(&event.invitation.id)
    }

    /// What everybody recorded, and whether that agrees.
    pub(super) fn verdict(&self, records: &[String], faults: &[String]) -> io::Result<()> {
        for fault in faults {
            self.printer.say(&format!("              ✘ {fault}"))?;
        }
        let story = self.now().story();
        let notice = Notice::new("verdict", Tone::Step, "").with("story", story);
        self.printer.machine(&notice.with("records", records.len()).with("faults", faults.to_vec()))
    }
}
