//! A small world for stories: alice invites, bob and carol are invited, dave is a member of their group.
#![allow(dead_code)] // each file of stories uses its own part of it

use adapter_std::InviteId;
use conformance::{Invite, Verb, World};

/// All of these, with links, and members of the group "team".
pub(crate) async fn world(peers: &[&str]) -> World {
    let mut world = World::new().await;
    world.group("team", peers).await;
    for peer in peers {
        world.add(peer, true).await;
    }
    world
}

/// An invitation with the data "x" and 10 s to answer.
pub(crate) fn to(invitee: &str) -> Invite {
    let invitees = vec![invitee.into()];
    Invite { group: None, invitees, data: "x".into(), timeout: 10.0, online_only: false }
}

/// The same in the group "team".
pub(crate) fn team(invitees: &[&str]) -> Invite {
    let invitees = invitees.iter().map(ToString::to_string).collect();
    Invite { group: Some("team".into()), invitees, ..to("") }
}

/// alice invites, and whoever it reaches rings; what they heard so far is forgotten.
pub(crate) async fn ringing(world: &World, invite: &Invite, peers: &[&str]) -> InviteId {
    let id = world.invite("alice", invite).unwrap();
    world.settle().await;
    for peer in peers {
        world.device(peer).told();
    }
    id
}

/// Calls a method, and waits until all have heard of it; its code.
pub(crate) async fn act(world: &World, peer: &str, verb: Verb, id: InviteId, data: &str) -> Option<u32> {
    let code = world.act(peer, verb, id, data);
    world.settle().await;
    code
}

/// What a peer's listener was told since this was last asked.
pub(crate) fn heard(world: &World, peer: &str) -> Vec<String> {
    world.device(peer).told().into_iter().map(|told| told.callback.to_string()).collect()
}

/// Who was told something since this was last asked, and what.
pub(crate) fn all_heard(world: &World, peers: &[&str]) -> Vec<(String, Vec<String>)> {
    let told = peers.iter().map(|peer| ((*peer).to_owned(), heard(world, peer)));
    told.filter(|(_, heard)| !heard.is_empty()).collect()
}

/// These peers were told this once, and the others nothing.
pub(crate) fn only(world: &World, peers: &[&str], those: &[&str], what: &str) {
    for (peer, heard) in peers.iter().map(|peer| (*peer, heard(world, peer))) {
        let expected: &[&str] = if those.contains(&peer) { &[what] } else { &[] };
        assert_eq!(heard, expected, "at {peer}");
    }
}

/// Success.
pub(crate) const OK: Option<u32> = Some(0);
/// Unknown, or over.
pub(crate) const OVER: Option<u32> = Some(8010);
/// Not yours to do.
pub(crate) const FORBIDDEN: Option<u32> = Some(8011);
/// A bad argument.
pub(crate) const INVALID: Option<u32> = Some(6017);
