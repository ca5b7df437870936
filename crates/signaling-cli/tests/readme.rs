//! The page that scripts rely on names every event.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The sources of the crate, but for their tests.
fn sources(dir: &Path, text: &mut String) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else {
            let source = fs::read_to_string(&path).unwrap();
            text.push_str(source.split("#[cfg(test)]").next().unwrap());
        }
    }
}

#[test]
fn every_event_is_documented() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    sources(&home.join("src"), &mut text);
    let made = text.split("Notice::new(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
    let names: BTreeSet<&str> = made.filter_map(|rest| rest.split('"').next()).collect();
    assert!(names.len() > 30, "found only {names:?}");
    let readme = fs::read_to_string(home.join("README.md")).unwrap();
    let missing: Vec<&&str> = names.iter().filter(|name| !readme.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "not in the README: {missing:?}");
}
