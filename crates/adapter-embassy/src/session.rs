//! The link to the relay, sans-IO: Hello until it says Welcome, Ping while it is up, silence ends it
//! (protocol section 4).

use core::fmt;

use signaling_core::GroupId;
use signaling_core::wire::{Frame, GroupAnswer, Hello, Refusal, Refused, Welcome, encode_ping, encode_pong};

use crate::link_error::{LinkError, for_good};
use crate::log::log;
use crate::membership::Membership;

/// The first pause before Hello is said again, in ms.
const FIRST_PAUSE: u32 = 200;
/// The longest; on the way there it doubles.
const LONGEST_PAUSE: u32 = 5_000;
/// A link that held for so long, in ms, was a good one: the pauses begin anew.
const GOOD_LINK: u64 = 10_000;
/// A relay that says nothing for so long is told of as one that does not answer.
pub(crate) const ANSWER_WITHIN: u64 = 10_000;
/// Another trouble with peers is told so much later, in ms.
#[cfg(feature = "direct")]
const TROUBLE_AGAIN: u64 = 60_000;
/// What a Welcome may ask for as silence, in ms.
const SILENCE: core::ops::RangeInclusive<u32> = 300..=3_600_000;

/// Where the link stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LinkState {
    /// Hello is said again and again until the relay lets this device in.
    Connecting,
    /// The relay let this device in.
    Up,
    /// A newer link of this device took its place: see
    /// [`Caller::connect`](crate::Caller::connect).
    Replaced,
}

/// Something happened to the link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LinkEvent {
    /// The relay let this device in.
    Connected,
    /// The link is down, or could not be made: told once until the next `Connected`, and again when the relay
    /// refuses for another reason. It is tried again by itself; what was to be said goes out then, and
    /// time limits go on.
    Lost(LinkError),
    /// A newer link of this device took its place. It does not connect again by itself: see
    /// [`Caller::connect`](crate::Caller::connect).
    Replaced,
    /// The relay does not take the token ([`Refusal::Token`] or [`Refusal::Expired`]). It is tried again.
    TokenRefused(Refusal),
    /// The relay does not let this user into the group of [`Identity::group`](crate::Identity::group). Invitations
    /// in it reach nobody; it is tried again with the next link.
    GroupRefused(GroupAnswer),
}

impl fmt::Display for LinkEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected => f.write_str("connected"),
            Self::Lost(error) => error.fmt(f),
            Self::Replaced => f.write_str("a newer link of this device took its place"),
            Self::TokenRefused(reason) => reason.fmt(f),
            Self::GroupRefused(answer) => write!(f, "not let into the group: {answer:?}"),
        }
    }
}

/// What a frame means for whoever drives the session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Heard {
    /// No more than it means for the session.
    Nothing,
    /// The link is up.
    Up,
    /// This epoch was drawn for the device.
    Epoch(u32),
    /// It is the engine's affair.
    Engine,
}

/// The link of one device.
#[derive(Debug)]
pub(crate) struct Session {
    state: LinkState,
    /// When the next Hello or Ping is due.
    due: u64,
    /// When another trouble with peers may be told.
    #[cfg(feature = "direct")]
    trouble_due: u64,
    /// When the link went up or down last, or the first was wanted.
    since: u64,
    pause: u32,
    heard: u64,
    silence: u32,
    pings: u32,
    pong: Option<u32>,
    jitter: u32,
    /// Why there is no link, as far as it was told.
    told: Option<LinkError>,
    news: Option<LinkEvent>,
    membership: Membership,
    group_news: Option<GroupAnswer>,
}

impl Session {
    /// A link that is wanted from `now` on, by a member of that group; `seed` spreads its repeats.
    pub(crate) fn new(now: u64, seed: u32, group: Option<GroupId>) -> Self {
        Self {
            state: LinkState::Connecting,
            due: now,
            #[cfg(feature = "direct")]
            trouble_due: now,
            since: now,
            pause: FIRST_PAUSE,
            heard: now,
            silence: *SILENCE.end(),
            pings: 0,
            pong: None,
            jitter: seed | 1,
            told: None,
            news: None,
            membership: Membership::new(group),
            group_news: None,
        }
    }

    pub(crate) fn state(&self) -> LinkState {
        self.state
    }

    /// What happened last to the link, if nobody was told yet.
    pub(crate) fn take_news(&mut self) -> Option<LinkEvent> {
        self.news.take().or_else(|| self.group_news.take().map(LinkEvent::GroupRefused))
    }

