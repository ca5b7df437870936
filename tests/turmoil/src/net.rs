//! The relay on turmoil's network, and the way to it.

use std::net::Ipv4Addr;

use adapter_std::{Connect, Connecting, Duplex, TokioClock};
use signaling_relay::{Config, Insecure, Relay};
use turmoil::net::{TcpListener, TcpStream};

/// The name of the relay's host.
pub(crate) const RELAY: &str = "relay";
const PORT: u16 = 7400;
/// Who is silent for so long is gone, in ms.
const SILENCE: u32 = 3_000;

/// Connects to the relay's host.
#[derive(Debug)]
pub(crate) struct ToRelay;

impl Connect for ToRelay {
    fn connect(&self) -> Connecting<'_> {
        Box::pin(async {
            let stream = TcpStream::connect((RELAY, PORT)).await?;
            Ok(Box::new(stream) as Box<dyn Duplex>)
        })
    }
}

/// A relay that remembers nothing: whether it is the first one makes the difference, as it says.
pub(crate) async fn relay(first: bool) -> turmoil::Result {
    let warm_up = if first { 0 } else { Config::default().warm_up };
    let config = Config { silence: SILENCE, warm_up, ..Config::default() };
    let relay = Relay::builder(Insecure).config(config).clock(TokioClock::new()).unbound()?;
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        relay.serve(stream);
    }
}
