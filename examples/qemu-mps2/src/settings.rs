//! Who the board is, whom it rings and over which relay: said on the emulator's command line, else at build time.

use core::fmt;
use core::net::SocketAddrV4;

use adapter_embassy::net::Relay;
#[cfg(feature = "seal")]
use adapter_embassy::seal::PresharedKey;
use adapter_embassy::{Device, GroupId, Identity, Label, UserId};
use heapless::Vec;
use mps2_an385_bsp::{MOST_ARGUMENTS, arguments};
use static_cell::StaticCell;

/// The most that are rung at a time.
const MOST: usize = 4;

/// The machine on which the emulator runs.
const RELAY: &str = "10.0.2.2:7400";

/// What a word on the command line may set.
const NAMES: &str =
    "one of user=, device=, token=, group=, whom=, relay=, peers=, psk=, host=, ca=, sntp= and idle=";

/// What can be set.
#[derive(Clone, Copy, Default)]
pub struct Settings {
    user: Option<&'static str>,
    device: Option<&'static str>,
    token: Option<&'static str>,
    group: Option<&'static str>,
    whom: Option<&'static str>,
    relay: Option<&'static str>,
    peers: Option<&'static str>,
    psk: Option<&'static str>,
    host: Option<&'static str>,
    ca: Option<&'static str>,
    sntp: Option<&'static str>,
    idle: Option<&'static str>,
}

/// Users, and where a device of each is.
pub type Peers = Vec<(UserId, SocketAddrV4), MOST>;

/// What is wrong with a setting.
pub struct Wrong {
    setting: &'static str,
    value: &'static str,
    right: &'static str,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setting, value, right } = self;
        write!(f, "{setting}={value} is wrong: it has to be {right}")
    }
}

impl Settings {
    /// Those of build time (SIGNALING_USER and so on), and over them the words `user=bob` and so on of the
    /// emulator's command line. To be called once.
    ///
    /// # Errors
    /// [`Wrong`] if a word sets nothing that is known.
    pub fn read() -> Result<Self, Wrong> {
        static MEMORY: StaticCell<[u8; MOST_ARGUMENTS]> = StaticCell::new();
        let mut settings = Self {
            user: option_env!("SIGNALING_USER"),
            device: option_env!("SIGNALING_DEVICE"),
            token: option_env!("SIGNALING_TOKEN"),
            group: option_env!("SIGNALING_GROUP"),
            whom: option_env!("SIGNALING_WHOM"),
            relay: option_env!("SIGNALING_RELAY"),
            peers: option_env!("SIGNALING_PEERS"),
            psk: None,
            host: option_env!("SIGNALING_HOST"),
            ca: None,
            sntp: option_env!("SNTP_SERVER"),
            idle: None,
        };
        for (name, value) in arguments(MEMORY.init([0; _])).filter_map(|word| word.split_once('=')) {
            settings.set(name, value)?;
        }
        Ok(settings)
    }

    fn set(&mut self, name: &'static str, value: &'static str) -> Result<(), Wrong> {
        let place = match name {
            "user" => &mut self.user,
            "device" => &mut self.device,
            "token" => &mut self.token,
            "group" => &mut self.group,
            "whom" => &mut self.whom,
            "relay" => &mut self.relay,
            "peers" => &mut self.peers,
            "psk" => &mut self.psk,
            "host" => &mut self.host,
            "ca" => &mut self.ca,
            "sntp" => &mut self.sntp,
            "idle" => &mut self.idle,
            // Where nothing is said, the word is the program's path.
            path if path.contains('/') => return Ok(()),
            _ => return Err(Wrong { setting: name, value, right: NAMES }),
        };
        *place = Some(value);
        Ok(())
    }

    /// The board of `user`, whose number is `id`, unless others are set. The board has nowhere to count its starts:
    /// the relay draws the epoch.
    ///
    /// # Errors
    /// [`Wrong`] if a name or the number is none.
    pub fn identity(&self, user: &'static str, id: u64) -> Result<Identity, Wrong> {
        let name = self.user.unwrap_or(user);
        let wrong = |setting, value| move |_| Wrong { setting, value, right: "a name of 1 to 32 bytes" };
        let user = UserId::new(name).map_err(wrong("user", name))?;
        let group = self.group.map(|group| GroupId::new(group).map_err(wrong("group", group))).transpose()?;
        let label = Label::new("board").unwrap_or_default();
        let identity = Identity::new(user, Device { id: self.device(id)?, epoch: 0 });
        Ok(Identity { label, group, token: self.token.unwrap_or_default(), ..identity })
    }

