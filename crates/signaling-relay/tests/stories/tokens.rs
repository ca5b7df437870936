//! Tokens: what a relay with a key lets in.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use signaling_core::wire::{GroupAnswer, GroupOp, Refusal};
use signaling_core::{Device, GroupId, UserId};
use signaling_relay::{JwtKey, KeyError, MintError};

use crate::world::{Got, Link, World, settled};

const SECRET: &[u8] = b"a secret of thirty-two bytes....";
const NOW: u64 = 1_800_000_000;

fn key() -> JwtKey {
    JwtKey::new(SECRET).unwrap()
}

fn alice() -> UserId {
    UserId::new("alice").unwrap()
}

fn world() -> World {
    let mut world = World::guarded(settled(), key());
    world.relay.set_wall_clock(NOW);
    world
}

fn refused(reason: Refusal) -> Option<Got> {
    Some(Got::Refused(None, reason))
}

/// Signs claims as somebody else's program would.
fn sign(algorithm: Algorithm, secret: &[u8], claims: &str) -> String {
    let claims: serde_json::Value = serde_json::from_str(claims).unwrap();
    encode(&Header::new(algorithm), &claims, &EncodingKey::from_secret(secret)).unwrap()
}

#[test]
fn a_good_token_opens_the_door() {
    let token = key().mint(&alice(), None, Some(NOW + 1)).unwrap();
    assert!(matches!(world().show("alice", 1, &token), Some(Got::Welcome(_))));
    assert!(matches!(world().show("alice", 2, &token), Some(Got::Welcome(_))), "on each device");
}

#[test]
fn no_token_does_not() {
    assert_eq!(world().show("alice", 1, ""), refused(Refusal::Token));
    assert_eq!(world().show("alice", 1, "a.b.c"), refused(Refusal::Token));
}

#[test]
fn a_token_ends_to_the_second() {
    let token = key().mint(&alice(), None, Some(NOW + 10)).unwrap();
    let mut world = world();
    world.relay.set_wall_clock(NOW + 9);
    assert!(matches!(world.show("alice", 1, &token), Some(Got::Welcome(_))));
    world.relay.set_wall_clock(NOW + 10);
    assert_eq!(world.show("alice", 1, &token), refused(Refusal::Expired));
}

#[test]
fn a_link_outlives_its_token() {
    let token = key().mint(&alice(), None, Some(NOW + 10)).unwrap();
    let mut world = world();
    let link = world.link();
    world.hello(link, "alice", Device { id: 1, epoch: 1 }, 4096, &token);
    world.next(link);
    world.relay.set_wall_clock(NOW + 100);
    world.put(link, &signaling_core::wire::Frame::Ping(1));
    assert_eq!(world.all(link), [Got::Pong(1)]);
}

#[test]
fn somebody_elses_token_does_not() {
    let token = key().mint(&alice(), None, Some(NOW + 10)).unwrap();
    assert_eq!(world().show("bob", 1, &token), refused(Refusal::Token));
    let expired = key().mint(&alice(), None, Some(NOW - 10)).unwrap();
    assert_eq!(world().show("bob", 1, &expired), refused(Refusal::Token), "nor is its age told");
}

#[test]
fn a_token_of_one_device_is_good_for_that_device_alone_and_for_ever() {
    let token = key().mint(&alice(), Some(0xabc), None).unwrap();
    assert!(matches!(world().show("alice", 0xabc, &token), Some(Got::Welcome(_))));
    assert_eq!(world().show("alice", 0xabd, &token), refused(Refusal::Token));
}

#[test]
fn a_token_of_one_device_may_end_too() {
    let token = key().mint(&alice(), Some(1), Some(NOW)).unwrap();
    assert_eq!(world().show("alice", 1, &token), refused(Refusal::Expired));
}

