//! What keeps a client going: as long as there is a handle.

use std::sync::Arc;

use tokio::runtime::Handle;

use crate::shared::Shared;

/// One of it stands behind all handles of a client.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) runtime: Handle,
    /// How many events a subscriber may fall behind, and of how many invitations.
    pub(crate) queue: usize,
    pub(crate) backlog: usize,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.begin_close();
    }
}
