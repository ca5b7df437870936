//! The JSON of V2TIM's own clients.

use signaling_core::v2tim::{ActionType, InviteeList, NoRoom, SignalingInfo, Text, get_signaling_info};
use signaling_core::{Bytes, InviteId, View};

use crate::{any, keep};

/// Reads a message and writes it anew.
pub fn echo(bytes: &[u8], buf: &mut [u8]) {
    if let Ok(info) = get_signaling_info(bytes) {
        keep((SignalingInfo::write(&info, buf), SignalingInfo::written_len(&info)));
        keep(ActionType::of(ActionType::number(info.action_type)));
        keep(texts(info.data, buf));
        invitees(info.invitee_list);
    }
}

fn texts(text: Text<'_>, buf: &mut [u8]) -> Result<(), NoRoom> {
    keep((Text::len(text), Text::is_empty(text), Text::as_str(text)));
    Text::chars(text).for_each(keep);
    keep((Text::eq(&text, &Text::from(any("bob"))), Text::default() == *any("bob")));
    keep(Text::from(any(InviteId::default())));
    keep(Text::copy_to(text, buf)?);
    Ok(())
}

fn invitees(list: InviteeList<'_>) {
    keep((InviteeList::len(list), InviteeList::is_empty(list), InviteeList::contains(list, any("bob"))));
    InviteeList::iter(list).for_each(keep);
    keep(InviteeList::eq(&list, &InviteeList::from(any(&["bob"][..]))));
    keep(InviteeList::default());
}

/// Writes what became of an invitation.
pub fn view(view: &View<'_, Bytes<64>>, buf: &mut [u8]) {
    let infos = [
        SignalingInfo::invite(view),
        SignalingInfo::cancel(view),
        SignalingInfo::accept(view, any(0)),
        SignalingInfo::reject(view, any(0)),
        SignalingInfo::timeout(view, any(Default::default())),
    ];
    infos.iter().flatten().for_each(|info| keep(SignalingInfo::write(info, buf)));
    keep(SignalingInfo::default());
}
