//! What is different here, line by line, and what of it a rule explains.

mod replayed;

use std::path::Path;

use conformance::{Kind, Recording, Replay, check};
use replayed::{replay, unexplained};

/// A recording of these lines; of each, the time and what is particular to it.
pub fn inline(lines: &[(u32, &str)]) -> Recording {
    let lines =
        lines.iter().map(|(t, line)| format!(r#"{{"scenario":"inline","impl":"chat","t":{t},{line}}}"#));
    let lines: Vec<String> = lines.collect();
    Recording::parse(Path::new("inline"), &lines.join("\n")).unwrap().remove(0)
}

#[test]
fn a_rejecter_of_v2tims_web_client_hears_no_more_and_ours_does() {
    let report = check(&inline(&[
        (
            0,
            r#""peer":"alice","cmd":"inviteInGroup","args":{"groupID":"g1","inviteeList":["bob","carol"],"data":"x","timeout":10}"#,
        ),
        (0, r#""peer":"alice","result":{"code":0,"inviteID":"i"},"of":"inviteInGroup#1""#),
        (
            0,
            r#""peer":"bob","event":"NEW_INVITATION_RECEIVED","data":{"inviteID":"i","inviter":"alice","groupID":"g1","data":"x","inviteeList":["bob","carol"]}"#,
        ),
        (
            0,
            r#""peer":"carol","event":"NEW_INVITATION_RECEIVED","data":{"inviteID":"i","inviter":"alice","groupID":"g1","data":"x","inviteeList":["bob","carol"]}"#,
        ),
        (0, r#""peer":"bob","cmd":"reject","args":{"inviteID":"i","data":"no"}"#),
        (0, r#""peer":"bob","result":{"code":0},"of":"reject#4""#),
        (
            0,
            r#""peer":"alice","event":"INVITEE_REJECTED","data":{"inviteID":"i","invitee":"bob","data":"no"}"#,
        ),
        (
            0,
            r#""peer":"carol","event":"INVITEE_REJECTED","data":{"inviteID":"i","invitee":"bob","data":"no"}"#,
        ),
        (0, r#""peer":"carol","cmd":"accept","args":{"inviteID":"i","data":"yes"}"#),
        (0, r#""peer":"carol","result":{"code":0},"of":"accept#7""#),
        (
            0,
            r#""peer":"alice","event":"INVITEE_ACCEPTED","data":{"inviteID":"i","invitee":"carol","data":"yes"}"#,
        ),
    ]));
    assert_eq!((report.differences(), report.unexplained()), (1, 0), "{report}");
    assert!(report.rules().contains(&6), "{report}");
}

#[test]
fn web_clients_modify_what_is_online_only_and_ours_refuse() {
    let report = check(&inline(&[
        (
            0,
            r#""peer":"alice","cmd":"invite","args":{"userID":"bob","data":"x","timeout":10,"onlineUserOnly":true}"#,
        ),
        (0, r#""peer":"alice","result":{"code":0,"inviteID":"i"},"of":"invite#1""#),
        (
            0,
            r#""peer":"bob","event":"NEW_INVITATION_RECEIVED","data":{"inviteID":"i","inviter":"alice","groupID":"","data":"x","inviteeList":["bob"]}"#,
        ),
        (0, r#""peer":"alice","cmd":"modifyInvitation","args":{"inviteID":"i","data":"y"}"#),
        (0, r#""peer":"alice","result":{"code":0},"of":"modifyInvitation#3""#),
        (0, r#""peer":"bob","event":"INVITATION_MODIFIED","data":{"inviteID":"i","data":"y"}"#),
        (0, r#""note":"advance 12s""#),
        (
            10,
            r#""peer":"bob","event":"INVITATION_TIMEOUT","data":{"inviteID":"i","inviteeList":["bob"],"data":"y"}"#,
        ),
        (
            10,
            r#""peer":"alice","event":"INVITATION_TIMEOUT","data":{"inviteID":"i","inviteeList":["bob"],"data":"y"}"#,
        ),
    ]));
    assert_eq!(report.unexplained(), 0, "{report}");
    assert!(report.rules().contains(&11), "{report}");
}

/// Until it announces the end itself, 5 s after the limit, a web client's inviter goes on with it.
#[test]
fn web_clients_still_cancel_and_modify_after_the_limit_and_ours_do_not() {
    let invite = [
        (
            0,
            r#""peer":"alice","cmd":"inviteInGroup","args":{"groupID":"g1","inviteeList":["bob","carol"],"data":"x","timeout":10}"#,
        ),
        (0, r#""peer":"alice","result":{"code":0,"inviteID":"i"},"of":"inviteInGroup#1""#),
        (
            0,
            r#""peer":"bob","event":"NEW_INVITATION_RECEIVED","data":{"inviteID":"i","inviter":"alice","groupID":"g1","data":"x","inviteeList":["bob","carol"]}"#,
        ),
        (0, r#""note":"advance 12s""#),
        (10, r#""peer":"bob","event":"INVITATION_TIMEOUT","data":{"inviteID":"i","inviteeList":["bob"]}"#),
        (10, r#""peer":"alice","event":"INVITATION_TIMEOUT","data":{"inviteID":"i","inviteeList":["bob"]}"#),
        (12, r#""peer":"alice","cmd":"accept","args":{"inviteID":"i","data":""}"#),
        (12, r#""peer":"alice","error":{"code":8011},"of":"accept#7""#),
    ];
    let modify = [
        (12, r#""peer":"alice","cmd":"modifyInvitation","args":{"inviteID":"i","data":"y"}"#),
        (12, r#""peer":"alice","result":{"code":0},"of":"modifyInvitation#9""#),
        (12, r#""peer":"bob","event":"INVITATION_MODIFIED","data":{"inviteID":"i","data":"y"}"#),
        (12, r#""note":"advance 9s""#),
        (
            15,
            r#""peer":"alice","event":"INVITATION_TIMEOUT","data":{"inviteID":"i","inviteeList":["carol"],"data":"y"}"#,
        ),
        (
            15,
            r#""peer":"bob","event":"INVITATION_TIMEOUT","data":{"inviteID":"i","inviteeList":["carol"],"data":"y"}"#,
        ),
    ];
    let cancel = [
        (12, r#""peer":"alice","cmd":"cancel","args":{"inviteID":"i","data":"c"}"#),
        (12, r#""peer":"alice","result":{"code":0},"of":"cancel#9""#),
        (12, r#""peer":"bob","event":"INVITATION_CANCELLED","data":{"inviteID":"i","data":"c"}"#),
    ];
    for then in [&modify[..], &cancel] {
        let report = check(&inline(&[&invite[..], then].concat()));
        assert_eq!(report.unexplained(), 0, "{report}");
        assert!(report.rules().contains(&3), "{report}");
    }
    let before = [
        (4, r#""peer":"alice","cmd":"cancel","args":{"inviteID":"i","data":"c"}"#),
        (4, r#""peer":"alice","result":{"code":0},"of":"cancel#5""#),
        (4, r#""peer":"bob","event":"INVITATION_CANCELLED","data":{"inviteID":"i","data":"c"}"#),
    ];
    let recording = inline(&[&invite[..3], &before].concat());
    let good = replay(&recording);
    assert_eq!(unexplained(&recording, &good), []);
    let mut bad = Replay { told: good.told, answers: good.answers };
    bad.answers.values_mut().for_each(|code| *code = Some(8010));
    bad.told.get_mut("bob").unwrap().pop();
    assert_eq!(unexplained(&recording, &bad).len(), 3, "before the limit nothing of it is explained");
}

#[test]
fn who_comes_late_rings_here_though_it_is_online_only() {
    let report = check(&inline(&[
        (
            0,
            r#""peer":"alice","cmd":"invite","args":{"userID":"bob","data":"x","timeout":10,"onlineUserOnly":true}"#,
        ),
        (0, r#""peer":"alice","result":{"code":0,"inviteID":"i"},"of":"invite#1""#),
        (0, r#""note":"advance 3s""#),
        (3, r#""peer":"bob","note":"comes online""#),
        (3, r#""note":"advance 3s""#),
        (6, r#""peer":"bob","cmd":"accept","args":{"inviteID":"i","data":""}"#),
        (6, r#""peer":"bob","error":{"code":8010},"of":"accept#6""#),
        (6, r#""note":"advance 12s""#),
        (15, r#""peer":"alice","event":"INVITATION_TIMEOUT","data":{"inviteID":"i","inviteeList":["bob"]}"#),
    ]));
    assert_eq!((report.differences(), report.unexplained()), (4, 0), "{report}");
    assert!(report.rules().contains(&13), "{report}");
}

/// An invitation that ran out 5 s later there is told behind what came meanwhile about another.
#[test]
fn the_order_of_two_invitations_is_that_of_their_times() {
    let invite = |user: &str| {
        format!(r#""peer":"alice","cmd":"invite","args":{{"userID":"{user}","data":"x","timeout":10}}"#)
    };
    let made = |id: &str, at| {
        format!(r#""peer":"alice","result":{{"code":0,"inviteID":"{id}"}},"of":"invite#{at}""#)
    };
    let (bob, carol) = (invite("bob"), invite("carol"));
    let (first, second) = (made("i", 1), made("j", 3));
    let report = check(&inline(&[
        (0, &bob),
        (0, &first),
        (2, &carol),
        (2, &second),
        (
            2,
            r#""peer":"carol","event":"NEW_INVITATION_RECEIVED","data":{"inviteID":"j","inviter":"alice","groupID":"","data":"x","inviteeList":["carol"]}"#,
        ),
        (2, r#""note":"advance 10s""#),
        (
            12,
            r#""peer":"carol","event":"INVITATION_TIMEOUT","data":{"inviteID":"j","inviteeList":["carol"]}"#,
        ),
        (
            12,
            r#""peer":"alice","event":"INVITATION_TIMEOUT","data":{"inviteID":"j","inviteeList":["carol"]}"#,
        ),
        (12, r#""peer":"carol","cmd":"reject","args":{"inviteID":"j","data":""}"#),
        (12, r#""peer":"carol","error":{"code":8010},"of":"reject#7""#),
        (12, r#""note":"advance 10s""#),
        (15, r#""peer":"alice","event":"INVITATION_TIMEOUT","data":{"inviteID":"i","inviteeList":["bob"]}"#),
    ]));
    assert_eq!((report.differences(), report.unexplained()), (1, 0), "{report}");
}

#[test]
fn what_is_not_yours_to_cancel_is_8011_though_a_web_client_calls_it_over() {
    let report = check(&inline(&[
        (
            0,
            r#""peer":"alice","cmd":"inviteInGroup","args":{"groupID":"g1","inviteeList":["bob","carol"],"data":"x","timeout":0}"#,
        ),
        (0, r#""peer":"alice","result":{"code":0,"inviteID":"i"},"of":"inviteInGroup#1""#),
        (0, r#""peer":"dave","cmd":"cancel","args":{"inviteID":"i","data":""}"#),
        (0, r#""peer":"dave","error":{"code":8020},"of":"cancel#3""#),
        (
            0,
            r#""peer":"bob","event":"NEW_INVITATION_RECEIVED","data":{"inviteID":"i","inviter":"alice","groupID":"g1","data":"x","inviteeList":["bob","carol"]}"#,
        ),
        (0, r#""peer":"bob","cmd":"reject","args":{"inviteID":"i","data":"no"}"#),
        (0, r#""peer":"bob","result":{"code":0},"of":"reject#6""#),
        (
            0,
            r#""peer":"alice","event":"INVITEE_REJECTED","data":{"inviteID":"i","invitee":"bob","data":"no"}"#,
        ),
        (0, r#""peer":"bob","cmd":"cancel","args":{"inviteID":"i","data":""}"#),
        (0, r#""peer":"bob","error":{"code":8020},"of":"cancel#9""#),
    ]));
    assert_eq!((report.differences(), report.unexplained()), (2, 0), "{report}");
    assert_eq!(report.rules(), [4, 5].into(), "dave knows nothing of it, bob does");
}

#[test]
fn a_second_modification_waits_for_the_first_while_the_inviter_is_away() {
    let report = check(&inline(&[
        (0, r#""peer":"alice","cmd":"invite","args":{"userID":"bob","data":"x","timeout":0}"#),
        (0, r#""peer":"alice","result":{"code":0,"inviteID":"i"},"of":"invite#1""#),
        (
            0,
            r#""peer":"bob","event":"NEW_INVITATION_RECEIVED","data":{"inviteID":"i","inviter":"alice","groupID":"","data":"x","inviteeList":["bob"]}"#,
        ),
        (0, r#""peer":"alice","note":"goes offline""#),
        (0, r#""note":"advance 5s""#),
        (5, r#""peer":"bob","cmd":"modifyInvitation","args":{"inviteID":"i","data":"y"}"#),
        (5, r#""peer":"bob","result":{"code":0},"of":"modifyInvitation#6""#),
        (5, r#""note":"advance 5s""#),
        (10, r#""peer":"bob","cmd":"modifyInvitation","args":{"inviteID":"i","data":"z"}"#),
        (10, r#""peer":"bob","result":{"code":0},"of":"modifyInvitation#9""#),
        (10, r#""note":"advance 9s""#),
    ]));
    assert_eq!((report.differences(), report.unexplained()), (1, 0), "{report}");
    assert!(report.rules().contains(&1), "{report}");
}

/// Two calls of one moment take two moments here, so that the limit of the second is a little later.
#[test]
fn what_ran_out_when_it_is_answered_had_run_out_here_too() {
    let report = check(&inline(&[
        (0, r#""peer":"alice","cmd":"invite","args":{"userID":"bob","data":"x","timeout":0}"#),
        (0, r#""peer":"alice","result":{"code":0,"inviteID":"i"},"of":"invite#1""#),
        (
            0,
            r#""peer":"bob","event":"NEW_INVITATION_RECEIVED","data":{"inviteID":"i","inviter":"alice","groupID":"","data":"x","inviteeList":["bob"]}"#,
        ),
        (0, r#""peer":"bob","cmd":"reject","args":{"inviteID":"i","data":""}"#),
        (0, r#""peer":"bob","result":{"code":0},"of":"reject#4""#),
        (0, r#""peer":"alice","event":"INVITEE_REJECTED","data":{"inviteID":"i","invitee":"bob","data":""}"#),
        (0, r#""peer":"alice","cmd":"invite","args":{"userID":"bob","data":"x","timeout":10}"#),
        (0, r#""peer":"alice","result":{"code":0,"inviteID":"j"},"of":"invite#7""#),
        (
            0,
            r#""peer":"bob","event":"NEW_INVITATION_RECEIVED","data":{"inviteID":"j","inviter":"alice","groupID":"","data":"x","inviteeList":["bob"]}"#,
        ),
        (0, r#""note":"advance 10s""#),
        (10, r#""peer":"bob","event":"INVITATION_TIMEOUT","data":{"inviteID":"j","inviteeList":["bob"]}"#),
        (10, r#""peer":"alice","event":"INVITATION_TIMEOUT","data":{"inviteID":"j","inviteeList":["bob"]}"#),
        (10, r#""peer":"bob","cmd":"accept","args":{"inviteID":"j","data":""}"#),
        (10, r#""peer":"bob","error":{"code":8010},"of":"accept#13""#),
    ]));
    assert_eq!((report.differences(), report.unexplained()), (0, 0), "{report}");
}

fn invited_in_a_group(invitees: &str, timeout: u32) -> [String; 2] {
    let args = format!(r#"{{"groupID":"g1","inviteeList":{invitees},"data":"x","timeout":{timeout}}}"#);
    [
        format!(r#""peer":"alice","cmd":"inviteInGroup","args":{args}"#),
        r#""peer":"alice","result":{"code":0,"inviteID":"i"},"of":"inviteInGroup#1""#.into(),
    ]
}

const BOB_IS_TOLD: &str = r#""peer":"bob","event":"NEW_INVITATION_RECEIVED","data":{"inviteID":"i","inviter":"alice","groupID":"g1","data":"x"}"#;

#[test]
fn while_the_inviter_is_away_nobody_begins_to_ring_nor_believes_that_time_is_up() {
    let [call, made] = invited_in_a_group(r#"["bob","carol"]"#, 10);
    let report = check(&inline(&[
        (0, &call),
        (0, &made),
        (0, BOB_IS_TOLD),
        (0, r#""note":"advance 3s""#),
        (3, r#""peer":"alice","note":"goes offline""#),
        (3, r#""note":"advance 1s""#),
        (4, r#""peer":"carol","note":"comes online""#),
        (4, &BOB_IS_TOLD.replace("bob", "carol")),
        (4, r#""note":"advance 8s""#),
        (10, r#""peer":"bob","event":"INVITATION_TIMEOUT","data":{"inviteID":"i","inviteeList":["bob"]}"#),
        (12, r#""peer":"bob","cmd":"accept","args":{"inviteID":"i","data":""}"#),
        (12, r#""peer":"bob","error":{"code":8010},"of":"accept#11""#),
    ]));
    assert_eq!((report.differences(), report.unexplained()), (4, 0), "{report}");
    assert_eq!(report.rules(), [1, 3].into());
}

#[test]
fn who_hears_nothing_of_the_inviter_for_long_cannot_answer_any_more() {
    let [call, made] = invited_in_a_group(r#"["bob"]"#, 0);
    for (after, unexplained) in [(60, 0), (15, 1)] {
        let accept = r#""peer":"bob","cmd":"accept","args":{"inviteID":"i","data":""}"#;
        let recording = inline(&[
            (0, &call),
            (0, &made),
            (0, BOB_IS_TOLD),
            (0, r#""peer":"alice","note":"goes offline""#),
            (0, &format!(r#""note":"advance {after}s""#)),
            (after, accept),
            (after, r#""peer":"bob","result":{"code":0},"of":"accept#6""#),
        ]);
        let mut replay = replay(&recording);
        replay.answers.insert(5, Some(8010));
        assert_eq!(self::unexplained(&recording, &replay).len(), unexplained, "after {after} s");
    }
}

#[test]
fn who_is_away_while_he_is_invited_is_a_member_all_the_same() {
    let [call, made] = invited_in_a_group(r#"["bob"]"#, 10);
    let report = check(&inline(&[
        (0, r#""peer":"bob","cmd":"cancel","args":{"inviteID":"unknown","data":""}"#),
        (0, r#""peer":"bob","error":{"code":8010},"of":"cancel#1""#),
        (0, r#""peer":"bob","note":"goes offline""#),
        (0, r#""note":"advance 1s""#),
        (1, &call),
        (1, &made),
        (1, r#""note":"advance 20s""#),
        (16, r#""peer":"alice","event":"INVITATION_TIMEOUT","data":{"inviteID":"i","inviteeList":["bob"]}"#),
    ]));
    assert_eq!((report.differences(), report.unexplained()), (1, 0), "{report}");
    assert_eq!(report.rules(), [3].into());
}

#[test]
fn another_device_of_the_inviter_modifies_in_a_group_and_all_hear_it() {
    let [call, made] = invited_in_a_group(r#"["bob"]"#, 10);
    let report = check(&inline(&[
        (0, &call),
        (0, &made),
        (0, BOB_IS_TOLD),
        (0, r#""note":"advance 3s""#),
        (3, r#""peer":"alice-d2","cmd":"modifyInvitation","args":{"inviteID":"i","data":"y"}"#),
        (3, r#""peer":"alice-d2","error":{"code":8010},"of":"modifyInvitation#5""#),
        (3, r#""note":"advance 2s""#),
        (5, r#""peer":"bob","cmd":"modifyInvitation","args":{"inviteID":"i","data":"z"}"#),
        (5, r#""peer":"bob","result":{"code":0},"of":"modifyInvitation#8""#),
        (5, r#""peer":"alice","event":"INVITATION_MODIFIED","data":{"inviteID":"i","data":"z"}"#),
        (5, r#""note":"advance 9s""#),
        (
            10,
            r#""peer":"bob","event":"INVITATION_TIMEOUT","data":{"inviteID":"i","inviteeList":["bob"],"data":"z"}"#,
        ),
        (
            10,
            r#""peer":"alice","event":"INVITATION_TIMEOUT","data":{"inviteID":"i","inviteeList":["bob"],"data":"z"}"#,
        ),
    ]));
    assert_eq!(report.unexplained(), 0, "{report}");
    assert_eq!(report.rules(), [7].into());
}

#[test]
fn answers_that_cross_come_in_any_order_and_others_do_not() {
    let [call, made] = invited_in_a_group(r#"["bob","carol","dave"]"#, 0);
    let told = |who: &str| BOB_IS_TOLD.replace("bob", who);
    let answer = |who: &str, verb: &str, line: u32| {
        let args = r#"{"inviteID":"i","data":""}"#;
        let result = format!(r#""peer":"{who}","result":{{"code":0}},"of":"{verb}#{line}""#);
        [format!(r#""peer":"{who}","cmd":"{verb}","args":{args}"#), result]
    };
    let heard = |at: &str, what: &str, who: &str| {
        format!(
            r#""peer":"{at}","event":"INVITEE_{what}","data":{{"inviteID":"i","invitee":"{who}","data":""}}"#
        )
    };
    let ([bob, bob_can], [carol, carol_can]) = (answer("bob", "reject", 6), answer("carol", "accept", 8));
    let first = ["alice", "dave", "carol"].map(|at| heard(at, "REJECTED", "bob"));
    let second = ["alice", "dave"].map(|at| heard(at, "ACCEPTED", "carol"));
    let begin = [call, made, told("bob"), told("carol"), told("dave")];
    let calls = [[bob, bob_can], [carol, carol_can]];
    let crossed = [&begin[..], &calls[0], &calls[1], &first, &second].concat();
    let in_turn = [&begin[..], &calls[0], &first, &calls[1], &second].concat();
    for (lines, unexplained) in [(crossed, 0), (in_turn, 1)] {
        let lines: Vec<(u32, &str)> = lines.iter().map(|line| (0, line.as_str())).collect();
        let recording = inline(&lines);
        let mut replay = replay(&recording);
        let told = replay.told.get_mut("dave").unwrap();
        told.sort_by_key(|told| (told.callback.kind != Kind::New, told.callback.kind == Kind::Rejected));
        assert_eq!(self::unexplained(&recording, &replay).len(), unexplained, "{replay:?}");
    }
}

#[test]
fn another_device_of_the_inviter_cancels_in_a_group_before_he_does() {
    let [call, made] = invited_in_a_group(r#"["bob"]"#, 0);
    let cancel =
        |peer: &str| format!(r#""peer":"{peer}","cmd":"cancel","args":{{"inviteID":"i","data":"{peer}"}}"#);
    let report = check(&inline(&[
        (0, &call),
        (0, &made),
        (0, BOB_IS_TOLD),
        (0, r#""note":"advance 3s""#),
        (3, &cancel("alice-d2")),
        (3, r#""peer":"alice-d2","error":{"code":8010},"of":"cancel#5""#),
        (3, r#""note":"advance 3s""#),
        (6, &cancel("alice")),
        (6, r#""peer":"alice","result":{"code":0},"of":"cancel#8""#),
        (6, r#""peer":"bob","event":"INVITATION_CANCELLED","data":{"inviteID":"i","data":"alice"}"#),
    ]));
    assert_eq!(report.unexplained(), 0, "{report}");
    assert_eq!(report.rules(), [7].into(), "{report}");
}

#[test]
fn one_time_limit_for_two_has_the_data_of_both() {
    let [call, made] = invited_in_a_group(r#"["bob","carol"]"#, 10);
    let ran_out = |who: &str, data: &str| {
        format!(
            r#""peer":"alice","event":"INVITATION_TIMEOUT","data":{{"inviteID":"i","inviteeList":["{who}"],"data":"{data}"}}"#
        )
    };
    for (data, unexplained) in [("x", 0), ("", 0), ("forged", 1)] {
        let report = check(&inline(&[
            (0, &call),
            (0, &made),
            (0, BOB_IS_TOLD),
            (0, &BOB_IS_TOLD.replace("bob", "carol")),
            (0, r#""note":"advance 12s""#),
            (10, &ran_out("bob", "x")),
            (10, &ran_out("carol", data)),
        ]));
        assert_eq!(report.unexplained(), unexplained, "{report}");
    }
}
