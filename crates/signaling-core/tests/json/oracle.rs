//! The rule once more, on top of `serde_json` and the heap: what a message should be read as.

use serde_json::{Value, json};
use signaling_core::v2tim::SignalingInfo;

/// The nine keys of a message, each with its value or what stands for it; none if it is no signaling.
pub(crate) fn expected(message: &Value) -> Option<Value> {
    let message = message.as_object()?;
    let get = |key: &str| message.get(key).filter(|value| !value.is_null());
    let text = |key: &str| get(key).and_then(Value::as_str).unwrap_or_default();
    let whole = |value: &Value| value.as_f64().filter(|number| number.fract() == 0.0);
    let names = get("inviteeList").and_then(Value::as_array).cloned().unwrap_or_default();
    let action = whole(message.get("actionType")?).filter(|action| (1.0..=5.0).contains(action));
    let business = get("businessID").is_none_or(|id| whole(id) == Some(1.0));
    let timeout = get("timeout").and_then(Value::as_f64).unwrap_or_default();
    let data = get("data").map_or(json!(""), |data| if data.is_string() { data.clone() } else { raw(data) });
    (business && (1..=127).contains(&text("inviteID").len())).then(|| {
        json!({
            "businessID": 1,
            "inviteID": text("inviteID"),
            "inviter": text("inviter"),
            "actionType": action.unwrap_or_default() as u32,
            "inviteeList": names.into_iter().filter(Value::is_string).collect::<Vec<_>>(),
            "data": data,
            "timeout": timeout.ceil().clamp(0.0, f64::from(u32::MAX)) as u32,
            "groupID": text("groupID"),
            "onlineUserOnly": get("onlineUserOnly") == Some(&json!(true)),
        })
    })
}

/// Marks data that was no string: what is read is its JSON text, with the spaces it came with.
fn raw(data: &Value) -> Value {
    json!({ "raw": data })
}

/// What was read, in the same form.
pub(crate) fn read(info: &SignalingInfo<'_>, expected: &Value) -> Value {
    let data = info.data.to_string();
    let data =
        if expected["data"].is_string() { json!(data) } else { raw(&serde_json::from_str(&data).unwrap()) };
    json!({
        "businessID": info.business_id,
        "inviteID": info.invite_id.to_string(),
        "inviter": info.inviter.to_string(),
        "actionType": info.action_type.number(),
        "inviteeList": info.invitee_list.iter().map(|name| name.to_string()).collect::<Vec<_>>(),
        "data": data,
        "timeout": info.timeout,
        "groupID": info.group_id.to_string(),
        "onlineUserOnly": info.online_user_only,
    })
}
