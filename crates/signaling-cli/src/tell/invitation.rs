//! What is told of an invitation.

use std::time::Duration;

use adapter_std::{Data, Full, InvitationEvent, InvitationInfo, InviteeInfo, Slot, Standing, What};
use serde_json::{Value, json};
use signaling_core::machine::Reason;
use signaling_core::{Device, GroupId, UserId};

use super::{device_id, device_name};
use crate::output::{Notice, Tone, clean, quote};

/// What `me` tells of it.
pub(super) fn tell(event: &InvitationEvent, me: &UserId) -> Option<Notice> {
    let info = &*event.invitation;
    let scene = Scene { info, inviter: clean(info.inviter.as_str()), mine: info.inviter == *me };
    let notice = match event.what {
        What::New => scene.new_invitation(),
        What::Missed => scene.missed(me),
        What::Delivered => Notice::new("delivered", Tone::Step, "delivered"),
        What::Ringing { slot, device } => scene.ringing(slot, device)?,
        What::Full { slot, device, why } => scene.full(slot, device, why)?,
        What::Modified => scene.modified(),
        What::RingingStopped => scene.stopped(),
        What::RingingResumed => scene.resumed(),
        What::Accepted { slot } => scene.accepted(info.invitee(slot)?, me),
        What::Rejected { slot } => scene.rejected(info.invitee(slot)?, me),
        What::Glare => Notice::new("glare", Tone::Step, "withdrawn: they ring here"),
        What::Cancelled => scene.cancelled(me),
        What::TimedOut { slots } => scene.timed_out(slots.iter().filter_map(|slot| info.invitee(slot))),
        What::Established { slot } => scene.established(info.invitee(slot)?),
        What::Confirmed => scene.confirmed(me),
        What::Overruled => scene.overruled(me),
        What::Granted => Notice::new("granted", Tone::Step, "granted: the inviter has done it"),
        What::Denied => Notice::new("denied", Tone::No, "the inviter refused what it was asked"),
        What::Unanswered => Notice::new("unanswered", Tone::Doubt, "the inviter does not say whether it did"),
        What::Unresolved => scene.unresolved(),
        What::Ended => scene.ended(),
        _ => return None,
    };
    Some(scene.sign(notice, event.what))
}

/// One invitation, and who looks at it.
struct Scene<'a> {
    info: &'a InvitationInfo,
    inviter: String,
    mine: bool,
}

