//! The demo, as a user sees it first.

use serde_json::Value;

use crate::world::World;

#[test]
fn all_agree() {
    let demo = World::empty().run(&["demo"]);
    assert_eq!(demo.code, Some(0), "{demo:#?}");
    assert!(demo.out.last().unwrap().contains("11 stories"), "{demo:#?}");
    assert!(demo.out.iter().any(|line| line.contains("answered elsewhere: bob/kitchen accepted")));
}

#[test]
fn in_json_it_is_in_order_and_complete() {
    let demo = World::empty().run(&["demo", "--json"]);
    let events: Vec<Value> = demo.out.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.is_sorted_by_key(|event| event["at_ms"].as_u64().unwrap()));
    let count = |name: &str| events.iter().filter(|event| event["event"] == name).count();
    assert_eq!((count("story"), count("result"), count("latency")), (11, 11, 2));
    let summary = events.last().unwrap();
    assert_eq!((&summary["event"], &summary["failed"]), (&"summary".into(), &0.into()), "{demo:#?}");
    assert_eq!(Value::from(count("record")), summary["records"]);
}
