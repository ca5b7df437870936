//! Everything that can be printed for people; not Debug, for the standard library's own may panic.

use core::fmt::{Display, Formatter, Result};

use signaling_core::v2tim::{self, NotSignaling, Text, ViewError};
use signaling_core::wire::{DecodeError, NoRoom, Refusal};
use signaling_core::{
    AddError, AnswerError, CancelError, Device, GroupId, Ignored, InviteError, InviteId, InviteIdError,
    Label, ModifyError, NameError, RestoreError, UserId,
};

/// All of it, one behind the other.
pub struct All {
    /// A user.
    pub user: UserId,
    /// A group.
    pub group: GroupId,
    /// A label.
    pub label: Label,
    /// An invitation.
    pub id: InviteId,
    /// A name that is none.
    pub name: NameError,
    /// Bytes that are no frame.
    pub decode: DecodeError,
}

impl Display for All {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        UserId::fmt(&self.user, f)?;
        GroupId::fmt(&self.group, f)?;
        Label::fmt(&self.label, f)?;
        InviteId::fmt(&self.id, f)?;
        InviteIdError::fmt(&InviteIdError, f)?;
        Device::fmt(&self.id.origin, f)?;
        NameError::fmt(&self.name, f)?;
        DecodeError::fmt(&self.decode, f)?;
        NoRoom::fmt(&NoRoom, f)?;
        Refusal::fmt(&crate::any(Refusal::Busy), f)?;
        InviteError::fmt(&crate::any(InviteError::Name(self.name)), f)?;
        AnswerError::fmt(&crate::any(AnswerError::Over), f)?;
        CancelError::fmt(&crate::any(CancelError::Over), f)?;
        ModifyError::fmt(&crate::any(ModifyError::Over), f)?;
        AddError::fmt(&crate::any(AddError::Name(self.name)), f)?;
        Text::fmt(&Text::from(self.user.as_str()), f)?;
        NotSignaling::fmt(&crate::any(NotSignaling::NotJson { at: 7 }), f)?;
        ViewError::fmt(&crate::any(ViewError::NotText { at: 7 }), f)?;
        v2tim::NoRoom::fmt(&crate::any(v2tim::NoRoom { needed: 7 }), f)?;
        RestoreError::fmt(&crate::any(RestoreError::Name(self.name)), f)?;
        Ignored::fmt(&crate::any(Ignored::Malformed(self.decode)), f)
    }
}
