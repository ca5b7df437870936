//! `signaling invite`: rings somebody, live.

mod bar;

use std::io;
use std::time::Duration;

use adapter_std::{
    Client, CommandError, Event, Events, GroupId, Invitation, InvitationInfo, InviteError, InviteOptions,
    LinkEvent, Slot, UserId, What,
};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use crate::args::InviteArgs;
use crate::device::{self, DOUBT_WITHIN, REACH_WITHIN, Until};
use crate::exit::{Exit, Failure};
use crate::group::KNOWS_LATER;
use crate::output::{Notice, Printer, Tone, clean, quote};
use crate::stop::Stop;
use crate::tell::{limit_left, tell};

use bar::Countdown;

/// How often the countdown is drawn.
const DRAW: Duration = Duration::from_millis(100);
/// How long to wait until a device that accepted knows that it is the one.
const ESTABLISH_WITHIN: Duration = Duration::from_secs(2);

/// Invites, and shows what becomes of it.
pub(crate) async fn run(args: &InviteArgs, printer: &Printer) -> Result<Exit, Failure> {
    let mut stop = Stop::new()?;
    let client = device::open(&args.device)?;
    let events = client.events();
    let invitation = invite(&client, args).map_err(uninvited)?;
    let countdown = Countdown::new(args.timeout.0);
    let mut call = Call {
        args,
        client: &client,
        events,
        invitation,
        printer,
        countdown,
        connected: false,
        untaken: args.group.is_some() && !args.device.is_direct(),
        doubt: Instant::now(),
        give_up: (Instant::now() + REACH_WITHIN, Until::Patience),
        established: 0,
        unread: None,
    };
    call.begin();
    let ended = call.follow(&mut stop).await;
    call.show("");
    tokio::select! {
        () = client.close() => {}
        () = stop.asked() => {}
    }
    match (ended, call.unread) {
        (Ok(exit), Some(error)) => Err(Failure { exit, ..error.into() }),
        (ended, _) => ended,
    }
}

fn invite(client: &Client, args: &InviteArgs) -> Result<Invitation, CommandError<InviteError>> {
    let options = InviteOptions {
        timeout: args.timeout.0,
        online_user_only: args.online_only,
        first_wins: args.first_wins,
        ..InviteOptions::default()
    };
    let signaling = client.signaling();
    match (&args.group, &args.invitees[..]) {
        (Some(group), invitees) => signaling.invite_in_group(group.as_str(), invitees, &args.data, &options),
        (None, [invitee]) => signaling.invite(invitee.as_str(), &args.data, &options),
        (None, invitees) => signaling.invite_many(invitees, &args.data, &options),
    }
}

fn uninvited(error: CommandError<InviteError>) -> Failure {
    let exit = if error.code().is_some() { Exit::Usage } else { Exit::Other };
    Failure::new(exit, error).code(error.code())
}

/// A call that goes on.
struct Call<'a> {
    args: &'a InviteArgs,
    client: &'a Client,
    events: Events,
    invitation: Invitation,
    printer: &'a Printer,
    countdown: Countdown,
    connected: bool,
    /// Whether the relay has taken it for nobody of the group, and that was not told yet.
    untaken: bool,
    /// When to tell it.
    doubt: Instant,
    /// When not to wait for the link any longer, and why not.
    give_up: (Instant, Until),
    /// How many of those who accepted know that they won.
    established: usize,
    /// Why nothing can be printed any more.
    unread: Option<io::Error>,
}