    fn device(&self, id: u64) -> Result<u64, Wrong> {
        let Some(value) = self.device else { return Ok(id) };
        let digits = value.len() == 16 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        let right = "16 hexadecimal digits, such as 000000000000d005";
        let set = u64::from_str_radix(value, 16).ok().filter(|_| digits);
        set.ok_or(Wrong { setting: "device", value, right })
    }

    /// Whom the doorbell rings: bob, unless others are set, parted by commas.
    ///
    /// # Errors
    /// [`Wrong`] if they are too many.
    pub fn whom(&self) -> Result<Vec<&'static str, MOST>, Wrong> {
        let value = self.whom.unwrap_or("bob");
        let mut whom = Vec::new();
        let wrong = |_| Wrong { setting: "whom", value, right: "1 to 4 names, parted by commas" };
        value.split(',').try_for_each(|name| whom.push(name).map_err(wrong))?;
        Ok(whom)
    }

    /// The relay: that of the machine on which the emulator runs, unless another one is set.
    ///
    /// # Errors
    /// [`Wrong`] if it is none.
    pub fn relay(&self) -> Result<Relay<'static>, Wrong> {
        let value = self.relay.unwrap_or(RELAY);
        let right = "a host and a port, such as 192.0.2.7:7400";
        Relay::parse(value).map_err(|_| Wrong { setting: "relay", value, right })
    }

    /// The relay as its certificate calls it: by its address, unless a name is set.
    #[cfg(feature = "tls")]
    pub fn host(&self) -> &'static str {
        let address = self.relay.unwrap_or(RELAY);
        self.host.unwrap_or(address.split_once(':').map_or(address, |(host, _)| host))
    }

    /// The certificate, in DER, of who may vouch for the relay. To be called once.
    ///
    /// # Errors
    /// [`Wrong`] if none is set, or it is none.
    #[cfg(feature = "tls")]
    pub fn authority(&self) -> Result<&'static [u8], Wrong> {
        crate::authority::certificate(self.ca).ok_or(Wrong {
            setting: "ca",
            value: self.ca.unwrap_or_default(),
            right: "the file of a certificate in PEM, here or as SIGNALING_CA at build time",
        })
    }

    /// The server to ask for the time, if one is set.
    ///
    /// # Errors
    /// [`Wrong`] if it is none.
    #[cfg(feature = "tls")]
    pub fn time_server(&self) -> Result<Option<Relay<'static>>, Wrong> {
        let right = "a host and a port, such as pool.ntp.org:123";
        let parse = |value| Relay::parse(value).map_err(|_| Wrong { setting: "sntp", value, right });
        self.sntp.map(parse).transpose()
    }

    /// The devices that are reached without a relay: one of bob's on the machine on which the emulator runs, unless
    /// others are set, parted by commas.
    ///
    /// # Errors
    /// [`Wrong`] if they are none.
    pub fn peers(&self) -> Result<Peers, Wrong> {
        let value = self.peers.unwrap_or("bob@10.0.2.2:7502");
        let wrong = || Wrong {
            setting: "peers",
            value,
            right: "1 to 4 such as bob@192.0.2.7:7502, parted by commas",
        };
        let mut peers = Vec::new();
        for text in value.split(',') {
            let (user, address) = text.split_once('@').ok_or_else(wrong)?;
            let peer = (UserId::new(user).ok().zip(address.parse().ok())).ok_or_else(wrong)?;
            peers.push(peer).map_err(|_| wrong())?;
        }
        Ok(peers)
    }

    /// The key that the board and those devices share.
    ///
    /// # Errors
    /// [`Wrong`] if none is set, or it is none.
    #[cfg(feature = "seal")]
    pub fn key(&self) -> Result<PresharedKey, Wrong> {
        crate::secret::key(self.psk).ok_or(Wrong {
            setting: "psk",
            value: self.psk.unwrap_or_default(),
            right: "a file of 32 to 256 random bytes, here or as SIGNALING_PSK_FILE at build time",
        })
    }

    /// After how many seconds to tell how often the chip woke, if that is asked for.
    pub fn idle(&self) -> Option<u64> {
        self.idle?.parse().ok()
    }
}
