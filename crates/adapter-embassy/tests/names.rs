//! A relay that is found by its name, by a board.

use adapter_embassy::net::{Relay, Tcp};
use adapter_embassy::{Device, Event, Events, Identity, LinkError, LinkEvent, Resources, UserId};
use embassy_futures::select::{Either, select};
use embassy_net::Stack;
use embassy_net::tcp::TcpSocket;
use embedded_io_async::Read;
use looped::on_network;

mod looped;

const PORT: u16 = 7400;

/// The first bytes that somebody sends to the relay.
async fn first_bytes(stack: Stack<'_>) -> [u8; 8] {
    let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
    let mut socket = TcpSocket::new(stack, &mut rx, &mut tx);
    socket.accept(PORT).await.unwrap();
    let mut bytes = [0; 8];
    socket.read_exact(&mut bytes).await.unwrap();
    bytes
}

/// What `act` gives while a board runs, whose relay has that name.
fn with_board<T>(host: &'static str, act: impl AsyncFnOnce(Stack<'_>, Events<'static>) -> T) -> T {
    let identity = Identity::new(UserId::new("door").unwrap(), Device { id: 9, epoch: 1 });
    let memory = Box::leak(Box::new(Resources::<1, 1, 1, 16, 512>::new()));
    let (_, mut runner, events) = memory.start(identity).unwrap();
    on_network(1, async |stack| {
        let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
        let mut tcp = Tcp::new(stack, Relay::Name { host, port: PORT }, &mut rx, &mut tx);
        match select(act(stack, events), runner.run_over(&mut tcp)).await {
            Either::First(result) => result,
            Either::Second(never) => match never {},
        }
    })
}

#[test]
fn a_relay_is_found_by_its_name() {
    let bytes = with_board("relay.example", async |stack, _| first_bytes(stack).await);
    // A length, and a Hello of this version.
    assert_eq!(bytes[..2], [0, 0]);
    assert_eq!(bytes[4], signaling_core::wire::VERSION);
}

#[test]
fn a_name_that_nobody_knows_is_told() {
    let told = with_board("nowhere.example", async |_, mut events| match events.next().await {
        Event::Link(event) => Some(event),
        _ => None,
    });
    assert_eq!(told, Some(LinkEvent::Lost(LinkError::NoName)));
}
