//! Any document, any text, any damage: the same verdict and the same words as with `serde_json`.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::string::string_regex;
use serde_json::{Value, json};
use signaling_core::v2tim::{ActionType, NotSignaling, SignalingInfo, get_signaling_info};

use super::oracle::{expected, read};
use super::recorded::RECORDED;
use super::written;

const KEYS: [&str; 10] = [
    "businessID",
    "inviteID",
    "inviter",
    "actionType",
    "inviteeList",
    "data",
    "timeout",
    "groupID",
    "onlineUserOnly",
    "inviteID2",
];

/// One of a few that clients write, or any.
fn number() -> impl Strategy<Value = String> {
    let any = string_regex(r"-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,4})?([eE][+-]?[0-9]{1,2})?").unwrap();
    prop_oneof![3 => (0..7_u8).prop_map(|n| n.to_string()), 1 => any]
}

/// Any text as JSON, each character with or without escapes.
fn string() -> impl Strategy<Value = String> {
    let character = (any::<char>(), any::<bool>()).prop_map(|(c, escaped)| {
        let plain = json!(c.to_string()).to_string();
        if escaped { units(c) } else { plain[1..plain.len() - 1].to_owned() }
    });
    vec(character, 0..8).prop_map(|inside| format!("\"{}\"", inside.concat()))
}

fn units(c: char) -> String {
    c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect()
}

fn value() -> impl Strategy<Value = String> {
    let word = select(vec!["null", "true", "false"]).prop_map(str::to_owned);
    let leaf = prop_oneof![word, number(), string()];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let pair = (string(), inner.clone()).prop_map(|(key, value)| format!("{key} :{value}"));
        prop_oneof![
            vec(inner, 0..4).prop_map(|values| format!("[{}]", values.join(" ,"))),
            vec(pair, 0..4).prop_map(|pairs| format!("{{ {} }}", pairs.join(","))),
        ]
    })
}

/// A key that counts, plain or escaped, with what should stand there, or with anything.
fn member() -> impl Strategy<Value = String> {
    let key = (select(&KEYS[..]), any::<bool>())
        .prop_map(|(key, escaped)| if escaped { key.chars().map(units).collect() } else { key.to_owned() });
    let names = vec(string(), 0..4).prop_map(|names| format!("[ {} ]", names.join(", ")));
    let value = prop_oneof![number(), string(), names, value()];
    (key, value).prop_map(|(key, value)| format!("\"{key}\":\t{value}"))
}

/// Mostly a message, with more keys in any order; some come twice.
fn document() -> impl Strategy<Value = String> {
    let good = r#""inviteID":"i","actionType":1"#.to_owned();
    let start = prop_oneof![3 => Just(vec![good]), 1 => Just(vec![])];
    let members = (start, vec(member(), 0..8)).prop_map(|(start, more)| [start, more].concat());
    members.prop_shuffle().prop_map(|members| format!(" {{{}}}\n", members.join("\r\n, ")))
}

/// Whether it is read as it should be, or refused as it should be.
fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let ours = get_signaling_info(bytes);
    match serde_json::from_slice::<Value>(bytes) {
        Ok(theirs) => match (expected(&theirs), ours) {
            (Some(meant), Ok(info)) => prop_assert_eq!(read(&info, &meant), meant),
            (None, Err(error)) => prop_assert!(!is_no_json(error), "{}", error),
            (meant, ours) => prop_assert!(false, "{:?} is not {:?}", ours, meant),
        },
        Err(error) if is_our_choice(&error) => {}
        Err(error) => prop_assert!(ours.is_err_and(is_no_json), "{:?}, but {}", ours, error),
    }
    Ok(())
}

fn is_no_json(error: NotSignaling) -> bool {
    matches!(
        error,
        NotSignaling::NotJson { .. } | NotSignaling::NotUtf8 { .. } | NotSignaling::TooDeep { .. }
    )
}

/// Half surrogate pairs and numbers without bounds are JSON to the web clients and to us.
fn is_our_choice(error: &serde_json::Error) -> bool {
    let error = error.to_string();
    ["surrogate", "end of hex escape", "out of range"].iter().any(|known| error.contains(known))
}

/// Puts a byte in, takes one out, or puts another in its place.
fn damage(bytes: &mut Vec<u8>, (at, byte, how): (Index, u8, u8)) {
    let at = at.index(bytes.len());
    match how {
        0 => bytes.insert(at, byte),
        1 => drop(bytes.remove(at)),
        _ => bytes[at] = byte,
    }
}

/// Bytes that mean something in JSON, or any.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![3 => select(&br#"{}[]",:\ue1-.0tfn "#[..]), 1 => any::<u8>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_document_is_read_as_the_rule_says(json in document()) {
        check(json.as_bytes())?;
        for (len, _) in json.trim().char_indices() {
            prop_assert!(get_signaling_info(&json.trim()[..len]).is_err_and(is_no_json));
        }
    }

    #[test]
    fn any_json_is_read_or_refused_as_the_rule_says(json in value()) {
        check(json.as_bytes())?;
    }

    #[test]
    fn a_damaged_message_gets_the_same_verdict(
        line in any::<Index>(),
        wounds in vec((any::<Index>(), byte(), 0..3_u8), 1..4),
    ) {
        let lines: Vec<_> = RECORDED.lines().collect();
        let mut bytes = line.get(&lines).as_bytes().to_vec();
        wounds.into_iter().for_each(|wound| damage(&mut bytes, wound));
        check(&bytes)?;
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in vec(byte(), 0..64)) {
        check(&bytes)?;
    }

    #[test]
    fn any_text_is_written_as_serde_json_writes_it(data: String, names: Vec<String>, timeout: u32) {
        let list: Vec<_> = names.iter().map(String::as_str).collect();
        let info = SignalingInfo {
            invite_id: "i".into(),
            invitee_list: list.as_slice().into(),
            data: data.as_str().into(),
            timeout,
            action_type: ActionType::Invite,
            ..SignalingInfo::default()
        };
        let text = written(&info);
        let (names, data) = (json!(names).to_string(), json!(data).to_string());
        let middle = format!(r#""inviteeList":{names},"data":{data},"timeout":{timeout},"groupID":"#);
        prop_assert!(text.contains(&middle), "{} in {}", middle, text);
        prop_assert_eq!(get_signaling_info(&text), Ok(info));
    }
}
