//! A console for a panel: a line for each thing that happens.

use core::fmt::{self, Write};

use adapter_embassy::Identity;

use crate::sign::Sign;

/// Says which program this is, and whose. The console takes everything.
pub fn greet(console: &mut impl Write, program: &str, identity: &Identity) {
    let _ = say(console, &[program, " of ", identity.config.user.as_str(), "\r\n"]);
}

/// Shows a sign, behind what a LED would show. The console takes everything.
pub fn tell(console: &mut impl Write, sign: &Sign<'_>) {
    let led = if sign.lit() { "[*] " } else { "[ ] " };
    let _ = say(console, &[led]).and_then(|()| write!(console, "{sign}\r\n"));
}

/// Texts, one behind the other. To format them instead takes 800 bytes of code more, which would pad them.
pub(crate) fn say(out: &mut dyn Write, texts: &[&str]) -> fmt::Result {
    texts.iter().try_for_each(|text| out.write_str(text))
}
