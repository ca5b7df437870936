//! Opens a device, and brings it to its relay.

use std::path::{Path, PathBuf};
use std::time::Duration;

use adapter_std::{
    BuildError, Client, ClientBuilder, Event, Events, LinkError, LinkEvent, LinkState, Peer, PeerTrouble,
    Peers, PresharedKey, Refusal, State, StateError, TlsTrouble,
};
use tokio::time::timeout;

use crate::args::{DeviceArgs, DirectArgs, PeerAddress};
use crate::exit::{Exit, Failure};

/// A relay that was not reached for so long is not there.
pub(crate) const REACH_WITHIN: Duration = Duration::from_secs(10);
/// A peer with which something is wrong has so long to prove the contrary: it may speak of an earlier run.
pub(crate) const DOUBT_WITHIN: Duration = Duration::from_secs(2);
/// The variable that holds the token when no file does.
const TOKEN: &str = "SIGNALING_TOKEN";

/// A device that is not connected yet.
///
/// # Errors
/// The folder of its state is in use, or there is no token where one should be.
pub(crate) fn open(args: &DeviceArgs) -> Result<Client, Failure> {
    build(args, args.state.clone())
}

/// A device that only asks: it does not get in the way of one that uses the folder meant for both.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_aside(args: &DeviceArgs) -> Result<Client, Failure> {
    let dir = match &args.state {
        Some(dir) => dir.clone(),
        None => default_dir(args)?.join("group"),
    };
    build(args, Some(dir))
}

fn default_dir(args: &DeviceArgs) -> Result<PathBuf, Failure> {
    State::default_dir(&args.relay.to_string(), &args.user).map_err(unstated)
}

fn build(args: &DeviceArgs, dir: Option<PathBuf>) -> Result<Client, Failure> {
    let lease = args.lease.0.unwrap_or_default();
    let builder = Client::builder(args.user.as_str()).label(args.label.as_str()).lease(lease);
    let mut builder = if args.is_direct() {
        builder.direct(peers(&args.direct)?)
    } else {
        args.ca.iter().fold(builder.relay(args.relay.to_string()), ClientBuilder::ca_file)
    };
    if let Some(dir) = dir {
        builder = builder.state_dir(dir);
    }
    if let Some(path) = args.token_file.clone() {
        read_token(&path).map_err(Failure::usage)?;
        builder = builder.token_provider(move || std::future::ready(read_token(&path)));
    } else if let Some(token) = token_of_environment() {
        builder = builder.token(token);
    }
    builder.build().map_err(unbuilt)
}

fn peers(args: &DirectArgs) -> Result<Peers, Failure> {
    let key = args.psk_file.as_ref().map(PresharedKey::read).transpose().map_err(|error| {
        Failure::usage(error)
            .hint("Make one, and give it to both sides:\n  head -c 32 /dev/urandom | base64 > call.key")
    })?;
    Ok(args.peers.iter().fold(Peers::udp(args.bind.to_string()), |peers, PeerAddress { user, address }| {
        let peer = Peer::new(user.as_str(), address);
        peers.peer(key.iter().fold(peer, |peer, key| peer.key(key.clone())))
    }))
}

/// An empty one is none.
fn token_of_environment() -> Option<String> {
    std::env::var(TOKEN).ok().map(|token| token.trim().to_owned()).filter(|token| !token.is_empty())
}

fn read_token(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| format!("cannot read the token file {}: {error}", path.display()))?;
    match text.trim() {
        "" => Err(format!("the token file {} is empty", path.display())),
        token => Ok(token.into()),
    }
}

fn unbuilt(error: BuildError) -> Failure {
    match error {
        BuildError::State(error) => unstated(error),
        BuildError::NoRuntime => Failure::new(Exit::Other, error),
        error => Failure::usage(error),
    }
}

fn unstated(error: StateError) -> Failure {
    match error {
        StateError::InUse { dir } => Failure::usage(format!(
            "the folder {} is in use by another process",
            dir.display()
        ))
        .hint("A folder is one device, and one process at a time is that device. A second one at a time, such as\ninvite beside listen, needs a folder of its own, and is another device of this user:\n  --state OTHER"),
        StateError::NoFolder { .. } => Failure::usage(error),
        error => Failure::new(Exit::Other, error),
    }
}

/// Connects, and waits until the relay lets the device in.
///
/// # Errors
/// [`Exit::Unreached`] if it does not within 10 s; or what [`fatal`] says.
pub(crate) async fn reach(client: &Client, args: &DeviceArgs) -> Result<(), Failure> {
    let mut events = client.events();
    client.connect();
    match timeout(REACH_WITHIN, settle(&mut events, args)).await {
        Ok(settled) => settled,
        Err(_) => Err(unreached(client, args, Until::Patience)),
    }
}

async fn settle(events: &mut Events, args: &DeviceArgs) -> Result<(), Failure> {
    while let Some(event) = events.next().await {
        let Event::Link(event) = event else { continue };
        if let Some(failure) = fatal(&event, args, false) {
            return Err(failure);
        }
        if matches!(event, LinkEvent::Connected) {
            return Ok(());
        }
    }
    Err(Failure::new(Exit::Other, "the client was closed"))
}

/// What ended the wait for the relay, or for the peer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Until {
    /// [`REACH_WITHIN`].
    Patience,
    /// The time limit of the invitation.
    Limit,
    /// [`is_hopeless`].
    Doubt,
}

