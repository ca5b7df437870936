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
    /// The story that is played.
    story: Mutex<Option<&'static str>>,
    /// The invitations of those before: whoever comes online hears of them, too.
    past: Mutex<HashSet<InviteId>>,
}

impl Timeline {
    pub(super) fn new(printer: Printer) -> Self {
        Self { printer, story: Mutex::default(), past: Mutex::default() }
    }

    fn story(&self) -> MutexGuard<'_, Option<&'static str>> {
        self.story.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A story begins.
    pub(super) fn open_story(&self, number: usize, name: &'static str, line: &str) -> io::Result<()> {
        *self.story() = Some(name);
        self.printer.say(&format!("\n{HEAD}{number:>2}  {name}{HEAD:#}  {DIM}{line}{DIM:#}"))?;
        self.printer.machine(&Notice::new("story", Tone::Step, "").with("story", name).with("line", line))
    }

    /// The stories are over.
    pub(super) fn close_stories(&self) {
        *self.story() = None;
    }

    /// Something happened to `who`, just now.
    pub(super) fn tell(&self, who: &str, notice: Notice) {
        let story = self.story();
        let notice = notice.with("party", who).with("story", *story);
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
        let story = *self.story();
        let notice = Notice::new("verdict", Tone::Step, "").with("story", story);
        self.printer.machine(&notice.with("records", records.len()).with("faults", faults.to_vec()))
    }
}
