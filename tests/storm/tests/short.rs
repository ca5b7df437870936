//! A short storm: seconds instead of minutes.

use std::process::Command;

#[test]
fn all_agree_after_a_short_storm() {
    let storm = Command::new(env!("CARGO_BIN_EXE_storm"))
        .args(["run", "--seconds", "8", "--calls", "20", "--longest", "6"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&storm.stdout);
    assert!(storm.status.success(), "{told}\n{}", String::from_utf8_lossy(&storm.stderr));
    assert!(told.ends_with(" 0 contradictions\n       0 lost outcomes\n"), "{told}");
}
