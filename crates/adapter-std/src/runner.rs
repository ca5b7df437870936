//! The task of a client: it keeps time and keeps the link up, until the client is closed.

use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use signaling_core::Device;
use signaling_core::wire::Refusal;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;

use crate::direct;
use crate::disk::{Disk, unsaved};
use crate::event::{Event, LinkError, LinkEvent};
use crate::link;
use crate::shared::{LinkState, Shared};
use crate::state::State;
use crate::transport::{Connect, Duplex, TlsTrouble};

/// The first pause before the link is made again.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest; on the way there it doubles.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A link that held for so long was a good one: the pauses begin anew.
const GOOD_LINK: Duration = Duration::from_secs(10);
/// A connection that is not made by then will not be made.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// A token that was not given by then will not be.
const TOKEN_WITHIN: Duration = Duration::from_secs(30);
/// So long a closing client tries to send what it has to send, and then waits for the disk.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// A token that is being fetched.
pub(crate) type Fetching = Pin<Box<dyn Future<Output = Result<String, String>> + Send>>;
/// Where the token of each link comes from.
pub(crate) type TokenSource = Box<dyn Fn() -> Fetching + Send + Sync>;

/// How the client reaches others.
pub(crate) enum Way {
    Relay(Arc<dyn Connect>),
    Direct(direct::Link),
}

impl Way {
    /// What the default folder of the client's state is named after, if it has one.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::Relay(connect) => connect.relay(),
            Self::Direct(_) => Some("direct".into()),
        }
    }

    /// The largest datagram, if what is sent must fit into one.
    pub(crate) fn datagram(&self) -> Option<usize> {
        match self {
            Self::Relay(_) => None,
            Self::Direct(link) => Some(link.limit),
        }
    }
}

/// What the task needs besides what all share.
pub(crate) struct Runner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) way: Way,
    pub(crate) token: TokenSource,
    /// Where the invitations of a durable client are saved.
    pub(crate) disk: Option<Disk>,
    /// The saves that are under way.
    pub(crate) saves: TaskTracker,
    pub(crate) end: End,
}

impl Runner {
    /// Runs until the client is closed, and a little longer if something is left to be sent.
    pub(crate) async fn run(self) {
        tokio::select! {
            biased; // each is polled whenever one is: the order does no harm, and a run replays
            () = self.keep_time() => {}
            () = self.keep_linked() => {}
            () = self.keep_saved() => {}
            () = self.give_up() => {}
        }
        // The next client of the folder is to find all that was made, and nobody who still writes.
        let _ = timeout(CLOSE_WITHIN, self.save_last()).await;
    }

    /// Time goes on whether there is a link or not.
    async fn keep_time(&self) {
        loop {
            match self.shared.keep_time() {
                None => self.shared.time.notified().await,
                // Either way it is time to look.
                Some(pause) => drop(timeout(pause, self.shared.time.notified()).await),
            }
        }
    }

    /// Saves what has to be saved, as often as the disk takes it. While it does not, the client goes on, but
    /// nothing is sent or told of the invitations in question.
    async fn keep_saved(&self) {
        let Some(disk) = &self.disk else { return std::future::pending().await };
        let mut failed = false;
        loop {
            self.shared.save.notified().await;
            while let Some(saved) = self.save(disk).await {
                let Err(error) = saved else {
                    failed = false;
                    continue;
                };
                tracing::error!(user = %self.shared.user, %error, "the invitations cannot be saved");
                if !std::mem::replace(&mut failed, true) {
                    self.shared.tell(&Event::NotSaved { error: error.to_string() });
                }
                sleep(LONGEST_PAUSE).await;
            }
        }
    }

    /// Saves what there is to be saved; none if nothing is.
    async fn save(&self, disk: &Disk) -> Option<io::Result<()>> {
        let (stamp, bytes) = self.shared.with(|core| unsaved(&core.engine))?;
        // Whatever becomes of this task, the folder is locked until the disk has done.
        let (disk, state) = (disk.clone(), self.end.state.clone());
        let saving = self.saves.spawn_blocking(move || {
            state.iter().try_for_each(|state| state.check())?;
            disk.save(&bytes)
        });
        let saved = saving.await.unwrap_or_else(|error| Err(error.into()));
        if saved.is_ok() {
            self.shared.step(|core, _| core.engine.handle_saved(stamp));
        }
        Some(saved)
    }

    /// Waits for what is being saved, then saves the rest.
    async fn save_last(&self) {
        self.saves.close();
        self.saves.wait().await;
        let Some(disk) = &self.disk else { return };
        while let Some(Ok(())) = self.save(disk).await {}
    }

    fn device(&self) -> Device {
        self.shared.with(|core| core.engine.config().device)
    }

