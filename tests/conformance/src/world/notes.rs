//! A listener that writes down what it is called with.

use std::sync::{Arc, Mutex, MutexGuard};

use adapter_std::{Clock, Data, Event, InvitationInfo, InviteId, SignalingListener, Standing, TokioClock};

use super::Told;
use crate::callback::{Callback, Kind};

#[derive(Clone)]
pub(super) struct Notes {
    clock: TokioClock,
    pages: Arc<Mutex<Pages>>,
}

#[derive(Default)]
struct Pages {
    /// What the next callback is about.
    about: Option<Arc<InvitationInfo>>,
    told: Vec<Told>,
}

impl Notes {
    pub(super) fn new(clock: TokioClock) -> Self {
        Self { clock, pages: Arc::default() }
    }

    /// What was told since this was last asked.
    pub(super) fn take(&self) -> Vec<Told> {
        std::mem::take(&mut self.pages().told)
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().expect("no listener panics")
    }

    fn note(&self, id: InviteId, kind: Kind, fill: impl FnOnce(&mut Callback)) {
        let mut pages = self.pages();
        let Some(info) = &pages.about else { return };
        let own = kind == Kind::Timeout;
        let mut callback = Callback {
            kind,
            id: id.to_string(),
            inviter: Some(info.inviter.to_string()),
            group: Some(info.group.as_ref().map(ToString::to_string).unwrap_or_default()),
            invitees: None,
            invitee: None,
            data: Some(text(&info.data)),
            self_timeout: own.then_some(info.standing == Standing::Inviter),
        };
        fill(&mut callback);
        pages.told.push(Told { at: self.clock.now(), line: 0, callback });
    }
}

fn text(data: &Data) -> String {
    String::from_utf8_lossy(data).into_owned()
}

fn names(list: &[&str]) -> Option<Vec<String>> {
    Some(list.iter().map(ToString::to_string).collect())
}

impl SignalingListener for Notes {
    fn on_event(&self, event: &Event) {
        if let Event::Invitation(event) = event {
            self.pages().about = Some(Arc::clone(&event.invitation));
        }
    }

    fn on_receive_new_invitation(
        &self,
        id: InviteId,
        inviter: &str,
        group: Option<&str>,
        list: &[&str],
        data: &Data,
    ) {
        self.note(id, Kind::New, |callback| {
            callback.inviter = Some(inviter.into());
            callback.group = Some(group.unwrap_or_default().into());
            callback.invitees = names(list);
            callback.data = Some(text(data));
        });
    }

    fn on_invitee_accepted(&self, id: InviteId, invitee: &str, data: &Data) {
        self.note(id, Kind::Accepted, |callback| {
            callback.invitee = Some(invitee.into());
            callback.data = Some(text(data));
        });
    }

    fn on_invitee_rejected(&self, id: InviteId, invitee: &str, data: &Data) {
        self.note(id, Kind::Rejected, |callback| {
            callback.invitee = Some(invitee.into());
            callback.data = Some(text(data));
        });
    }

    fn on_invitation_cancelled(&self, id: InviteId, inviter: &str, data: &Data) {
        self.note(id, Kind::Cancelled, |callback| {
            callback.inviter = Some(inviter.into());
            callback.data = Some(text(data));
        });
    }

    fn on_invitation_timeout(&self, id: InviteId, list: &[&str]) {
        self.note(id, Kind::Timeout, |callback| callback.invitees = names(list));
    }

    fn on_invitation_modified(&self, id: InviteId, data: &Data) {
        self.note(id, Kind::Modified, |callback| callback.data = Some(text(data)));
    }
}
