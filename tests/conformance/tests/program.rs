//! The program, as it is run by hand.

use std::io::Write;
use std::process::{Command, Output};

const CALL: &str = r#"{"scenario":"by-hand","impl":"chat","t":0,"peer":"alice","cmd":"invite","args":{"userID":"bob","data":"x","timeout":10}}
{"scenario":"by-hand","impl":"chat","t":0,"peer":"alice","result":{"code":0,"inviteID":"i"},"of":"invite#1"}
{"scenario":"by-hand","impl":"chat","t":0,"peer":"bob","event":"NEW_INVITATION_RECEIVED","data":{"inviteID":"i","inviter":"alice","groupID":"","data":"x","inviteeList":["bob"]}}
"#;

fn run(recording: &str) -> (Output, String) {
    let mut file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
    file.write_all(recording.as_bytes()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_conformance")).arg(file.path()).output().unwrap();
    let said = String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).unwrap();
    (output, said)
}

#[test]
fn what_is_the_same_is_a_success() {
    let (output, said) = run(CALL);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("1 recordings, 2 answers and callbacks, 0 differences, 0 unexplained"), "{said}");
}

#[test]
fn what_nothing_explains_fails() {
    let (output, said) = run(&CALL.replace(r#""data":"x","inviteeList""#, r#""data":"y","inviteeList""#));
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(r#"UNEXPLAINED: data is "x", not "y""#), "{said}");
}

#[test]
fn what_is_no_recording_is_told_by_line_and_field() {
    let (output, said) = run(&CALL.replace(r#""userID":"bob""#, r#""userID":"bob","volume":11"#));
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(".jsonl:1: field `args.volume`: invite has no such field"), "{said}");
}

#[test]
fn a_note_that_cannot_be_played_is_shown() {
    let note = r#"{"scenario":"by-hand","impl":"chat","t":0,"note":"the moon rises"}"#;
    let (output, said) = run(&format!("{CALL}{note}\n"));
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("a note that cannot be played, line 4: the moon rises"), "{said}");
}

#[test]
fn the_recordings_that_come_with_it_pass() {
    let output = Command::new(env!("CARGO_BIN_EXE_conformance")).arg("--quiet").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}