    /// The bound of a polite close: none if nothing is left to be said.
    async fn give_up(&self) {
        let mut closing = self.shared.closing.subscribe();
        // The sender lives in what this task shares.
        let _ = closing.wait_for(|closing| *closing).await;
        let link = self.shared.link.borrow().clone();
        let in_vain = match link {
            LinkState::Up => false,
            LinkState::Connecting(Some(LinkError::Tls(_))) => true,
            LinkState::Connecting(Some(_)) if !self.shared.was_let_in.load(Ordering::Relaxed) => true,
            LinkState::Connecting(_) => self.shared.with(|core| core.engine.is_empty()),
            LinkState::Idle | LinkState::Replaced | LinkState::Closed => true,
        };
        if !in_vain {
            sleep(CLOSE_WITHIN).await;
        }
    }

    async fn keep_linked(&self) {
        let shared = &self.shared;
        shared.go.notified().await;
        let mut pause = FIRST_PAUSE;
        let mut told = None;
        for attempt in 0.. {
            let start = Instant::now();
            let Err(error) = self.link_once().await else { return };
            if matches!(error, LinkError::Refused(Refusal::Replaced)) {
                self.replaced().await;
                (pause, told) = (FIRST_PAUSE, None);
                continue;
            }
            let was_up = *shared.link.borrow() == LinkState::Up;
            // Before anybody can see that there is none: who then asks for it is heard.
            let asked = shared.retry.notified();
            shared.link.send_replace(LinkState::Connecting(Some(error.clone())));
            tracing::debug!(user = %shared.user, %error, "no link");
            if was_up && start.elapsed() >= GOOD_LINK {
                pause = FIRST_PAUSE;
            }
            told = self.tell(error, told.filter(|_| !was_up));
            let rest = jittered(pause, self.device(), attempt);
            // Either way it is time to try.
            drop(timeout(rest, asked).await);
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    /// Tells of a link that is not there, once, but of each new reason that somebody must look into; and each
    /// time of a token that is not taken. Gives back what was told last.
    fn tell(&self, error: LinkError, told: Option<LinkError>) -> Option<LinkError> {
        if let LinkError::Refused(refusal @ (Refusal::Token | Refusal::Expired)) = error {
            self.shared.tell_link(LinkEvent::TokenRefused(refusal));
            return told;
        }
        let grave = matches!(error, LinkError::Refused(_) | LinkError::NoToken(_) | LinkError::Tls(_));
        if told.is_some() && (!grave || told.as_ref() == Some(&error)) {
            return told;
        }
        self.shared.tell_link(LinkEvent::Lost(error.clone()));
        Some(error)
    }

    /// Somebody else is this device now. It would only take the link from us again.
    async fn replaced(&self) {
        self.shared.link.send_replace(LinkState::Replaced);
        self.shared.tell_link(LinkEvent::Replaced);
        self.shared.go.notified().await;
        self.shared.link.send_replace(LinkState::Connecting(None));
    }

    async fn link_once(&self) -> Result<(), LinkError> {
        let relay = match &self.way {
            Way::Relay(relay) => relay,
            Way::Direct(link) => return link.serve(&self.shared).await,
        };
        let too_late = |_| LinkError::NoToken(format!("none within {} s", TOKEN_WITHIN.as_secs()));
        let token = timeout(TOKEN_WITHIN, (self.token)()).await.map_err(too_late)?;
        let token = token.map_err(LinkError::NoToken)?;
        let stream = connect(&**relay).await?;
        link::serve(stream, &self.shared, &token).await
    }
}

async fn connect(relay: &dyn Connect) -> Result<Box<dyn Duplex>, LinkError> {
    let made = timeout(CONNECT_WITHIN, relay.connect()).await.map_err(|_| LinkError::NoAnswer)?;
    made.map_err(|error| {
        let other = || LinkError::Connect(error.kind(), error.to_string());
        TlsTrouble::of(&error).map_or_else(other, LinkError::Tls)
    })
}

/// 80 to 120 % of it, so that the clients of a relay that was restarted do not all come at once. Which of it depends
/// on the device and the attempt alone, so that a test replays.
fn jittered(pause: Duration, device: Device, attempt: u32) -> Duration {
    let mut hasher = DefaultHasher::new();
    (device.id, device.epoch, attempt).hash(&mut hasher);
    let spread = u32::try_from(hasher.finish() % 41).unwrap_or(0);
    pause * (80 + spread) / 100
}

/// However the task ends, also if it never began: the folder is unlocked, then those who wait are told.
pub(crate) struct End {
    shared: Arc<Shared>,
    state: Option<Arc<State>>,
}

impl End {
    pub(crate) fn new(shared: Arc<Shared>, state: State) -> Self {
        Self { shared, state: Some(Arc::new(state)) }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.state.take();
        self.shared.close();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn pauses_are_spread_by_a_fifth() {
        let pause = |id, attempt| jittered(Duration::from_millis(100), Device { id, epoch: 1 }, attempt);
        let pauses: HashSet<u128> = (0..200).map(|nth| pause(nth, 0).as_millis()).collect();
        assert!(pauses.iter().all(|pause| (80..=120).contains(pause)));
        assert!(pauses.len() > 30, "devices that are numbered in order are spread too: {pauses:?}");
        assert!((1..9).any(|attempt| pause(1, attempt) != pause(1, 0)));
    }
}
