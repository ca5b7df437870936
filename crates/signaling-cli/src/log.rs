//! Logs: to the standard error, and never a token.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};

use crate::output::can_be_steered;

/// So many lines may wait for who reads them; more are dropped.
const LINES: usize = 4096;

/// Logs from now on, the more the more often `-v` was given, until what it gives is dropped. Who does not read the log holds
/// up nothing else.
pub(crate) fn start(verbose: u8) -> Option<WorkerGuard> {
    let level = match verbose {
        0 => return None,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let colour = std::io::stderr().is_terminal()
        && can_be_steered(std::env::var_os("TERM").as_deref())
        && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    // Of a log that cannot be written nobody can be told.
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(LINES).finish(std::io::stderr());
    let log = tracing_subscriber::fmt().with_max_level(level).log_internal_errors(false);
    log.with_writer(writer).with_ansi(colour).init();
    Some(guard)
}