impl Call<'_> {
    fn print(&mut self, notice: &Notice) {
        let printed = self.printer.print(&self.args.device.name(), notice);
        self.unread = self.unread.take().or(printed.err());
    }

    fn show(&mut self, line: &str) {
        let shown = self.printer.check().and_then(|()| self.printer.show(line));
        self.unread = self.unread.take().or(shown.err());
    }

    fn begin(&mut self) {
        let names: Vec<&str> = self.args.invitees.iter().map(UserId::as_str).collect();
        let list = names.iter().map(|name| clean(name)).collect::<Vec<_>>().join(", ");
        let group = self.args.group.as_ref().map(GroupId::as_str);
        let within = group.map_or(String::new(), |group| format!(" in {}", clean(group)));
        let data = &self.args.data;
        let words = if data.is_empty() { String::new() } else { format!(": {}", quote(data.as_bytes())) };
        let limit = self.args.timeout.0;
        let text = format!("invites {list}{within}{words} ({})", limit_left(limit));
        let notice = Notice::new("inviting", Tone::Ring, text)
            .with("invite_id", self.invitation.id().to_string())
            .with("inviter", self.args.device.user.as_str())
            .with("group_id", group)
            .with("invitee_list", names)
            .with("data", data.as_str())
            .with("online_user_only", self.args.online_only)
            .with("timeout_ms", limit.map(|limit| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX)));
        self.print(&notice);
    }

    /// Until every invitee has his outcome.
    async fn follow(&mut self, stop: &mut Stop) -> Result<Exit, Failure> {
        self.client.connect();
        let mut draw = interval(DRAW);
        draw.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut stopped = false;
        let info = loop {
            if self.unread.is_some() && !stopped {
                // Nobody looks on any more: nobody is to ring on.
                stopped = true;
                self.cancel();
            }
            tokio::select! {
                event = self.events.next() => {
                    let event = event.ok_or_else(|| Failure::new(Exit::Unresolved, "the client was closed"))?;
                    if let Some(info) = self.hear(&event)? {
                        break info;
                    }
                }
                () = stop.asked() => {
                    if stopped {
                        return Ok(Exit::Cancelled);
                    }
                    stopped = true;
                    self.cancel();
                }
                () = sleep_until(self.give_up.0), if !self.connected => {
                    return Err(device::unreached(self.client, &self.args.device, self.give_up.1));
                }
                () = sleep_until(self.doubt), if self.connected && self.untaken => self.doubt(),
                _ = draw.tick() => self.show(&self.countdown.line()),
            }
        };
        self.settle(&info, stopped).await
    }

    /// Prints the event; the invitation, if this was its end.
    fn hear(&mut self, event: &Event) -> Result<Option<InvitationInfo>, Failure> {
        if let Some(notice) = tell(event, &self.args.device.user) {
            self.print(&notice);
        }
        match event {
            Event::Link(LinkEvent::Connected) => {
                self.connected = true;
                self.doubt = Instant::now() + DOUBT_WITHIN;
            }
            Event::Link(link) => {
                if device::is_hopeless(link, &self.args.device) {
                    self.give_up = self.give_up.min((Instant::now() + DOUBT_WITHIN, Until::Doubt));
                }
                device::fatal(link, &self.args.device, self.connected).map_or(Ok(()), Err)?;
            }
            Event::Invitation(event) if event.invitation.id == self.invitation.id() => {
                self.countdown.note(event);
                self.untaken &= !event.invitation.delivered;
                self.established += usize::from(matches!(event.what, What::Established { .. }));
                return Ok((event.what == What::Ended).then(|| (*event.invitation).clone()));
            }
            _ => {}
        }
        Ok(None)
    }

    /// Tells that the relay has taken it for nobody yet, and why that may be.
    fn doubt(&mut self) {
        self.untaken = false;
        let text = format!("the relay does not know the group, or who is in it, or not yet. {KNOWS_LATER}");
        let id = self.invitation.id().to_string();
        self.print(&Notice::new("undelivered", Tone::Doubt, text).with("invite_id", id));
    }

    fn cancel(&mut self) {
        // If it fails, it is over anyway, and that is told.
        if self.invitation.cancel("").is_ok() {
            let id = self.invitation.id().to_string();
            self.print(&Notice::new("cancelling", Tone::Cancel, "you take it back").with("invite_id", id));
        }
    }

    /// Everybody has his outcome. Who won is to know it before we leave.
    async fn settle(&mut self, info: &InvitationInfo, stopped: bool) -> Result<Exit, Failure> {
        if !self.connected && !stopped {
            return Err(device::unreached(self.client, &self.args.device, Until::Limit));
        }
        let accepted = info.invitees.iter().filter(|one| matches!(one.outcome, Slot::Accepted(_))).count();
        if accepted > 0 {
            // Without a word from him in time he may have gone; the outcome stands.
            let _ = timeout(ESTABLISH_WITHIN, self.establish(accepted)).await;
        }
        if info.all_refused() {
            return Err(refused(self.args));
        }
        Ok(Exit::of_slots(info.invitees.iter().map(|invitee| invitee.outcome)))
    }

    async fn establish(&mut self, accepted: usize) -> Result<(), Failure> {
        while self.established < accepted {
            let Some(event) = self.events.next().await else { return Ok(()) };
            self.hear(&event)?;
        }
        Ok(())
    }
}

fn refused(args: &InviteArgs) -> Failure {
    if args.device.is_direct() {
        return Failure::new(Exit::Unreached, "nobody who is invited is a peer")
            .hint("Name each with --peer udp://USER@HOST:PORT, or invite through a relay.");
    }
    let failure = Failure::new(Exit::Unreached, "the relay refuses every invitee");
    if args.group.is_none() {
        return failure;
    }
    failure
        .hint("In a group, you and whom you invite must be members:\n  signaling group join NAME --as USER")
}
