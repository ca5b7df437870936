//! A link without a relay.

use signaling_core::UserId;
use signaling_core::direct::{Config, Direct, data_limit};

use crate::engine::Engine;
use crate::{any, keep};

/// Everything that a driver of one does.
#[inline(never)]
pub fn link(engine: &mut Engine, now: u64, peer: UserId, datagram: &[u8], buf: &mut [u8]) {
    let mut link = Direct::<1>::new(any(Config { seed: now, ..Config::default() }));
    keep(Direct::add_peer(&mut link, peer, any(None)));
    keep(Direct::handle_datagram(&mut link, now, engine, any(0), datagram, buf));
    Direct::handle_timeout(&mut link, now, engine);
    while let Some(sent) = Direct::poll_transmit(&mut link, now, engine, buf) {
        keep(sent);
    }
    keep((Direct::poll_timeout(&link, engine), Direct::peer(&link, any(0)), Direct::is_up(&link)));
    keep((Direct::counters(&link), data_limit(any(1_200), any(1))));
}
