//! Logs: to the standard error, and never a token.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use tracing::level_filters::LevelFilter;

use crate::output::can_be_steered;

/// So many lines may wait for who reads them; more are dropped.
const LINES: usize = 4096;
/// Who does not read the last line for so long does not keep the program from ending.
const LAST: Duration = Duration::from_secs(1);

/// The log, until it is dropped. Of our own, because the guard of `tracing-appender` does not let a program end whose log
/// and output nobody reads.
pub(crate) struct Log(SyncSender<Entry>);

enum Entry {
    Line(Vec<u8>),
    /// What was logged before is written.
    Written(Sender<()>),
}

/// Where lines go in.
struct Lines(SyncSender<Entry>);

/// Logs from now on, the more the more often `-v` was given, until what it gives is dropped. Who does not read the log holds
/// up nothing else.
pub(crate) fn start(verbose: u8) -> Option<Log> {
    let level = match verbose {
        0 => return None,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let colour = io::stderr().is_terminal()
        && can_be_steered(std::env::var_os("TERM").as_deref())
        && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    let (entries, waiting) = sync_channel(LINES);
    thread::spawn(move || write(&waiting));
    let lines = entries.clone();
    // Of a log that cannot be written nobody can be told.
    let log = tracing_subscriber::fmt().with_max_level(level).log_internal_errors(false);
    log.with_writer(move || Lines(lines.clone())).with_ansi(colour).init();
    Some(Log(entries))
}

fn write(waiting: &Receiver<Entry>) {
    for entry in waiting {
        match entry {
            Entry::Line(line) => drop(io::stderr().write_all(&line)),
            Entry::Written(told) => drop(told.send(())),
        }
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = self.0.try_send(Entry::Line(line.into()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let (told, written) = channel();
        // If there is no room nobody reads.
        if self.0.try_send(Entry::Written(told)).is_ok() {
            let _ = written.recv_timeout(LAST);
        }
    }
}
