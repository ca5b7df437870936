//! How a client is described.

use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use signaling_core::{Config, Label, NameError, UserId};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use crate::client::Client;
use crate::clock::{Clock, SystemClock};
use crate::direct::{Peers, PeersError};
use crate::disk::Disk;
use crate::handle::Owner;
use crate::runner::{End, Runner, TokenSource, Way};
use crate::shared::Shared;
use crate::state::{State, StateError};
use crate::storage::{ClientEngine, Vectors};
use crate::transport::{Connect, RelayAddress, RouteError};

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The user's name is no user id (V2TIM code 6017).
    #[error("bad name of a user: {0}")]
    User(NameError),
    /// The label of the device is no label (V2TIM code 6017).
    #[error("bad label of a device: {0}")]
    Label(NameError),
    /// The relay's address is none, or there are no authorities to check it with.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// Neither a relay nor a transport was given, nor a direct link.
    #[error("no relay: name its address, a transport, or the peers of a direct link")]
    NoRelay,
    /// Both a relay and a direct link were given.
    #[error("both a relay and a direct link: a client has one of them")]
    TwoWays,
    /// The direct link cannot be what it is described as.
    #[error(transparent)]
    Peers(#[from] PeersError),
    /// The device's state could not be had.
    #[error(transparent)]
    State(#[from] StateError),
    /// A durable client has no folder to save its invitations in.
    #[error("a durable client needs a folder for its state: name one with state_dir")]
    NoFolder,
    /// It was not called inside a tokio runtime.
    #[error("there is no tokio runtime here: build the client inside of one")]
    NoRuntime,
}

enum Place {
    Default,
    Dir(PathBuf),
    State(State),
}

/// What a [`Client`] is to be. Everything but the relay has a default.
pub struct ClientBuilder {
    user: String,
    relay: Option<String>,
    ca: Option<PathBuf>,
    transport: Option<Arc<dyn Connect>>,
    direct: Option<Peers>,
    token: TokenSource,
    label: String,
    place: Place,
    clock: Box<dyn Clock>,
    lease: Option<Duration>,
    keep: Option<Duration>,
    durable: bool,
    glare: bool,
    rows: usize,
    queue: usize,
    backlog: usize,
}

impl ClientBuilder {
    pub(crate) fn new(user: String) -> Self {
        Self {
            user,
            relay: None,
            ca: None,
            transport: None,
            direct: None,
            token: Box::new(|| Box::pin(async { Ok(String::new()) })),
            label: String::new(),
            place: Place::Default,
            clock: Box::new(SystemClock),
            lease: None,
            keep: None,
            durable: false,
            glare: false,
            rows: 128,
            queue: 256,
            backlog: 4096,
        }
    }

    /// The relay to connect to, as `tls://host:port`; or as `tcp://host:port`, over which nothing is encrypted.
    #[must_use]
    pub fn relay(mut self, address: impl Into<String>) -> Self {
        self.relay = Some(address.into());
        self
    }

    /// The authorities that may vouch for the relay's certificate: those in this file, in PEM, and nobody else. It
    /// may be the relay's own certificate, if that was signed by itself. Default: those that the system trusts.
    #[must_use]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca = Some(path.into());
        self
    }

    /// Another way to the relay, in place of an address.
    #[must_use]
    pub fn transport(mut self, transport: impl Connect) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// A link to other devices, in place of a relay.
    #[must_use]
    pub fn direct(mut self, peers: Peers) -> Self {
        self.direct = Some(peers);
        self
    }

    /// One token for all links. Without a token the relay must be one that asks for none.
    #[must_use]
    pub fn token(self, token: impl Into<String>) -> Self {
        let token = token.into();
        self.token_provider(move || std::future::ready(Ok::<_, std::convert::Infallible>(token.clone())))
    }

    /// Asked for a token before each link is made. An error, or nothing within 30 s, is told as
    /// [`LinkError::NoToken`](crate::LinkError::NoToken), and it is asked again after a pause.
    #[must_use]
    pub fn token_provider<F, T, E>(mut self, provider: F) -> Self
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output = Result<String, E>> + Send + 'static,
        E: fmt::Display,
    {
        self.token = Box::new(move || {
            let token = provider();
            Box::pin(async move { token.await.map_err(|error| error.to_string()) })
        });
        self
    }

    /// What people call this device, at most 24 bytes: others see it where it answers. Default: nothing.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Which device this is. Default: that of the folder [`State::default_dir`] for relay and user (for a
    /// direct link, as if the relay were called `direct`); with a transport that names no relay, a new one
    /// each time.
    #[must_use]
    pub fn state(mut self, state: State) -> Self {
        self.place = Place::State(state);
        self
    }

    /// The folder that says which device this is.
    #[must_use]
    pub fn state_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.place = Place::Dir(dir.into());
        self
    }

    /// A ringing device that hears nothing from the inviter for so long stops (protocol section 6); zero for
    /// no lease. Default: 10 s.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = Some(lease);
        self
    }

    /// How long devices may be out of each other's reach and still learn what became of an invitation (T_keep, protocol
    /// section 7): so long it is told on to devices that have not confirmed it, and stays open for a late word where
    /// it is in doubt. It takes a row until then, or until all is confirmed. Meant to be the same on all devices of
    /// an application. Default: 5 min.
    #[must_use]
    pub fn keep(mut self, keep: Duration) -> Self {
        self.keep = Some(keep);
        self
    }

    /// Lets the invitations made here outlive a restart (protocol section 8): each is saved in the folder of the
    /// state before anything of it is sent or told, when it is made, changed or decided. Who dies between
    /// `invite` and that has called nobody. The next client of that folder goes on with them, with the time limit
    /// that was left when they were saved; [`What::Restored`](signaling_core::What::Restored) tells of each once
    /// [`Client::connect`] was called, and [`Signaling::follow`](crate::Signaling::follow) gives a handle.
    ///
    /// It costs one write and wait for the disk a step (several at once share one). Default: not durable.
    #[must_use]
    pub fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// Of two one-to-one invitations that cross, alice's to bob and bob's to alice, lets one give way (protocol
    /// section 6, "Glare"): one side goes on calling, the other is told
    /// [`What::Glare`](signaling_core::What::Glare) of its own invitation, and rings. Nothing is accepted by
    /// itself. Meant for all devices of an application or none. Default: both ring, as V2TIM has it.
    #[must_use]
    pub fn glare(mut self) -> Self {
        self.glare = true;
        self
    }

    /// Where time comes from. Default: [`SystemClock`]; [`TokioClock`](crate::TokioClock) for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// How many invitations there is room for at a time; 0 counts as 1. Each takes about 14 KB, from
    /// the start. Default: 128.
    #[must_use]
    pub fn rows(mut self, rows: usize) -> Self {
        self.rows = rows.max(1);
        self
    }

    /// How many events may wait for each listener and stream before they are merged; and of how many
    /// invitations merged ones may wait; 0 counts as 1. Beyond that the client tells nobody any more events until
    /// they were read, and in the end has no room for new invitations; `delivered`, `ended` and `accept` go
    /// on. Default: 256 and 4096.
    #[must_use]
    pub fn queue(mut self, events: usize, invitations: usize) -> Self {
        (self.queue, self.backlog) = (events, invitations);
        self
    }

    /// Makes the client. It keeps time from now on, but connects only when told to
    /// ([`Client::connect`]), so that listeners can be added before.
    ///
    /// It is not async: opening the folder of the state reads and writes a few bytes; and for `tls://` the
    /// authorities are read.
    ///
    /// # Errors
    /// [`BuildError`].
    pub fn build(self) -> Result<Client, BuildError> {
        let runtime = Handle::try_current().map_err(|_| BuildError::NoRuntime)?;
        let user = UserId::new(&self.user).map_err(BuildError::User)?;
        let label = Label::new(&self.label).map_err(BuildError::Label)?;
        let way = way(self.direct, self.transport, self.relay, self.ca.as_deref())?;
        let state = open(self.place, way.name(), &user)?;
        let mut config = Config::new(user, state.device());
        config.lease = self.lease.map_or(config.lease, whole_ms);
        config.keep = self.keep.map_or(config.keep, whole_ms);
        config.durable = self.durable;
        config.glare = self.glare;
        let mut engine = ClientEngine::new(config, Vectors::new(self.rows));
        let disk =
            self.durable.then(|| state.dir().map(|dir| Disk::new(dir.into())).ok_or(BuildError::NoFolder));
        let disk = disk.transpose()?;
        if let Some(disk) = &disk {
            disk.load(&mut engine, self.clock.now())?;
        }
        let shared = Arc::new(Shared::new(engine, self.clock, label, way.datagram()));
        let runner = Runner {
            shared: Arc::clone(&shared),
            way,
            token: self.token,
            disk,
            saves: TaskTracker::new(),
            end: End::new(Arc::clone(&shared), state),
        };
        runtime.spawn(runner.run());
        Ok(Client(Arc::new(Owner { shared, runtime, queue: self.queue, backlog: self.backlog })))
    }
}