impl Scene<'_> {
    /// Says of which invitation the notice is. As in V2TIM, a time-out names those whose time is up.
    fn sign(&self, notice: Notice, what: What) -> Notice {
        let named = |slot| match what {
            What::TimedOut { slots } => slots.has(slot),
            _ => true,
        };
        let invitees = self.info.invitees.iter().zip(0u8..).filter(|(_, slot)| named(*slot));
        let names: Vec<&str> = invitees.map(|(invitee, _)| invitee.user.as_str()).collect();
        notice
            .with("invite_id", self.info.id.to_string())
            .with("inviter", self.info.inviter.as_str())
            .with("group_id", self.info.group.as_ref().map(GroupId::as_str))
            .with("invitee_list", names)
    }

    fn new_invitation(&self) -> Notice {
        let Self { info, inviter, mine } = self;
        let who = if *mine { "another device of yours".to_owned() } else { inviter.clone() };
        let group = info.group.as_ref().map(|group| format!(" in {}", clean(group.as_str())));
        let group = group.unwrap_or_default();
        let whom = if info.invitees.len() > 1 || *mine {
            format!(" {}", names(&info.invitees))
        } else {
            String::new()
        };
        let left = limit_left(info.remaining);
        let text = format!("{who} rings{whom}{group}{} ({left})", words(&info.data));
        let notice = Notice::new("receive_new_invitation", Tone::Ring, text)
            .with("online_user_only", info.online_user_only)
            .with("remaining_ms", info.remaining.map(millis));
        with_data(notice, &info.data)
    }

    fn missed(&self, me: &UserId) -> Notice {
        let how = self.own(me).map(|own| format!(": {}", outcome(own)));
        let text = format!("{} rang, but that is over{}", self.inviter, how.unwrap_or_default());
        with_outcome(Notice::new("missed", Tone::Step, text), self.own(me))
    }

    fn ringing(&self, slot: u8, device: Device) -> Option<Notice> {
        let user = self.info.invitee(slot)?.user.as_str();
        let label = self.info.heard.1.as_str();
        let text = format!("{} rings", device_name(user, label));
        Some(with_device(Notice::new("ringing", Tone::Ring, text).with("invitee", user), device, label))
    }

    fn full(&self, slot: u8, device: Device, why: Full) -> Option<Notice> {
        let user = self.info.invitee(slot)?.user.as_str();
        let label = self.info.heard.1.as_str();
        let (reason, words) = match why {
            Full::NoCapacity => ("no_capacity", "it has no room for another invitation"),
            Full::TooLarge => ("too_large", "the invitation is too large for it"),
        };
        let text = format!("{} cannot ring: {words}", device_name(user, label));
        let notice = Notice::new("full", Tone::No, text).with("invitee", user).with("reason", reason);
        Some(with_device(notice, device, label))
    }

    fn modified(&self) -> Notice {
        let text = format!("the data was changed to {}", quote(&self.info.data));
        with_data(Notice::new("invitation_modified", Tone::Change, text), &self.info.data)
    }

    fn stopped(&self) -> Notice {
        let text = format!("stops ringing: the inviter, {}, fell silent", self.inviter);
        Notice::new("ringing_stopped", Tone::Doubt, text).with("reason", "inviter_silent")
    }

    fn resumed(&self) -> Notice {
        let left = limit_left(self.info.remaining);
        let text = format!("rings on: {} is back ({left})", self.inviter);
        let remaining = self.info.remaining.map(millis);
        Notice::new("ringing_resumed", Tone::Ring, text).with("remaining_ms", remaining)
    }

    fn accepted(&self, invitee: &InviteeInfo, me: &UserId) -> Notice {
        let name = winner(invitee);
        let words = words(&invitee.data);
        let text = if invitee.user == *me {
            format!("answered elsewhere: {name} accepted{words}")
        } else {
            format!("{name} accepts{words}")
        };
        answer(Notice::new("invitee_accepted", Tone::Yes, text), invitee, me)
    }

    fn rejected(&self, invitee: &InviteeInfo, me: &UserId) -> Notice {
        let name = device_name(invitee.user.as_str(), invitee.label.as_str());
        let words = words(&invitee.data);
        let text = match invitee.outcome {
            Slot::Rejected(Reason::Unreachable) => format!("{name} cannot be reached"),
            Slot::Rejected(Reason::Busy) => format!("{name} is busy{words}"),
            _ if invitee.user == *me => format!("answered elsewhere: {name} rejected{words}"),
            _ => format!("{name} rejects{words}"),
        };
        answer(Notice::new("invitee_rejected", Tone::No, text), invitee, me)
    }

    fn cancelled(&self, me: &UserId) -> Notice {
        let cancelled = |invitee: &&InviteeInfo| invitee.outcome == Slot::Cancelled;
        let all = || self.info.invitees.iter().filter(cancelled);
        let data = all().next().map(|invitee| invitee.data.clone()).unwrap_or_default();
        let who = if self.mine { "another device of yours" } else { &self.inviter };
        let others = self.own(me).is_some_and(|own| !cancelled(&own));
        let whom = if others { format!(" from {}", names(all())) } else { String::new() };
        let text = format!("{who} takes it back{whom}{}", words(&data));
        with_data(Notice::new("invitation_cancelled", Tone::Cancel, text), &data)
    }

    fn timed_out<'i>(&self, ended: impl Iterator<Item = &'i InviteeInfo>) -> Notice {
        Notice::new("invitation_timeout", Tone::Time, format!("time is up for {}", names(ended)))
    }

    fn established(&self, invitee: &InviteeInfo) -> Notice {
        let text = format!("established: {} knows", winner(invitee));
        let notice = Notice::new("established", Tone::Step, text).with("invitee", invitee.user.as_str());
        match invitee.outcome {
            Slot::Accepted(device) => with_device(notice, device, invitee.label.as_str()),
            _ => notice,
        }
    }

    fn confirmed(&self, me: &UserId) -> Notice {
        let own = self.own(me);
        let accepted = own.is_some_and(|own| matches!(own.outcome, Slot::Accepted(_)));
        let (tone, text) = match accepted {
            true => (Tone::Yes, format!("confirmed: {} has your yes", self.inviter)),
            false => (Tone::No, format!("confirmed: {} has your no", self.inviter)),
        };
        with_outcome(Notice::new("confirmed", tone, text), own)
    }

    fn overruled(&self, me: &UserId) -> Notice {
        let own = self.own(me);
        let what = own.map_or_else(|| "it was over".to_owned(), outcome);
        with_outcome(Notice::new("overruled", Tone::No, format!("too late: {what}")), own)
    }

    fn unresolved(&self) -> Notice {
        let text = format!("nothing is heard from {}: how it ended is unknown here", self.inviter);
        Notice::new("unresolved", Tone::Doubt, text)
    }

    fn ended(&self) -> Notice {
        let each = self.info.invitees.iter();
        let text = each.clone().map(|one| format!("{} {}", clean(one.user.as_str()), outcome(one)));
        let text = format!("over: {}", text.collect::<Vec<_>>().join(", "));
        let outcomes: Vec<Value> = each.map(outcome_json).collect();
        Notice::new("ended", Tone::Step, text).with("outcomes", outcomes)
    }

    fn own(&self, me: &UserId) -> Option<&InviteeInfo> {
        match self.info.standing {
            Standing::Invitee(slot, _) => self.info.invitee(slot).filter(|own| own.user == *me),
            _ => None,
        }
    }
}

