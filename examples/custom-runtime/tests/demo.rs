//! The calls of the example, as whoever tries it runs them.

use std::fs;
use std::net::UdpSocket;
use std::process::{Command, Output, Stdio};
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
fn nobody_is_called_before_he_is_there() {
    let [own, other] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
    let [own, other] = [own, other].map(|socket| socket.local_addr().unwrap().to_string());
    let mut inviter = Command::new(env!("CARGO_BIN_EXE_custom-runtime"));
    inviter.args(["invite", &own, &other, "--loss", "0"]).stdout(Stdio::piped());
    let mut inviter = inviter.spawn().unwrap();
    // The first call would run out after 10 s.
    std::thread::sleep(Duration::from_millis(10_500));
    inviter.kill().unwrap();
    assert_eq!(inviter.wait_with_output().unwrap().stdout, b"");
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