/// The relay, or the peer, was not reached.
pub(crate) fn unreached(client: &Client, args: &DeviceArgs, until: Until) -> Failure {
    let error = match client.link() {
        LinkState::Connecting(error) => error,
        _ => None,
    };
    let why = error.as_ref().map_or(String::new(), |error| format!(" ({error})"));
    let end = args.far_end();
    let text = match until {
        Until::Patience => format!("{end} was not reached within {} s{why}", REACH_WITHIN.as_secs()),
        Until::Limit => format!("the time limit came before {end} was reached{why}"),
        Until::Doubt => format!("{end} cannot be reached{why}"),
    };
    if args.is_direct() {
        let wrong_key = matches!(error, Some(LinkError::Peer { trouble: PeerTrouble::Key, .. }));
        return Failure::new(Exit::Unreached, text).hint(peer_hint(args, wrong_key));
    }
    Failure::new(Exit::Unreached, text).hint(
        "Is it running, and is that its port? Name another with --relay tcp://host:port, or start one:\n  \
         signaling relay --insecure",
    )
}

fn peer_hint(args: &DeviceArgs, wrong_key: bool) -> String {
    let (user, port) = (&args.user, args.direct.bind.port());
    let peer = &args.direct.peers[0].user;
    let question = if wrong_key {
        "Both sides need --psk-file with the same key, or neither. The other side"
    } else {
        "Is it running there? It"
    };
    let key = if wrong_key || args.direct.psk_file.is_some() { " --psk-file FILE" } else { "" };
    format!(
        "{question} must name this device in turn:\n  \
         signaling listen --as {peer} --peer udp://{user}@THIS-HOST:{port}{key}"
    )
}

/// Whether somebody has to see to the only peer before there can be a link.
pub(crate) fn is_hopeless(event: &LinkEvent, args: &DeviceArgs) -> bool {
    use PeerTrouble::{Key, OwnDevice, Stranger, Version};
    let LinkEvent::Lost(LinkError::Peer { trouble, .. }) = event else { return false };
    args.direct.peers.len() == 1 && matches!(trouble, Key | OwnDevice | Stranger | Version(_))
}

/// Why it is of no use to go on after that; none if it is. `before`: whether the device was connected
/// once, and a new token may yet be written to its file.
pub(crate) fn fatal(event: &LinkEvent, args: &DeviceArgs, before: bool) -> Option<Failure> {
    match event {
        LinkEvent::TokenRefused(_) if before && args.token_file.is_some() => None,
        LinkEvent::TokenRefused(refusal) => Some(token_refused(*refusal, args)),
        LinkEvent::Replaced => Some(
            Failure::new(Exit::Other, "another connection of this very device took the place of this one")
                .hint("Was the state folder copied? Each device needs one of its own."),
        ),
        LinkEvent::Lost(LinkError::Refused(refusal)) if !refusal.for_now() => Some(refused(*refusal, args)),
        LinkEvent::Lost(LinkError::Tls(trouble)) if !before => Some(distrusted(trouble, args)),
        LinkEvent::Lost(error @ LinkError::NoToken(_)) if !before => Some(Failure::new(Exit::Other, error)),
        _ => None,
    }
}

fn token_refused(refusal: Refusal, args: &DeviceArgs) -> Failure {
    let given = args.token_file.is_some() || token_of_environment().is_some();
    let (text, how) = match refusal {
        Refusal::Token if !given => ("the relay asks for a token, and none was given", "Get one"),
        Refusal::Expired => ("the relay refuses the token: it has expired", "Get a new one"),
        _ => (
            "the relay refuses the token: it is forged, damaged, or for another user, device or relay",
            "Get the right one",
        ),
    };
    let user = &args.user;
    Failure::new(Exit::Other, text).hint(format!(
        "{how} from who has the relay's key, and pass it with --token-file or {TOKEN}:\n  \
         signaling token --key-file relay.key --as {user} > {user}.token"
    ))
}

fn distrusted(trouble: &TlsTrouble, args: &DeviceArgs) -> Failure {
    let (host, port) = (args.relay.host(), args.relay.port());
    let failure = Failure::new(Exit::Other, format!("no link to the relay {}: {trouble}", args.relay));
    match trouble {
        TlsTrouble::UnknownIssuer => failure.hint(
            "If it is the right one, name the file of who signed its certificate, or of that certificate itself,\n\
             with --ca FILE.",
        ),
        TlsTrouble::WrongName { .. } => failure.hint(format!(
            "Is it the right one? If so, name it in --relay as its certificate does, or give it one for {host}."
        )),
        TlsTrouble::NotYet => failure.hint("Is the clock of this machine right?"),
        TlsTrouble::NoTls => failure.hint(format!(
            "If it may be without encryption:\n  --relay tcp://{host}:{port}\n\
             Else let it have a certificate: `signaling relay --help` tells how."
        )),
        TlsTrouble::Wanted => failure.hint(format!("Encrypt the link:\n  --relay tls://{host}:{port}")),
        _ => failure.hint("`signaling relay --help` tells whoever runs the relay how to make a good one."),
    }
}

fn refused(refusal: Refusal, args: &DeviceArgs) -> Failure {
    let failure = Failure::new(Exit::Other, format!("the relay refuses this device: {refusal}"));
    match refusal {
        Refusal::Device => failure.hint(format!(
            "The state folder belongs to another user. Name another with --state DIR to be a device of {}.",
            args.user
        )),
        _ => failure,
    }
}