/// What became of an invitee, in words that follow "it was" or a name.
pub(crate) fn outcome(invitee: &InviteeInfo) -> String {
    let by = match invitee.label.as_str() {
        "" => String::new(),
        label => format!(" on {}", clean(label)),
    };
    match invitee.outcome {
        Slot::Pending => "has no outcome".into(),
        Slot::Accepted(_) => format!("accepted{by}"),
        Slot::Rejected(Reason::Busy) => format!("busy{by}"),
        Slot::Rejected(Reason::Unreachable) => "cannot be reached".into(),
        Slot::Rejected(Reason::Declined) => format!("rejected{by}"),
        Slot::Cancelled => "cancelled".into(),
        Slot::TimedOut => "timed out".into(),
    }
}

/// What is left of a time limit, in words.
pub(crate) fn limit_left(remaining: Option<Duration>) -> String {
    match remaining {
        None => "no time limit".into(),
        Some(left) if left < Duration::from_secs(3) => format!("{:.1} s left", left.as_secs_f64()),
        Some(left) => {
            let seconds = (left.as_millis() + 500) / 1000;
            match (seconds / 60, seconds % 60) {
                (0, seconds) => format!("{seconds} s left"),
                (minutes, seconds) if minutes < 60 => format!("{minutes}:{seconds:02} min left"),
                (minutes, _) => format!("{}:{:02} h left", minutes / 60, minutes % 60),
            }
        }
    }
}

/// The name of an outcome for programs, and the reason where there is one.
fn outcome_name(slot: Slot) -> (&'static str, Option<&'static str>) {
    match slot {
        Slot::Pending => ("pending", None),
        Slot::Accepted(_) => ("accepted", None),
        Slot::Rejected(Reason::Declined) => ("rejected", Some("declined")),
        Slot::Rejected(Reason::Busy) => ("rejected", Some("busy")),
        Slot::Rejected(Reason::Unreachable) => ("rejected", Some("unreachable")),
        Slot::Cancelled => ("cancelled", None),
        Slot::TimedOut => ("timed_out", None),
    }
}

fn outcome_json(invitee: &InviteeInfo) -> Value {
    let (outcome, reason) = outcome_name(invitee.outcome);
    let mut value = json!({ "invitee": invitee.user.as_str(), "outcome": outcome });
    if let Some(reason) = reason {
        value["reason"] = reason.into();
    }
    if let Slot::Accepted(device) = invitee.outcome {
        value["device_id"] = device_id(device).into();
    }
    if !invitee.label.as_str().is_empty() {
        value["device"] = invitee.label.as_str().into();
    }
    value
}

/// The device that won: by its label, else by its id.
fn winner(invitee: &InviteeInfo) -> String {
    match invitee.outcome {
        Slot::Accepted(device) if invitee.label.as_str().is_empty() => {
            format!("{} (device {})", clean(invitee.user.as_str()), device_id(device))
        }
        _ => device_name(invitee.user.as_str(), invitee.label.as_str()),
    }
}

fn names<'i>(invitees: impl IntoIterator<Item = &'i InviteeInfo>) -> String {
    invitees.into_iter().map(|invitee| clean(invitee.user.as_str())).collect::<Vec<_>>().join(", ")
}

/// `: "video?"`, or nothing without data.
fn words(data: &Data) -> String {
    if data.is_empty() { String::new() } else { format!(": {}", quote(data)) }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn with_data(notice: Notice, data: &Data) -> Notice {
    match data.as_str() {
        Ok(text) => notice.with("data", text),
        Err(_) => notice.with("data_hex", data.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
    }
}

fn with_device(notice: Notice, device: Device, label: &str) -> Notice {
    notice.with("device_id", device_id(device)).with("device", (!label.is_empty()).then_some(label))
}

fn with_outcome(notice: Notice, invitee: Option<&InviteeInfo>) -> Notice {
    let Some(invitee) = invitee else { return notice };
    let (outcome, reason) = outcome_name(invitee.outcome);
    let notice = notice.with("outcome", outcome).with("reason", reason);
    match invitee.outcome {
        Slot::Accepted(device) => with_device(notice, device, invitee.label.as_str()),
        _ => notice,
    }
}

/// Who answered, on which device, and what he said.
fn answer(notice: Notice, invitee: &InviteeInfo, me: &UserId) -> Notice {
    let notice = notice.with("invitee", invitee.user.as_str()).with("elsewhere", invitee.user == *me);
    let (_, reason) = outcome_name(invitee.outcome);
    let notice = with_data(notice.with("reason", reason), &invitee.data);
    let label = invitee.label.as_str();
    match invitee.outcome {
        Slot::Accepted(device) => with_device(notice, device, label),
        _ => notice.with("device", (!label.is_empty()).then_some(label)),
    }
}
