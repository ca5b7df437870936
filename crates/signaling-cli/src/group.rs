//! `signaling group`: asks the relay, once.

use adapter_std::{Client, GroupAnswer, GroupError, UserId};

use crate::args::{GroupAction, GroupArgs};
use crate::device;
use crate::exit::{Exit, Failure};
use crate::output::{Notice, Printer, Tone, clean};

/// Why a relay may know a group later.
pub(crate) const KNOWS_LATER: &str =
    "It knows within 60 s of its start; a relay that never ran before is started with --first-start";

/// Connects, does it, and says so.
pub(crate) async fn run(args: &GroupArgs, printer: &Printer) -> Result<Exit, Failure> {
    if args.device.is_direct() {
        return Err(Failure::usage("only a relay keeps groups: name one with --relay, and no --peer"));
    }
    let client = device::open_aside(&args.device)?;
    device::reach(&client, &args.device).await?;
    let done = act(&client, args).await;
    client.close().await;
    printer.print(&args.device.name(), &done.map_err(|error| refused(&error, args))?)?;
    Ok(Exit::Success)
}

async fn act(client: &Client, args: &GroupArgs) -> Result<Notice, GroupError> {
    let group = args.group.as_str();
    let name = clean(group);
    let (event, text) = match args.action {
        GroupAction::Create => {
            client.create_group(group).await?;
            ("group_created", format!("is in the group {name}"))
        }
        GroupAction::Join => {
            client.join_group(group).await?;
            ("group_joined", format!("is in the group {name}"))
        }
        GroupAction::Leave => {
            client.leave_group(group).await?;
            ("group_left", format!("is not in the group {name} any more"))
        }
        GroupAction::Members => return Ok(members(group, &client.group_members(group).await?)),
    };
    Ok(Notice::new(event, Tone::Yes, text).with("group_id", group))
}

fn members(group: &str, members: &[UserId]) -> Notice {
    let names: Vec<&str> = members.iter().map(UserId::as_str).collect();
    let list = names.iter().map(|name| clean(name)).collect::<Vec<_>>().join(", ");
    let text = format!("{} has {}: {list}", clean(group), names.len());
    Notice::new("group_members", Tone::Step, text).with("group_id", group).with("member_list", names)
}

fn refused(error: &GroupError, args: &GroupArgs) -> Failure {
    let failure = Failure::new(Exit::Other, error).code(error.code());
    let GroupError::Refused { group, answer } = error else { return failure };
    let (group, user) = (clean(group.as_str()), clean(args.device.user.as_str()));
    let hint = match (answer, args.action) {
        (GroupAnswer::Later, _) => format!("{KNOWS_LATER}."),
        (GroupAnswer::Exists, _) => format!("Perhaps you mean\n  signaling group join {group} --as {user}"),
        (GroupAnswer::Unknown, GroupAction::Join) => {
            format!("Perhaps you mean\n  signaling group create {group} --as {user}")
        }
        (GroupAnswer::Unknown, GroupAction::Create) => format!(
            "The token is for other groups. Whoever has the relay's key makes one for this:\n  \
             signaling token --key-file relay.key --as {user} --group {group}"
        ),
        _ => return failure,
    };
    failure.hint(hint)
}
