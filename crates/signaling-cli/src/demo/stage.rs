//! The relay, the devices, and the story that is played with them.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Index;
use std::sync::Arc;
use std::time::{Duration, Instant};

use adapter_std::{Invitation, InviteId};
use signaling_relay::{Config, Insecure, Relay};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::exit::{Exit, Failure};
use crate::output::{Notice, Tone};

use super::actor::{Actor, Stuck};
use super::latency::Latencies;
use super::record::Notes;
use super::story::{Part, Story};
use super::timeline::Timeline;

/// Everything that is needed to play.
pub(super) struct Stage {
    timeline: Arc<Timeline>,
    relay: Option<Running>,
    addr: SocketAddr,
    actors: Vec<Actor>,
    call: Option<Call>,
    latencies: Latencies,
    records: usize,
    _state: TempDir,
}

/// The invitation of the story.
struct Call {
    invitation: Invitation,
    made: Instant,
    /// Who was online then.
    online: Vec<Part>,
}

impl Index<Part> for Stage {
    type Output = Actor;

    fn index(&self, part: Part) -> &Actor {
        &self.actors[part as usize]
    }
}

impl Stage {
    /// Starts the relay on a free port of this machine. Nobody is online yet.
    pub(super) async fn open(timeline: Arc<Timeline>) -> Result<Self, Failure> {
        let state = tempfile::tempdir()?;
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        // It never ran before: what it does not know does not exist.
        let relay = Running::start(anywhere, 0).await?;
        let addr = relay.addr;
        let address = format!("tcp://{addr}");
        let notice = Notice::new("listening", Tone::Link, format!("listens on {address}"));
        timeline.tell("relay", notice.with("address", address.as_str()));
        let actor = |part: Part| {
            let dir = state.path().join(part.name().replace('/', "-"));
            Actor::new(part, address.clone(), dir, Arc::clone(&timeline))
        };
        let actors = Part::ALL.map(actor).into();
        let (call, latencies) = (None, Latencies::default());
        Ok(Self { timeline, relay: Some(relay), addr, actors, call, latencies, records: 0, _state: state })
    }

    /// Plays a story; what each of its cast recorded, a line each.
    ///
    /// # Errors
    /// If the stage breaks down. A story that gets stuck is none: its records show it.
    pub(super) async fn play(&mut self, story: &Story) -> Result<Vec<String>, Failure> {
        self.call = None;
        let played = match (story.steps)(self).await {
            Ok(()) => self.settle(story.cast).await,
            stuck => stuck,
        };
        if let Err(Stuck(why)) = played {
            self.timeline.tell("stage", Notice::new("stuck", Tone::No, why));
        }
        let records = self.write_records()?;
        self.measure_rings();
        self.timeline.over(self.id().ok());
        Ok(records)
    }

    /// Waits until all of the cast know how it ended.
    async fn settle(&self, cast: &[Part]) -> Result<(), Stuck> {
        let id = self.id()?;
        for part in cast {
            let knows = if *part == Part::Alice { Notes::established } else { Notes::complete };
            self[*part].until(id, "knew the end", knows).await?;
        }
        Ok(())
    }

    /// Each device prints what it knows; of those who know nothing people read nothing.
    fn write_records(&mut self) -> Result<Vec<String>, Failure> {
        let id = self.id().unwrap_or_default();
        let mut lines = Vec::new();
        for actor in &self.actors {
            let record = actor.record(id);
            let json = serde_json::to_value(&record).map_err(std::io::Error::from)?;
            lines.push(json.to_string());
            let notice = Notice::new("record", Tone::Record, record.words()).with("record", json);
            if record.rang || !record.outcomes.is_empty() {
                self.records += 1;
                self.timeline.tell(&record.party, notice);
            }
        }
        Ok(lines)
    }

    fn measure_rings(&mut self) {
        let Some(call) = &self.call else { return };
        let id = call.invitation.id();
        let rang = call.online.iter().filter_map(|part| self.actors[*part as usize].rang_at(id));
        for at in rang {
            self.latencies.ring.add(at.duration_since(call.made));
        }
    }