/// As many as there is room for.
fn whole_ms(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

fn way(
    direct: Option<Peers>,
    transport: Option<Arc<dyn Connect>>,
    relay: Option<String>,
    ca: Option<&Path>,
) -> Result<Way, BuildError> {
    match (direct, transport, relay) {
        (Some(peers), None, None) => Ok(Way::Direct(peers.link()?)),
        (Some(_), ..) => Err(BuildError::TwoWays),
        (None, Some(transport), _) => Ok(Way::Relay(transport)),
        (None, None, Some(relay)) => {
            let address: RelayAddress = relay.parse().map_err(RouteError::from)?;
            Ok(Way::Relay(address.route(ca)?))
        }
        (None, None, None) => Err(BuildError::NoRelay),
    }
}

fn open(place: Place, relay: Option<String>, user: &UserId) -> Result<State, StateError> {
    match (place, relay) {
        (Place::State(state), _) => Ok(state),
        (Place::Dir(dir), _) => State::open(dir),
        (Place::Default, Some(relay)) => State::open(State::default_dir(&relay, user)?),
        (Place::Default, None) => State::ephemeral(),
    }
}

impl fmt::Debug for ClientBuilder {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("user", &self.user)
            .field("relay", &self.relay)
            .field("direct", &self.direct)
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}