#[test]
fn a_token_for_all_devices_must_end() {
    assert!(matches!(key().mint(&alice(), None, None), Err(MintError::Unbounded)));
    let endless = sign(Algorithm::HS256, SECRET, r#"{"sub":"alice"}"#);
    assert_eq!(world().show("alice", 1, &endless), refused(Refusal::Token));
}

#[test]
fn a_forged_token_does_not() {
    let claims = format!(r#"{{"sub":"alice","exp":{}}}"#, NOW + 10);
    let forged = sign(Algorithm::HS256, b"another secret", &claims);
    assert_eq!(world().show("alice", 1, &forged), refused(Refusal::Token));

    let good = sign(Algorithm::HS256, SECRET, &claims);
    assert!(matches!(world().show("alice", 1, &good), Some(Got::Welcome(_))));
    let (head, signature) = (good.split('.').next().unwrap(), good.rsplit('.').next().unwrap());
    let other = sign(Algorithm::HS256, SECRET, &claims.replace("alice", "bob"));
    let swapped = format!("{head}.{}.{signature}", other.split('.').nth(1).unwrap());
    assert_eq!(world().show("bob", 1, &swapped), refused(Refusal::Token));
}

#[test]
fn a_token_that_is_signed_by_none_does_not() {
    // {"alg":"none","typ":"JWT"} . {"sub":"alice","exp":4102444800}
    let (head, claims) =
        ("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0", "eyJzdWIiOiJhbGljZSIsImV4cCI6NDEwMjQ0NDgwMH0");
    assert_eq!(world().show("alice", 1, &format!("{head}.{claims}.")), refused(Refusal::Token));
    let good = sign(Algorithm::HS256, SECRET, r#"{"sub":"alice","exp":4102444800}"#);
    let signature = good.rsplit('.').next().unwrap();
    assert_eq!(world().show("alice", 1, &format!("{head}.{claims}.{signature}")), refused(Refusal::Token));
}

#[test]
fn another_algorithm_does_not_even_with_the_right_key() {
    let token = sign(Algorithm::HS512, SECRET, r#"{"sub":"alice","exp":4102444800}"#);
    assert_eq!(world().show("alice", 1, &token), refused(Refusal::Token));
}

#[test]
fn a_token_of_tomorrow_or_for_others_does_not() {
    let early = format!(r#"{{"sub":"alice","exp":4102444800,"nbf":{}}}"#, NOW + 1);
    let token = sign(Algorithm::HS256, SECRET, &early);
    assert_eq!(world().show("alice", 1, &token), refused(Refusal::Token));
    let token = sign(Algorithm::HS256, SECRET, r#"{"sub":"alice","exp":4102444800,"aud":"another service"}"#);
    assert_eq!(world().show("alice", 1, &token), refused(Refusal::Token));
}

#[test]
fn an_epoch_needs_no_less_of_a_token() {
    let mut world = world();
    let link = world.link();
    world.hello(link, "alice", Device { id: 1, epoch: 0 }, 4096, "");
    assert_eq!(world.next(link), refused(Refusal::Token));
}

#[test]
fn a_key_that_can_be_guessed_is_no_key() {
    assert!(matches!(JwtKey::new(b"short"), Err(KeyError::TooShort { found: 5 })));
}

#[test]
fn a_key_never_shows_itself() {
    assert_eq!(format!("{:?}", key()), "JwtKey(..)");
}

#[test]
fn a_key_file_may_end_in_a_line_feed() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("key");
    std::fs::write(&path, [SECRET, b"\n"].concat()).unwrap();
    let token = JwtKey::read(&path).unwrap().mint(&alice(), None, Some(NOW + 1)).unwrap();
    assert!(matches!(world().show("alice", 1, &token), Some(Got::Welcome(_))));
}

#[test]
fn a_key_file_that_is_not_there_is_named() {
    let error = JwtKey::read(std::path::Path::new("no/such/key")).unwrap_err();
    assert!(error.to_string().starts_with("cannot read the key file no/such/key: "), "{error}");
}

/// A link of alice with that token.
fn alice_with(world: &mut World, token: &str) -> Link {
    let link = world.link();
    world.hello(link, "alice", Device { id: 1, epoch: 1 }, 4096, token);
    world.answer(link);
    assert!(matches!(world.next(link), Some(Got::Welcome(_))));
    link
}

#[test]
fn a_token_may_bound_the_groups() {
    let team = [GroupId::new("team").unwrap()];
    let token = key().mint_for_groups(&alice(), None, Some(NOW + 10), &team).unwrap();
    let mut world = world();
    let link = alice_with(&mut world, &token);
    assert_eq!(world.group(link, GroupOp::Create, "other"), GroupAnswer::Unknown);
    assert_eq!(world.group(link, GroupOp::Create, "team"), GroupAnswer::Done);
    let none = key().mint_for_groups(&alice(), None, Some(NOW + 10), &[]).unwrap();
    let link = alice_with(&mut world, &none);
    assert_eq!(world.group(link, GroupOp::Join, "third"), GroupAnswer::Unknown);
    assert_eq!(world.members(link, "team"), ["alice"], "what she is in she stays in");
    assert_eq!(world.group(link, GroupOp::Leave, "team"), GroupAnswer::Done);
}

#[test]
fn who_may_not_join_does_not_learn_what_groups_there_are() {
    let mut world = world();
    let bob = key().mint(&UserId::new("bob").unwrap(), None, Some(NOW + 10)).unwrap();
    let link = world.link();
    world.hello(link, "bob", Device { id: 2, epoch: 1 }, 4096, &bob);
    world.next(link);
    assert_eq!(world.group(link, GroupOp::Create, "secret"), GroupAnswer::Done);
    let none = key().mint_for_groups(&alice(), None, Some(NOW + 10), &[]).unwrap();
    let link = alice_with(&mut world, &none);
    for group in ["secret", "nothing"] {
        assert_eq!(world.group(link, GroupOp::Create, group), GroupAnswer::Unknown);
        assert_eq!(world.group(link, GroupOp::Join, group), GroupAnswer::Unknown);
    }
}

#[test]
fn bounds_that_are_no_list_are_no_token() {
    let claims = format!(r#"{{"sub":"alice","exp":{},"groups":"team"}}"#, NOW + 10);
    assert_eq!(world().show("alice", 1, &sign(Algorithm::HS256, SECRET, &claims)), refused(Refusal::Token));
}