    /// Comes online.
    pub(super) async fn log_in(&mut self, part: Part) -> Result<(), Stuck> {
        self.actors[part as usize].log_in().await.map_err(|failure| Stuck(failure.text))
    }

    /// Goes offline.
    pub(super) async fn log_out(&mut self, part: Part) {
        self.actors[part as usize].log_out().await;
    }

    /// Alice invites.
    pub(super) fn invite(&mut self, whom: &[&str], data: &str, limit: Duration) -> Result<InviteId, Stuck> {
        self.invite_in(None, whom, data, limit)
    }

    /// Alice invites in a group.
    pub(super) fn invite_in(
        &mut self,
        group: Option<&str>,
        whom: &[&str],
        data: &str,
        limit: Duration,
    ) -> Result<InviteId, Stuck> {
        let online = Part::ALL.into_iter().filter(|part| self[*part].is_online()).collect();
        let made = Instant::now();
        let invitation = self[Part::Alice].invite(group, whom, data, limit)?;
        let id = invitation.id();
        self.call = Some(Call { invitation, made, online });
        Ok(id)
    }

    /// Somebody says yes, and is confirmed.
    pub(super) async fn accept(&mut self, part: Part, data: &str) -> Result<(), Stuck> {
        let yes = self[part].say_yes(self.id()?, data)?;
        let pressed = Instant::now();
        self[part].confirmed(yes).await?;
        self.latencies.confirm.add(pressed.elapsed());
        Ok(())
    }

    /// Alice takes it back.
    pub(super) fn cancel(&self) -> Result<(), Stuck> {
        let call = self.call.as_ref().ok_or_else(|| Stuck("nobody was invited".into()))?;
        self[Part::Alice].cancel(&call.invitation)
    }

    /// The invitation of the story.
    pub(super) fn id(&self) -> Result<InviteId, Stuck> {
        let call = self.call.as_ref().ok_or_else(|| Stuck("nobody was invited".into()))?;
        Ok(call.invitation.id())
    }

    /// The relay stops, and forgets everything.
    pub(super) async fn stop_relay(&mut self) {
        let Some(relay) = self.relay.take() else { return };
        self.timeline
            .tell("relay", Notice::new("relay_stopped", Tone::Lost, "stops, and forgets everything"));
        relay.stop().await;
    }

    /// It starts again where it was. It knows that it may have forgotten something.
    pub(super) async fn restart_relay(&mut self) -> Result<(), Stuck> {
        let relay = Running::start(self.addr, Config::default().warm_up).await;
        self.relay = Some(relay.map_err(|failure| Stuck(failure.text))?);
        let text = format!("is back on {}", self.addr);
        self.timeline.tell("relay", Notice::new("relay_restarted", Tone::Link, text));
        Ok(())
    }

    /// Everybody goes home.
    pub(super) async fn close(&mut self) {
        for actor in &mut self.actors {
            actor.close().await;
        }
        if let Some(relay) = self.relay.take() {
            relay.stop().await;
        }
    }

    pub(super) fn latencies(&self) -> &Latencies {
        &self.latencies
    }

    /// How many records were written.
    pub(super) fn records(&self) -> usize {
        self.records
    }
}

/// A relay that runs.
struct Running {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

impl Running {
    async fn start(addr: SocketAddr, warm_up: u32) -> Result<Self, Failure> {
        let builder = Relay::builder(Insecure).config(Config { warm_up, ..Config::default() });
        let relay = builder.bind(addr).await.map_err(|error| Failure::new(Exit::Other, error))?;
        let addr = relay.local_addr();
        let (stop, stopped) = oneshot::channel::<()>();
        let done = tokio::spawn(relay.run(async {
            // Told to stop, or left alone: either way it is over.
            let _ = stopped.await;
        }));
        Ok(Self { addr, stop, done })
    }

    async fn stop(self) {
        drop(self.stop);
        // It ends by itself; if it panicked, the story will show it.
        let _ = self.done.await;
    }
}
