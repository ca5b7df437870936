//! The calls of the example, as whoever tries it runs them.

use std::fs;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

fn example(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_custom-runtime")).args(args).output().unwrap()
}

#[test]
fn two_hundred_calls_agree_though_a_third_is_lost() {
    let start = Instant::now();
    let demo = example(&["demo", "--loss", "30"]);
    let out = String::from_utf8(demo.stdout).unwrap();
    assert!(demo.status.success() && out.contains("200 of 200 agreed: "), "{out}");
    assert!(!out.contains(" 0 "), "all ways to end happened: {out}");
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn whoever_disagrees_is_found_out() {
    let dir = env!("CARGO_TARGET_TMPDIR");
    let (a, b) = (format!("{dir}/a.txt"), format!("{dir}/b.txt"));
    let lines = |odd: &str| {
        (1..=200).map(|id| format!("{id} {}\n", if id == 7 { odd } else { "Accepted" })).collect()
    };
    let write = |path: &str, text: String| fs::write(path, text).unwrap();
    write(&a, lines("Accepted"));
    write(&b, lines("TimedOut"));
    let compared = example(&["compare", &a, &b]);
    let out = String::from_utf8(compared.stdout).unwrap();
    assert!(!compared.status.success());
    assert!(out.contains("only one of them says: 7 TimedOut") && out.contains("199 of 200"), "{out}");
    assert!(example(&["compare", &a, &a]).status.success());
}