    /// Whether messages may go out: the link is up, and the group was asked for.
    pub(crate) fn open(&self) -> bool {
        self.state == LinkState::Up && self.membership.settled()
    }

    pub(crate) fn group(&self) -> Option<&GroupId> {
        self.membership.group()
    }

    /// A stream to the relay stands: Hello is due.
    pub(crate) fn connected(&mut self, now: u64) {
        if self.state == LinkState::Connecting {
            self.due = now;
        }
    }

    /// No stream to the relay could be made; the next attempt waits longer.
    pub(crate) fn unreachable(&mut self, now: u64, error: LinkError) {
        self.lost(now, error);
        self.slow_down(now);
    }

    /// A link without a relay came up, or went down; whether that is new.
    #[cfg(feature = "direct")]
    pub(crate) fn direct(&mut self, up: bool) -> bool {
        let state = if up { LinkState::Up } else { LinkState::Connecting };
        let changed = self.state != state;
        if changed {
            (self.state, self.told) = (state, None);
            self.happened(if up { LinkEvent::Connected } else { LinkEvent::Lost(LinkError::Silent) });
        }
        changed
    }

    /// The link without a relay is over: one to a relay is wanted.
    #[cfg(feature = "direct")]
    pub(crate) fn leave_peers(&mut self, now: u64) {
        let was_up = self.direct(false);
        (self.due, self.since, self.pause, self.told) = (now, now, FIRST_PAUSE, None);
        if was_up {
            self.tell(LinkError::Broken);
        }
    }

    /// Why a link without a relay does not come up. Anybody can feign that, so it is not told each time.
    #[cfg(feature = "direct")]
    pub(crate) fn direct_trouble(&mut self, now: u64, error: LinkError) {
        let new = self.told != Some(error) && (self.told.is_none() || now >= self.trouble_due);
        if self.state == LinkState::Connecting && new {
            self.trouble_due = now.saturating_add(TROUBLE_AGAIN);
            self.tell(error);
        }
    }

    /// Wants a link again after it was replaced. `false` if that is not so.
    pub(crate) fn connect(&mut self, now: u64) -> bool {
        let replaced = self.state == LinkState::Replaced;
        if replaced {
            self.state = LinkState::Connecting;
            (self.due, self.since, self.pause, self.told) = (now, now, FIRST_PAUSE, None);
        }
        replaced
    }

    /// A frame came. `epoch` is that of the device.
    pub(crate) fn hear(&mut self, now: u64, frame: &Frame<'_>, epoch: u32) -> Heard {
        self.heard = now;
        match frame {
            Frame::Welcome(welcome) => return self.welcome(now, welcome, epoch),
            Frame::Ping(number) => self.pong = Some(*number),
            Frame::Refused(Refused { key: None, reason, .. }) => self.refused(now, *reason),
            Frame::GroupReply(reply) if self.state == LinkState::Up => {
                if let Some(answer) = self.membership.hear(now, reply) {
                    log!(warn, "link: {}", LinkEvent::GroupRefused(answer));
                    self.group_news = Some(answer);
                }
            }
            _ if self.state == LinkState::Up => return Heard::Engine,
            _ => log!(debug, "ignored a frame: the relay did not say Welcome"),
        }
        Heard::Nothing
    }

    fn welcome(&mut self, now: u64, welcome: &Welcome, epoch: u32) -> Heard {
        if self.state != LinkState::Connecting {
            return Heard::Nothing;
        }
        if epoch == 0 {
            (self.due, self.pause) = (now, FIRST_PAUSE);
            return Heard::Epoch(draw(welcome.random));
        }
        self.state = LinkState::Up;
        self.silence = welcome.limits.silence.clamp(*SILENCE.start(), *SILENCE.end());
        (self.due, self.since) = (now.saturating_add(self.beat()), now);
        self.told = None;
        self.happened(LinkEvent::Connected);
        self.membership.link_up(now);
        Heard::Up
    }

    fn refused(&mut self, now: u64, reason: Refusal) {
        match reason {
            Refusal::Replaced => {
                self.membership.link_down();
                self.state = LinkState::Replaced;
                self.happened(LinkEvent::Replaced);
            }
            // It was said before the Hello came, which is being said.
            Refusal::Hello if self.state != LinkState::Up => {}
            // A bridge says so too when a relay has closed its link, and that one told why.
            Refusal::Stopping if self.barred() => {}
            Refusal::Token | Refusal::Expired => {
                // In place of the loss.
                self.told = Some(LinkError::Refused(reason));
                self.lost(now, LinkError::Refused(reason));
                self.happened(LinkEvent::TokenRefused(reason));
            }
            _ => self.lost(now, LinkError::Refused(reason)),
        }
    }

