//! The torture corpus: odd but valid, and invalid frames, messages and JSON, each a file with its verdict.
//!
//! `verdicts.tsv` names each file, what becomes of it, and what it is. What is read has its kind for a verdict, and
//! "written otherwise" if we would write other bytes; JSON that is read, the JSON that we write for it; what is
//! refused, the words of the refusal.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use signaling_core::machine::Kind;
use signaling_core::v2tim::get_signaling_info;
use signaling_core::wire::{Frame, Message, NoRoom};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/torture")
}

/// Bytes as hex digits, with white space anywhere.
fn bytes(path: &Path) -> Vec<u8> {
    let text = fs::read_to_string(path).unwrap();
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn refused(why: impl Display) -> String {
    format!("refused: {why}")
}

fn read(kind: &str, bytes: &[u8], encode: impl FnOnce(&mut [u8]) -> Result<usize, NoRoom>) -> String {
    let mut buf = vec![0; bytes.len()];
    let len = encode(&mut buf).unwrap();
    if buf[..len] == *bytes { kind.into() } else { format!("{kind}, written otherwise") }
}

fn frame(bytes: &[u8]) -> String {
    let frame = match Frame::decode(bytes) {
        Ok(frame) => frame,
        Err(error) => return refused(error),
    };
    let kind = match frame {
        Frame::Hello(_) => "Hello",
        Frame::Welcome(_) => "Welcome",
        Frame::Send(_) => "Send",
        Frame::Deliver(_) => "Deliver",
        Frame::Fanout(_) => "Fanout",
        Frame::Refused(_) => "Refused",
        Frame::Ping(_) => "Ping",
        Frame::Pong(_) => "Pong",
        Frame::Group(_) => "Group",
        Frame::GroupReply(_) => "GroupReply",
    };
    read(kind, bytes, |buf| frame.encode(buf))
}

fn message(bytes: &[u8]) -> String {
    let message = match Message::decode(bytes) {
        Ok(message) => message,
        Err(error) => return refused(error),
    };
    let kind = match message {
        Message::Report(report) if report.kind == Kind::Invite => "Invite",
        Message::Report(_) => "Decision",
        Message::Stance(_) => "Stance",
        Message::Ack(_) => "Ack",
        Message::Unknown { .. } => "Unknown",
    };
    read(kind, bytes, |buf| message.encode(buf))
}

fn json(bytes: &[u8]) -> String {
    let info = match get_signaling_info(bytes) {
        Ok(info) => info,
        Err(error) => return refused(error),
    };
    let mut buf = vec![0; info.written_len()];
    info.write(&mut buf).unwrap();
    String::from_utf8(buf).unwrap()
}

fn verdict(file: &str) -> String {
    let path = corpus().join(file);
    match file.split('/').next() {
        Some("frames") => frame(&bytes(&path)),
        Some("messages") => message(&bytes(&path)),
        _ => json(&fs::read(&path).unwrap()),
    }
}

/// Each row of the table: a file and its verdict.
fn table() -> Vec<(String, String)> {
    let table = fs::read_to_string(corpus().join("verdicts.tsv")).unwrap();
    let rows = table.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut columns = line.split('\t').map(str::to_owned);
        (columns.next().unwrap(), columns.next().unwrap())
    });
    rows.collect()
}

#[test]
fn each_file_gets_its_verdict() {
    let rows = table();
    let wrong: Vec<String> = rows
        .iter()
        .map(|(file, meant)| (file, meant, verdict(file)))
        .filter(|(_, meant, got)| *meant != got)
        .map(|(file, meant, got)| format!("{file}\n  meant {meant}\n  got   {got}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_without_a_verdict() {
    let dirs = ["frames", "messages", "json"];
    let files = dirs.iter().flat_map(|dir| {
        let files = fs::read_dir(corpus().join(dir)).unwrap();
        files.map(move |file| format!("{dir}/{}", file.unwrap().file_name().to_str().unwrap()))
    });
    let listed: BTreeSet<String> = table().into_iter().map(|(file, _)| file).collect();
    assert_eq!(files.collect::<BTreeSet<_>>(), listed);
}
