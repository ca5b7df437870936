//! What is printed: lines for people, or one JSON object a line for programs.

mod clean;
mod notice;

use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use console::{Term, truncate_str};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::task::spawn_blocking;

use crate::exit::{Exit, Failure};

pub(crate) use clean::{clean, quote};
pub(crate) use notice::{Notice, Tone};

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Names are padded to this width, so that what they say stands in one column.
const NAME: usize = 13;

/// Prints what happened, as it happens.
#[derive(Clone, Debug)]
pub(crate) struct Printer {
    json: bool,
    zone: TimeZone,
    /// The terminal, if people look at it and it can be steered: its last line may change all the time.
    term: Option<Term>,
}

impl Printer {
    /// One for programs, or one for people.
    pub(crate) fn new(json: bool) -> Self {
        let steered = can_be_steered(std::env::var_os("TERM").as_deref());
        let term = (!json && steered && io::stdout().is_terminal()).then(Term::stdout);
        Self { json, zone: TimeZone::system(), term }
    }

    /// Shows a line at the bottom until something else is printed; nothing where nobody looks.
    ///
    /// # Errors
    /// If nobody reads it any more.
    pub(crate) fn show(&self, line: &str) -> io::Result<()> {
        let Some(term) = &self.term else { return Ok(()) };
        let width = usize::from(term.size().1).saturating_sub(1);
        term.clear_line()?;
        // The cursor waits at the start: what is echoed there goes with the line.
        term.write_str(&format!("{}\r", truncate_str(line, width, "…")))
    }

    /// Fails once whoever read what is printed is gone, before the next line finds out.
    ///
    /// # Errors
    /// If nobody reads it any more.
    pub(crate) fn check(&self) -> io::Result<()> {
        if is_hung_up() { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
    }

    /// Prints that something happened now, to `who`.
    ///
    /// # Errors
    /// If nobody reads it any more.
    pub(crate) fn print(&self, who: &str, notice: &Notice) -> io::Result<()> {
        let now = Timestamp::now();
        let line = if self.json { notice.json(now.as_millisecond()) } else { self.line(now, who, notice) };
        self.put(&line)
    }

    /// The same aside: whatever else the task does goes on while nobody reads.
    ///
    /// # Errors
    /// If nobody reads it any more.
    pub(crate) async fn print_aside(&self, who: &'static str, notice: Notice) -> io::Result<()> {
        let printer = self.clone();
        let printed = spawn_blocking(move || printer.print(who, &notice)).await;
        printed.unwrap_or_else(|error| Err(error.into()))
    }

    /// Prints something without when and to whom.
    ///
    /// # Errors
    /// If nobody reads it any more.
    pub(crate) fn plain(&self, notice: &Notice) -> io::Result<()> {
        if self.json { self.machine(notice) } else { self.put(&format!("  {}", notice.human())) }
    }

    /// Prints something for programs only.
    ///
    /// # Errors
    /// If nobody reads it any more.
    pub(crate) fn machine(&self, notice: &Notice) -> io::Result<()> {
        if self.json { self.put(&notice.json(Timestamp::now().as_millisecond())) } else { Ok(()) }
    }

    fn line(&self, at: Timestamp, who: &str, notice: &Notice) -> String {
        let time = at.to_zoned(self.zone.clone()).strftime("%H:%M:%S%.3f");
        let who = clean(who);
        let pad = NAME.saturating_sub(who.chars().count());
        format!("{DIM}{time}{DIM:#}  {BOLD}{who}{BOLD:#}{:pad$}  {}", "", notice.human())
    }

    /// Prints a line for people; nothing for programs.
    ///
    /// # Errors
    /// If nobody reads it any more.
    pub(crate) fn say(&self, line: &str) -> io::Result<()> {
        if self.json { Ok(()) } else { self.put(line) }
    }

    /// Colours stay on terminals, and where NO_COLOR is not set.
    fn put(&self, line: &str) -> io::Result<()> {
        if let Some(term) = &self.term {
            term.clear_line()?;
        }
        let mut out = anstream::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    }

    /// Says something on the standard error, for people.
    pub(crate) fn remark(&self, line: &str) {
        // Nobody may read it; nothing depends on it.
        let _ = writeln!(anstream::stderr(), "{line}");
    }

    /// Says why a command failed; with which code it is to end.
    pub(crate) fn fail(&self, failure: &Failure) -> Exit {
        let Failure { exit, text, hint, code } = failure;
        if text.is_empty() {
            return *exit;
        }
        let code = code.map_or(String::new(), |code| format!(" (V2TIM code {code})"));
        let hint = if hint.is_empty() { String::new() } else { format!("\n{hint}\n") };
        // Whoever read this may be gone, as with a closed terminal; the code says it too.
        let _ = write!(anstream::stderr(), "{ERROR}error:{ERROR:#} {text}{code}\n{hint}");
        if self.json {
            let mut notice = Notice::new("error", Tone::No, "").with("message", text.as_str());
            notice = notice.with("exit_code", *exit as u8).with("code", failure.code);
            let _ = self.print("", &notice);
        }
        *exit
    }
}

/// Whether a terminal of that kind, as TERM names it, knows escape sequences.
pub(crate) fn can_be_steered(kind: Option<&OsStr>) -> bool {
    kind.is_none_or(|kind| kind != "dumb")
}

#[cfg(unix)]
fn is_hung_up() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = io::stdout();
    let mut polled = [PollFd::new(&stdout, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut polled, Some(&now)).is_ok() && polled[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

#[cfg(not(unix))]
fn is_hung_up() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dumb_terminal_gets_no_sequences() {
        let steered = |kind: &str| can_be_steered(Some(OsStr::new(kind)));
        assert_eq!([steered("dumb"), steered("xterm"), can_be_steered(None)], [false, true, true]);
    }
}
