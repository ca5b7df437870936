//! Logs: to the standard error, and never a token.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;

use crate::output::can_be_steered;

/// Logs from now on, the more the more often `-v` was given.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let colour = std::io::stderr().is_terminal()
        && can_be_steered(std::env::var_os("TERM").as_deref())
        && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    // Of a log that cannot be written nobody can be told.
    let log = tracing_subscriber::fmt().with_max_level(level).log_internal_errors(false);
    log.with_writer(std::io::stderr).with_ansi(colour).init();
}
