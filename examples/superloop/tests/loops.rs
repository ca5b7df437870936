//! The loops of the example, as whoever tries it runs them.

use std::process::Command;

#[test]
fn the_bell_is_answered_sent_away_and_left_alone() {
    let run = Command::new(env!("CARGO_BIN_EXE_superloop")).output().unwrap();
    let out = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success(), "{out}");
    let heard =
        |who: &str, what: &str| out.lines().filter(|line| line.contains(who) && line.ends_with(what)).count();
    assert_eq!(heard("house", "rings"), 3, "{out}");
    for end in ["somebody comes", "somebody sends him away", "nobody answered in time"] {
        assert_eq!(heard("bell", end), 1, "{end}: {out}");
    }
    assert_eq!((heard("house", "its answer counts"), heard("house", "in time")), (2, 1), "{out}");
}
