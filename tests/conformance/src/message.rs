//! The JSON of V2TIM's messages: whether its clients take it, and whether we read and write it as they do.

use adapter_std::v2tim::{SignalingInfo, get_signaling_info};
use serde_json::{Map, Value, json};

/// Whether V2TIM's clients act on a message: the strictest of their rules, all together. Written against what the
/// clients were seen to do, with another JSON library than ours.
///
/// # Errors
/// Which rule it breaks.
pub fn accepted(text: &str) -> Result<(), String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let message = value.as_object().ok_or("is no object")?;
    // tsignaling: anything but the number 1 is somebody else's message.
    if message.get("businessID") != Some(&json!(1)) {
        return Err("businessID is not the number 1".into());
    }
    let id = string(message, "inviteID")?;
    if !(1..=127).contains(&id.len()) {
        return Err("inviteID does not fit the C interface's buffer of 128".into());
    }
    string(message, "data")?;
    string(message, "groupID")?;
    if string(message, "inviter")?.is_empty() {
        return Err("inviter is empty".into());
    }
    if !message.get("onlineUserOnly").is_none_or(Value::is_boolean) {
        return Err("onlineUserOnly is no bool".into());
    }
    let names = names(message)?;
    by_action(message, &names)
}

fn string<'a>(message: &'a Map<String, Value>, key: &str) -> Result<&'a str, String> {
    message.get(key).and_then(Value::as_str).ok_or_else(|| format!("{key} is no string"))
}

/// All clients go through the list without asking whether it is there.
fn names(message: &Map<String, Value>) -> Result<Vec<&str>, String> {
    let list = message.get("inviteeList").and_then(Value::as_array).ok_or("inviteeList is no array")?;
    let names: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
    names.filter(|names| !names.is_empty()).ok_or_else(|| "inviteeList does not name users".into())
}

fn by_action(message: &Map<String, Value>, names: &[&str]) -> Result<(), String> {
    // A string "1" is ignored by all.
    let action = message.get("actionType").and_then(Value::as_u64).ok_or("actionType is no number")?;
    let timeout = message.get("timeout").and_then(Value::as_u64).ok_or("timeout is no whole number")?;
    match action {
        1 => Ok(()),
        2..=5 if timeout != 0 => Err("only an invitation has a time limit".into()),
        3 | 4 if names.len() != 1 => Err("an answer names who answers".into()),
        2..=5 => Ok(()),
        _ => Err(format!("no client knows action {action}")),
    }
}

/// What `getSignalingInfo` gives for the data of a message, as the web clients show it: an object, or null.
pub fn signaling_info(data: &str) -> Value {
    let Ok(info) = get_signaling_info(data) else { return Value::Null };
    let names: Vec<String> = info.invitee_list.iter().map(|name| name.to_string()).collect();
    json!({
        "businessID": info.business_id,
        "inviteID": info.invite_id.to_string(),
        "groupID": info.group_id.to_string(),
        "inviter": info.inviter.to_string(),
        "inviteeList": names,
        "data": info.data.to_string(),
        "actionType": info.action_type.number(),
        "timeout": info.timeout,
    })
}

/// Reads a message, writes it anew, and compares: what a client sent has to come out with the same meaning, and if
/// clients take it they must take ours. Gives what was written.
///
/// # Errors
/// What is lost or wrong.
pub fn rewritten(text: &str) -> Result<String, String> {
    let info = get_signaling_info(text).map_err(|error| error.to_string())?;
    let ours = written(&info)?;
    if accepted(text).is_ok() {
        accepted(&ours)?;
    }
    let mut theirs: Map<String, Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    theirs.entry("timeout").and_modify(|timeout| *timeout = whole_seconds(timeout));
    let again: Value = serde_json::from_str(&ours).map_err(|error| error.to_string())?;
    let lost = theirs.iter().find(|(key, value)| again.get(key) != Some(value));
    lost.map_or(Ok(ours), |(key, value)| Err(format!("{key} was {value} and is {}", again[key])))
}

/// A time limit as it takes effect: clients look once a second, and one below 0 is none.
fn whole_seconds(timeout: &Value) -> Value {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` keeps within the range
    timeout.as_f64().map_or(Value::Null, |seconds| json!(seconds.ceil().max(0.0) as u64))
}

/// The JSON of a message.
///
/// # Errors
/// If it is no text, which would be a fault of the writer.
pub fn written(info: &SignalingInfo<'_>) -> Result<String, String> {
    let mut bytes = vec![0; info.written_len()];
    info.write(&mut bytes).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &str = r#"{"businessID":1,"inviteID":"i","inviter":"alice","actionType":1,"inviteeList":["bob"],"data":"","timeout":10,"groupID":""}"#;

    #[test]
    fn what_the_clients_ignore_or_trip_over_is_refused() {
        assert_eq!(accepted(INVITE), Ok(()));
        let answer = INVITE.replace(r#""actionType":1"#, r#""actionType":3"#).replace("10", "0");
        assert_eq!(accepted(&answer), Ok(()));
        for (from, to, why) in [
            (r#""businessID":1,"#, "", "businessID"),
            (r#""businessID":1"#, r#""businessID":"1""#, "businessID"),
            (r#""actionType":1"#, r#""actionType":"1""#, "actionType"),
            (r#""actionType":1"#, r#""actionType":6"#, "action 6"),
            (r#""actionType":1"#, r#""actionType":2"#, "time limit"),
            (r#","inviteeList":["bob"]"#, "", "inviteeList"),
            (r#"["bob"]"#, "[]", "inviteeList"),
            (r#"["bob"]"#, "[7]", "inviteeList"),
            (r#""data":"""#, r#""data":{}"#, "data"),
            (r#""groupID":"""#, r#""groupID":null"#, "groupID"),
            (r#""inviter":"alice""#, r#""inviter":"""#, "inviter"),
            (r#""inviteID":"i""#, r#""inviteID":"""#, "inviteID"),
            (r#""timeout":10"#, r#""timeout":2.5"#, "timeout"),
            ("{", "[{", "EOF"),
        ] {
            let error = accepted(&INVITE.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(why), "{to}: {error}");
        }
        let two = answer.replace(r#"["bob"]"#, r#"["bob","carol"]"#);
        assert!(accepted(&two).unwrap_err().contains("answer"));
    }

    #[test]
    fn what_is_lost_is_named() {
        assert!(rewritten(INVITE).is_ok());
        assert!(rewritten(&INVITE.replace("10", "2.5")).unwrap().contains(r#""timeout":3"#));
        let error = rewritten(&INVITE.replace(r#""data":"""#, r#""data":7"#)).unwrap_err();
        assert_eq!(error, r#"data was 7 and is "7""#);
    }
}