    /// Whether the relay does not want this device.
    fn barred(&self) -> bool {
        matches!(self.told, Some(LinkError::Refused(reason)) if for_good(reason))
    }

    /// The link is down, and is made again.
    pub(crate) fn lost(&mut self, now: u64, error: LinkError) {
        if self.state == LinkState::Replaced {
            return;
        }
        if self.state == LinkState::Up {
            if now.saturating_sub(self.since) >= GOOD_LINK {
                self.pause = FIRST_PAUSE;
            }
            self.since = now;
        }
        self.state = LinkState::Connecting;
        self.membership.link_down();
        if error.is_grave() {
            self.pause = LONGEST_PAUSE;
        }
        self.due = now.saturating_add(self.jittered());
        self.tell(error);
    }

    fn tell(&mut self, error: LinkError) {
        if self.told.is_none() || (error.is_grave() && self.told != Some(error)) {
            self.told = Some(error);
            self.happened(LinkEvent::Lost(error));
        }
    }

    /// The application is told, and so is the log.
    fn happened(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Connected => log!(info, "link: {}", event),
            _ => log!(warn, "link: {}", event),
        }
        self.news = Some(event);
    }

    /// Time has passed. `true` if that ended the link.
    pub(crate) fn timeout(&mut self, now: u64) -> bool {
        let dead = self.state == LinkState::Up && now >= self.dead();
        if dead {
            self.lost(now, LinkError::Silent);
        }
        dead
    }

    /// When the next Hello, and with it the next attempt at a stream, is due; none if none is wanted.
    pub(crate) fn hello_due(&self) -> Option<u64> {
        Some(self.due).filter(|_| self.state == LinkState::Connecting)
    }

    /// When to look next; none for never. What is due by `now` is the writer's turn, be there one or not.
    pub(crate) fn deadline(&self, now: u64) -> Option<u64> {
        if self.state == LinkState::Replaced {
            return None;
        }
        let later = |due: u64| if due > now { due } else { u64::MAX };
        let own = later(self.due).min(self.membership.due().map_or(u64::MAX, later));
        let next = if self.state == LinkState::Up { own.min(self.dead()) } else { own };
        (next != u64::MAX).then_some(next)
    }

    fn dead(&self) -> u64 {
        self.heard.saturating_add(self.silence.into())
    }

    /// So often a Ping is sent.
    fn beat(&self) -> u64 {
        u64::from(self.silence / 3)
    }

    /// Writes what the link itself has to say into `buf`.
    pub(crate) fn poll_transmit(&mut self, now: u64, hello: Hello<'_>, buf: &mut [u8]) -> Option<usize> {
        if let Some(number) = self.pong.take() {
            return encode_pong(buf, number).ok();
        }
        if now < self.due {
            return self.membership.poll_transmit(now, buf);
        }
        match self.state {
            LinkState::Replaced => None,
            LinkState::Up => {
                self.pings = self.pings.wrapping_add(1);
                self.due = now.saturating_add(self.beat());
                encode_ping(buf, self.pings).ok()
            }
            LinkState::Connecting => {
                if now.saturating_sub(self.since) >= ANSWER_WITHIN {
                    self.tell(LinkError::NoAnswer);
                }
                self.slow_down(now);
                hello.encode(buf).ok()
            }
        }
    }

    /// The next attempt is due after a pause, and the one after it later.
    fn slow_down(&mut self, now: u64) {
        self.due = now.saturating_add(self.jittered());
        self.pause = self.pause.saturating_mul(2).min(LONGEST_PAUSE);
    }

    /// The pause, 80 to 120 % of it: devices that lost their relay at once do not all come back at once.
    fn jittered(&mut self) -> u64 {
        self.jitter ^= self.jitter << 13;
        self.jitter ^= self.jitter >> 17;
        self.jitter ^= self.jitter << 5;
        u64::from(self.pause * (80 + self.jitter % 41) / 100)
    }
}

/// The first number of the random bytes that is an epoch.
fn draw(random: [u8; 16]) -> u32 {
    let (numbers, _) = random.as_chunks();
    numbers.iter().map(|bytes| u32::from_le_bytes(*bytes)).find(|epoch| *epoch != 0).unwrap_or(1)
}

#[cfg(test)]
mod tests;
