//! Ctrl-c, its polite cousin SIGTERM, and signals that ask for something else.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears when the process is asked to end, from its making on.
pub(crate) struct Stop {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(unix)]
    hangup: Option<Nudge>,
}

#[cfg(unix)]
impl Stop {
    /// Begins to listen; the process no longer dies of these signals, nor of its terminal's end.
    ///
    /// # Errors
    /// If the system does not let us.
    pub(crate) fn new() -> io::Result<Self> {
        // What was started with nohup outlives its terminal.
        let hangup = if is_hangup_ignored() { None } else { Some(Nudge::hangup()?) };
        Ok(Self { hangup, ..Self::without_hangup()? })
    }

    /// The same for a service, to which SIGHUP says to read its files again.
    ///
    /// # Errors
    /// If the system does not let us.
    pub(crate) fn without_hangup() -> io::Result<Self> {
        let [interrupt, terminate] = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        Ok(Self { interrupt: interrupt?, terminate: terminate?, hangup: None })
    }

    /// Waits for the next time. Cancel safe.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            () = hung_up(&mut self.hangup) => {}
        }
    }
}

#[cfg(unix)]
async fn hung_up(hangup: &mut Option<Nudge>) {
    match hangup {
        Some(hangup) => hangup.asked().await,
        None => std::future::pending().await,
    }
}

/// Whether whoever started the process wants no SIGHUP to end it. Only Linux tells.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // SIGHUP is number 1: the lowest bit.
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(not(unix))]
impl Stop {
    /// Begins to listen at the first [`asked`](Self::asked).
    ///
    /// # Errors
    /// None here.
    pub(crate) fn new() -> io::Result<Self> {
        Self::without_hangup()
    }

    /// The same: such a system has no SIGHUP.
    ///
    /// # Errors
    /// None here.
    pub(crate) fn without_hangup() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next time. Cancel safe.
    pub(crate) async fn asked(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Hears a signal that asks for something other than the end.
pub(crate) struct Nudge {
    #[cfg(unix)]
    signal: Signal,
}

#[cfg(unix)]
impl Nudge {
    /// SIGHUP: the terminal is gone, or files are to be read again. The process no longer dies of it.
    ///
    /// # Errors
    /// If the system does not let us.
    pub(crate) fn hangup() -> io::Result<Self> {
        Ok(Self { signal: signal(SignalKind::hangup())? })
    }

    /// SIGUSR1: counters are wanted. The process no longer dies of it.
    ///
    /// # Errors
    /// If the system does not let us.
    pub(crate) fn user() -> io::Result<Self> {
        Ok(Self { signal: signal(SignalKind::user_defined1())? })
    }

    /// Waits for the next time. Cancel safe.
    pub(crate) async fn asked(&mut self) {
        if self.signal.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
impl Nudge {
    /// # Errors
    /// None here.
    pub(crate) fn hangup() -> io::Result<Self> {
        Ok(Self {})
    }

    /// # Errors
    /// None here.
    pub(crate) fn user() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Never: such a system has no such signals.
    pub(crate) async fn asked(&mut self) {
        std::future::pending::<()>().await;
    }
}
