//! Invite somebody: V2TIM's sample of `getSignalingManager`, call by call.
//!
//! In three shells:
//!
//! ```text
//! cargo run --bin signaling -- relay --insecure
//! cargo run --bin signaling -- listen --as bob
//! cargo run -p std-call
//! ```
//!
//! `cargo run -p std-call -- carol dave` is carol, who invites dave.

use std::env::args;
use std::sync::Arc;

use adapter_std::{Client, Data, Event, InviteId, InviteOptions, SignalingListener, What};
use anyhow::Result;
use tokio::sync::Notify;

/// Prints what it hears.
struct Listener {
    ended: Arc<Notify>,
}

impl SignalingListener for Listener {
    fn on_receive_new_invitation(
        &self,
        invite_id: InviteId,
        inviter: &str,
        group_id: Option<&str>,
        invitee_list: &[&str],
        data: &Data,
    ) {
        println!(
            "onReceiveNewInvitation {invite_id}: {inviter} invites {invitee_list:?} in {group_id:?}: {data:?}"
        );
    }

    fn on_invitee_accepted(&self, invite_id: InviteId, invitee: &str, data: &Data) {
        println!("onInviteeAccepted {invite_id}: {invitee} says yes: {data:?}");
    }

    fn on_invitee_rejected(&self, invite_id: InviteId, invitee: &str, data: &Data) {
        println!("onInviteeRejected {invite_id}: {invitee} says no: {data:?}");
    }

    fn on_invitation_cancelled(&self, invite_id: InviteId, inviter: &str, data: &Data) {
        println!("onInvitationCancelled {invite_id}: {inviter} takes it back: {data:?}");
    }

    fn on_invitation_timeout(&self, invite_id: InviteId, invitee_list: &[&str]) {
        println!("onInvitationTimeout {invite_id}: {invitee_list:?} did not answer");
    }

    fn on_invitation_modified(&self, invite_id: InviteId, data: &Data) {
        println!("onInvitationModified {invite_id}: {data:?}");
    }

    /// Beyond V2TIM: every event, also those that have no callback of their own.
    fn on_event(&self, event: &Event) {
        if matches!(event, Event::Invitation(event) if event.what == What::Ended) {
            self.ended.notify_one();
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let me = args().nth(1).unwrap_or("alice".into());
    let invitee = args().nth(2).unwrap_or("bob".into());

    let client = Client::builder(me).relay("tcp://127.0.0.1:7400").label("example").build()?;
    let signaling = client.signaling();
    // Before connecting: whoever waits for us is heard then.
    let ended = Arc::new(Notify::new());
    signaling.add_signaling_listener(Listener { ended: Arc::clone(&ended) });
    client.connect();

    let invitation = signaling.invite(&invitee, "data", &InviteOptions::timeout_seconds(30))?;
    println!("inviteID {}", invitation.id());

    ended.notified().await;
    client.close().await;
    Ok(())
}
