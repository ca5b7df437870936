//! `SignalingInfo` to JSON.

use super::text::{NoRoom, Text};
use super::{InviteeList, SignalingInfo};

impl SignalingInfo<'_> {
    /// Writes it as JSON: all nine keys, in the order of V2TIM's own clients; how many bytes it took. What is
    /// written are the fields as they are: [`get_signaling_info`](super::get_signaling_info) says what a message
    /// needs to be read again.
    ///
    /// # Errors
    /// [`NoRoom`] if it is longer than `buf`, which then holds its beginning.
    ///
    /// ```
    /// use signaling_core::v2tim::{ActionType, SignalingInfo};
    ///
    /// let bob = ["bob"];
    /// let info = SignalingInfo {
    ///     invite_id: "0000000000000abc0000000700000001".into(),
    ///     inviter: "alice".into(),
    ///     invitee_list: (&bob).into(),
    ///     data: "\"video?\"".into(),
    ///     timeout: 30,
    ///     action_type: ActionType::Invite,
    ///     ..SignalingInfo::default()
    /// };
    /// let mut buf = [0; 256];
    /// let len = info.write(&mut buf)?;
    /// let json = r#"{"businessID":1,"inviteID":"0000000000000abc0000000700000001","inviter":"alice","actionType":1,"#;
    /// assert!(buf[..len].starts_with(json.as_bytes()));
    /// assert_eq!(len, info.written_len());
    /// # Ok::<(), signaling_core::v2tim::NoRoom>(())
    /// ```
    pub fn write(&self, buf: &mut [u8]) -> Result<usize, NoRoom> {
        let mut out = Out::new(buf);
        out.info(self);
        out.finish()
    }

    /// How many bytes [`write`](Self::write) takes, exactly. It is found by writing into nothing.
    pub fn written_len(&self) -> usize {
        let mut out = Out::new(&mut []);
        out.info(self);
        out.len
    }
}

/// Writes as much as there is room for, and counts what there is.
pub(super) struct Out<'b> {
    buf: &'b mut [u8],
    len: usize,
}

impl<'b> Out<'b> {
    pub(super) fn new(buf: &'b mut [u8]) -> Self {
        Self { buf, len: 0 }
    }

    /// How many bytes were written, if there was room for all.
    pub(super) fn finish(self) -> Result<usize, NoRoom> {
        if self.len > self.buf.len() { Err(NoRoom { needed: self.len }) } else { Ok(self.len) }
    }

    /// The text without escapes.
    pub(super) fn plain(&mut self, text: Text<'_>) {
        text.chars().for_each(|c| self.char(c));
    }

    fn info(&mut self, info: &SignalingInfo<'_>) {
        self.raw(r#"{"businessID":"#);
        self.number(info.business_id);
        self.raw(r#","inviteID":"#);
        self.quoted(info.invite_id);
        self.raw(r#","inviter":"#);
        self.quoted(info.inviter);
        self.raw(r#","actionType":"#);
        self.number(info.action_type.number());
        self.raw(r#","inviteeList":["#);
        self.names(info.invitee_list);
        self.raw(r#"],"data":"#);
        self.quoted(info.data);
        self.raw(r#","timeout":"#);
        self.number(info.timeout);
        self.raw(r#","groupID":"#);
        self.quoted(info.group_id);
        self.raw(r#","onlineUserOnly":"#);
        self.raw(if info.online_user_only { "true}" } else { "false}" });
    }

    fn names(&mut self, names: InviteeList<'_>) {
        let mut comma = "";
        for name in names.iter() {
            self.raw(comma);
            self.quoted(name);
            comma = ",";
        }
    }

    fn quoted(&mut self, text: Text<'_>) {
        self.raw("\"");
        text.chars().for_each(|c| self.escaped(c));
        self.raw("\"");
    }

    fn escaped(&mut self, c: char) {
        match c {
            '"' => self.raw("\\\""),
            '\\' => self.raw("\\\\"),
            '\u{8}' => self.raw("\\b"),
            '\u{c}' => self.raw("\\f"),
            '\n' => self.raw("\\n"),
            '\r' => self.raw("\\r"),
            '\t' => self.raw("\\t"),
            '\0'..' ' => {
                self.raw(if c < '\u{10}' { "\\u000" } else { "\\u001" });
                self.digit(u32::from(c) & 15);
            }
            _ => self.char(c),
        }
    }

    fn number(&mut self, number: u32) {
        let mut unit = 1_000_000_000_u32;
        while unit > number && unit > 1 {
            unit /= 10;
        }
        while let Some(digits) = number.checked_div(unit) {
            self.digit(digits % 10);
            unit /= 10;
        }
    }

    /// A digit of any base; what is none is left out.
    fn digit(&mut self, digit: u32) {
        char::from_digit(digit, 16).into_iter().for_each(|c| self.char(c));
    }

    fn char(&mut self, c: char) {
        self.raw(c.encode_utf8(&mut [0; 4]));
    }

    #[inline(never)] // or it stands in the flash of a chip at each place
    fn raw(&mut self, text: &str) {
        let place = self.buf.get_mut(self.len..).unwrap_or_default();
        place.iter_mut().zip(text.bytes()).for_each(|(place, byte)| *place = byte);
        self.len = self.len.saturating_add(text.len());
    }
}
