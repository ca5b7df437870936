//! What is no recording is refused, by file, line and field.

use std::path::Path;

use conformance::{Answer, Entry, Note, ReadError, Recording};

const GOOD: &str =
    r#"{"scenario":"s","impl":"chat","t":0,"peer":"bob","cmd":"accept","args":{"inviteID":"i","data":""}}"#;

fn error(text: &str) -> String {
    Recording::parse(Path::new("calls.jsonl"), text).unwrap_err().to_string()
}

/// The second line, after a good one, with something in it replaced.
fn second(from: &str, to: &str) -> String {
    error(&format!("{GOOD}\n{}", GOOD.replacen(from, to, 1)))
}

#[test]
fn the_file_the_line_and_the_field_are_named() {
    for (from, to, says) in [
        (r#""t":0"#, r#""t":"0""#, "field `t`: invalid type: string \"0\", expected f64"),
        (r#""t":0"#, r#""t":-1"#, "field `t`: is no number of seconds from the beginning"),
        (r#","t":0"#, "", "field `t`: is missing"),
        (r#""peer":"bob","#, "", "field `peer`: is missing"),
        (
            r#""cmd":"accept""#,
            r#""cmd":"hangup""#,
            "field `cmd`: there is no command \"hangup\"; there are invite, ",
        ),
        (r#""inviteID":"i""#, r#""inviteID":7"#, "field `args.inviteID`: invalid type: integer `7`"),
        (r#""data":"""#, r#""date":"""#, "field `args.date`: accept has no such field"),
        (
            r#""cmd":"accept""#,
            r#""cmd":"accept","of":"x#1""#,
            "field `of`: a line with `cmd` has no such field",
        ),
        (r#""cmd":"accept","args""#, r#""event":"RANG","data""#, "field `event`: there is no event \"RANG\""),
        (r#""cmd":"accept","args""#, r#""act":"accept","args""#, "a line has one of the fields cmd, send, "),
        (
            r#""cmd":"accept","args":{"inviteID":"i","data":""}"#,
            r#""result":{},"of":"accept""#,
            "field `of`: \"accept\" is not like",
        ),
        ("}}", "}", "EOF while parsing an object"),
    ] {
        let error = second(from, to);
        assert!(error.starts_with(&format!("calls.jsonl:2: {says}")), "{to}: {error}");
    }
}

#[test]
fn a_file_without_a_line_is_no_recording() {
    assert_eq!(error("\n\n"), "calls.jsonl: the file holds no recording: it should be lines of JSON");
    let missing = Recording::read(Path::new("no such file")).unwrap_err();
    assert!(matches!(missing, ReadError::Io { .. }), "{missing}");
    assert!(missing.to_string().starts_with("no such file: "), "{missing}");
}

#[test]
fn a_field_that_nobody_knows_is_named_and_not_compared() {
    let line = r#"{"scenario":"s","impl":"chat","t":0,"by":"me","peer":"bob","event":"INVITATION_TIMEOUT","data":{"inviteID":"i","groupID":null,"timeout":3}}"#;
    let recording = Recording::parse(Path::new("f"), &format!("{line}\n{line}")).unwrap().remove(0);
    let strange: Vec<_> = recording.strange.iter().map(|(field, line)| (field.as_str(), *line)).collect();
    assert_eq!(strange, [("by", 1), ("data.timeout", 1)]);
    assert_eq!(recording.steps.len(), 2);
}

#[test]
fn a_failure_is_told_in_several_ways() {
    let call = r#"{"scenario":"s","impl":"chat","t":0,"peer":"bob","cmd":"accept","args":{"inviteID":"i"}}"#;
    for (answer, code) in [
        (r#""error":{"code":8010,"message":"gone"}"#, Some(8010)),
        (r#""error":{"code":8010,"desc":"gone"}"#, Some(8010)),
        (r#""error":{"message":"gone"}"#, None),
        (r#""error":{"code":null}"#, None),
        (r#""result":{"code":8010,"desc":"gone"}"#, Some(8010)),
    ] {
        let line = format!(r#"{{"scenario":"s","impl":"chat","t":0,"peer":"bob",{answer},"of":"accept#1"}}"#);
        let recording = Recording::parse(Path::new("f"), &format!("{call}\n{line}")).unwrap().remove(0);
        assert_eq!(recording.answer_of(0), Some(&Answer::Failed(code)), "{answer}");
    }
}

#[test]
fn whom_a_call_is_for_has_two_names() {
    let named = |name: &str| {
        let args = format!(r#""cmd":"invite","args":{{"{name}":"bob"}}"#);
        let line = format!(r#"{{"scenario":"s","impl":"native","t":0,"peer":"alice",{args}}}"#);
        Recording::parse(Path::new("calls.jsonl"), &line).unwrap()[0].peers().len()
    };
    assert_eq!(["userID", "invitee"].map(named), [2, 2]);
}

#[test]
fn the_mark_that_some_editors_put_before_a_file_does_no_harm() {
    let marked = format!("\u{feff}{GOOD}");
    assert_eq!(Recording::parse(Path::new("calls.jsonl"), &marked).unwrap()[0].steps.len(), 1);
}

#[test]
fn several_recordings_may_follow_each_other() {
    let second = GOOD.replace(r#""scenario":"s""#, r#""scenario":"other""#);
    let recordings = Recording::parse(Path::new("f"), &format!("{GOOD}\n{GOOD}\n\n{second}\n")).unwrap();
    let lengths: Vec<_> = recordings.iter().map(|it| (it.scenario.as_str(), it.steps.len())).collect();
    assert_eq!(lengths, [("s", 2), ("other", 1)]);
    assert_eq!(recordings[1].steps[0].line, 4);
}

#[test]
fn a_note_that_cannot_be_played_is_kept_to_be_shown() {
    let note = |text: &str| {
        let line = format!(r#"{{"scenario":"s","impl":"chat","t":0,"peer":"bob","note":"{text}"}}"#);
        let mut recordings = Recording::parse(Path::new("f"), &line).unwrap();
        match recordings.remove(0).steps.remove(0).entry {
            Entry::Note(note) => note,
            entry => panic!("{entry:?}"),
        }
    };
    assert_eq!(note("advance 30s"), Note::Advance(30_000));
    assert_eq!(note("advance 1.5 s"), Note::Advance(1_500));
    assert_eq!(note("advance 250ms"), Note::Advance(250));
    assert_eq!(note("comes online with 1 unread message(s)"), Note::Online);
    assert_eq!(note("goes offline"), Note::Offline);
    assert_eq!(note("advance slowly"), Note::Other("advance slowly".into()));
    assert_eq!(note("the clock is wrong"), Note::Other("the clock is wrong".into()));
}
