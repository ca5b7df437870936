//! Invite members of a group: each answers for himself, and everybody learns what all answered.
//!
//! A relay, and two members that listen, each in a shell of its own:
//!
//! ```text
//! cargo run --bin signaling -- relay --insecure
//! cargo run --bin signaling -- listen --as bob
//! cargo run --bin signaling -- listen --as carol
//! ```
//!
//! Then the group is made, all join it, and alice calls:
//!
//! ```text
//! cargo run --bin signaling -- group create team --as alice
//! cargo run --bin signaling -- group join team --as bob
//! cargo run --bin signaling -- group join team --as carol
//! cargo run -p group-call
//! ```

use std::time::Duration;

use adapter_std::{Client, InviteOptions, InviteeInfo, Reason, Slot};
use anyhow::{Context, Result};
use tokio::time::timeout;

#[tokio::main]
async fn main() -> Result<()> {
    let client = Client::builder("alice").relay("tcp://127.0.0.1:7400").label("example").build()?;
    client.connect();
    timeout(Duration::from_secs(5), client.connected()).await.context("is the relay running?")?;

    if client.create_group("team").await.is_err() {
        // Somebody else was first.
        client.join_group("team").await?;
    }
    let members = client.group_members("team").await?;
    let invitees: Vec<&str> = members.iter().map(AsRef::as_ref).filter(|name| *name != "alice").collect();
    println!("in the group: {invitees:?}, and alice");

    let options = InviteOptions::timeout_seconds(30);
    let call = client.signaling().invite_in_group("team", &invitees, "stand-up", &options)?;
    println!("inviteID {}", call.id());

    for invitee in &call.ended().await?.invitees {
        println!("{:>10} {}", invitee.user, answer(invitee));
    }
    client.close().await;
    Ok(())
}

fn answer(invitee: &InviteeInfo) -> String {
    let InviteeInfo { outcome, label, data, .. } = invitee;
    match outcome {
        Slot::Accepted(_) => format!("accepted on {label:?}: {data:?}"),
        Slot::Rejected(Reason::Unreachable) => "cannot be reached".into(),
        Slot::Rejected(_) => format!("rejected on {label:?}: {data:?}"),
        Slot::Cancelled => "was called off".into(),
        Slot::TimedOut => "did not answer".into(),
        Slot::Pending => "has not answered yet".into(),
    }
}
