//! Ctrl-c, its polite cousin SIGTERM, and SIGHUP, which asks to read files again.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears when the process is asked to end, from its making on.
pub(crate) struct Stop {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

#[cfg(unix)]
impl Stop {
    /// Begins to listen; the process no longer dies of these signals.
    ///
    /// # Errors
    /// If the system does not let us.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next time. Cancel safe.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Stop {
    /// Begins to listen at the first [`asked`](Self::asked).
    ///
    /// # Errors
    /// None here.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next time. Cancel safe.
    pub(crate) async fn asked(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Hears when the process is asked to read its files again.
pub(crate) struct Hangup {
    #[cfg(unix)]
    signal: Signal,
}

#[cfg(unix)]
impl Hangup {
    /// Begins to listen; the process no longer dies of it.
    ///
    /// # Errors
    /// If the system does not let us.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { signal: signal(SignalKind::hangup())? })
    }

    /// Waits for the next time. Cancel safe.
    pub(crate) async fn asked(&mut self) {
        if self.signal.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
impl Hangup {
    /// # Errors
    /// None here.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Never: such a system has no such signal.
    pub(crate) async fn asked(&mut self) {
        std::future::pending::<()>().await;
    }
}
