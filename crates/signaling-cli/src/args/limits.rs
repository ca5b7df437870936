//! `--limit NAME=VALUE`: what a relay allows.

use std::fmt::Write;
use std::ops::RangeInclusive;
use std::str::FromStr;

use signaling_core::MAX_PUSH;
use signaling_core::wire::{MAX_BODY, MAX_DEVICES, MAX_FRAME, MAX_MEMBERS, MAX_RECIPIENTS};
use signaling_relay::Config;

use super::Span;

const KB: u64 = 1 << 10;
const MB: u64 = 1 << 20;
const GB: u64 = 1 << 30;
/// What a store can be told to take: on 32 bits no more than they count.
const LARGEST_STORE: u64 = if usize::BITS < 64 { usize::MAX as u64 } else { 1024 * GB };
const DAY: u64 = 24 * 60 * 60 * 1000;
/// A Send as large as one may be needs so much of the allowance.
const LARGEST_SEND: u64 = (MAX_BODY + MAX_PUSH + 256) as u64;

/// In what a limit is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unit {
    Count,
    Bytes,
    /// Milliseconds.
    Time,
}

/// A limit that can be set.
#[derive(Debug)]
struct Limit {
    name: &'static str,
    unit: Unit,
    range: RangeInclusive<u64>,
    meaning: &'static str,
    of: fn(&Config) -> u64,
    set: fn(&mut Config, u64),
}

/// Its value lies in the range, so it fits.
macro_rules! limit {
    ($name:literal, $field:ident, $unit:ident, $range:expr, $meaning:literal) => {
        Limit {
            name: $name,
            unit: Unit::$unit,
            range: $range,
            meaning: $meaning,
            of: |config| config.$field as u64,
            set: |config, value| config.$field = value.try_into().unwrap_or(config.$field),
        }
    };
}

const LIMITS: &[Limit] = &[
    limit!("connections", connections, Count, 1..=1_000_000, "links at a time"),
    limit!(
        "strangers-per-address",
        strangers_per_address,
        Count,
        0..=1_000_000,
        "links of an address not let in; 0: any"
    ),
    limit!(
        "connections-per-address",
        connections_per_address,
        Count,
        0..=1_000_000,
        "links of an address; 0: any"
    ),
    limit!("devices", devices, Count, 1..=100_000_000, "devices remembered"),
    limit!("devices-per-user", devices_per_user, Count, 1..=MAX_DEVICES as u64, "devices of one user"),
    limit!("groups", groups, Count, 0..=10_000_000, "groups"),
    limit!("groups-per-user", groups_per_user, Count, 0..=10_000_000, "groups of one user"),
    limit!("members", members, Count, 1..=MAX_MEMBERS as u64, "members of a group"),
    limit!("admitted", admitted, Count, 0..=10_000_000, "invitations outliving membership"),
    limit!("frame", frame, Bytes, KB..=MAX_FRAME as u64, "a frame from a device"),
    limit!("body", body, Bytes, 512..=MAX_BODY as u64, "the message in it"),
    limit!("push", push, Bytes, 0..=MAX_PUSH as u64, "the push info in it"),
    limit!("recipients", recipients, Count, 1..=MAX_RECIPIENTS as u64, "users that it is for"),
    limit!("rate", rate, Bytes, KB..=GB, "what a device may send a second"),
    limit!("burst", burst, Bytes, LARGEST_SEND..=GB, "what it may send at once"),
    limit!("kept", kept, Count, 0..=100_000, "messages kept for one user"),
    limit!("kept-bytes", kept_bytes, Bytes, 0..=GB, "what these take, each with 512 more"),
    limit!("kept-bytes-total", kept_bytes_total, Bytes, 0..=LARGEST_STORE, "what all that is kept takes"),
    limit!("keep", keep, Time, 0..=30 * DAY, "how long a message is kept"),
    limit!("silence", silence, Time, 1_000..=60 * 60 * 1000, "silence that ends a link"),
    limit!("hello", hello, Time, 1_000..=60 * 60 * 1000, "time for a Hello"),
    limit!("warm-up", warm_up, Time, 0..=DAY, "time to learn groups after a start"),
];

/// What `--limit` says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Setting {
    /// Tell which limits there are.
    Help,
    /// Set this one.
    Set(fn(&mut Config, u64), u64),
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "help" {
            return Ok(Self::Help);
        }
        let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, or help for all that there are")?;
        let limit = LIMITS.iter().find(|limit| limit.name == name.trim().replace('_', "-"));
        let limit = limit.ok_or_else(|| format!("there is no limit of that name, but {}", names()))?;
        let value = limit.unit.parse(value.trim())?;
        if !limit.range.contains(&value) {
            return Err(format!("{} is {}", limit.name, limit.range()));
        }
        Ok(Self::Set(limit.set, value))
    }
}

/// The limits of a relay with these settings, of which the last of a name counts.
pub(crate) fn configured(settings: &[Setting]) -> Config {
    let mut config = Config::default();
    for setting in settings {
        if let Setting::Set(set, value) = setting {
            set(&mut config, *value);
        }
    }
    config
}

/// All limits, a line each.
pub(crate) fn table() -> String {
    let mut text = String::new();
    for limit in LIMITS {
        let Limit { name, meaning, unit, .. } = limit;
        let default = unit.show((limit.of)(&Config::default()));
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {name:<23} {meaning:<38} {} [{default}]", limit.range());
    }
    text
}

fn names() -> String {
    LIMITS.iter().map(|limit| limit.name).collect::<Vec<_>>().join(", ")
}

impl Limit {
    fn range(&self) -> String {
        format!("{} to {}", self.unit.show(*self.range.start()), self.unit.show(*self.range.end()))
    }
}

impl Unit {
    fn parse(self, text: &str) -> Result<u64, String> {
        match self {
            Self::Count => text.parse().map_err(|_| "write a whole number".into()),
            Self::Bytes => bytes(text).ok_or("write bytes, such as 65536, 64K, 512M or 2G".into()),
            Self::Time => {
                let time = text.parse::<Span>()?.0.unwrap_or_default().as_millis();
                u64::try_from(time).map_err(|_| "that is too long".into())
            }
        }
    }

    fn show(self, value: u64) -> String {
        match self {
            Self::Count => value.to_string(),
            Self::Time if value == 0 => "0".into(),
            Self::Time => humantime::format_duration(std::time::Duration::from_millis(value)).to_string(),
            Self::Bytes => [(GB, "G"), (MB, "M"), (KB, "K")]
                .into_iter()
                .find(|(unit, _)| value >= *unit && value.is_multiple_of(*unit))
                .map_or_else(|| value.to_string(), |(unit, sign)| format!("{}{sign}", value / unit)),
        }
    }
}

fn bytes(text: &str) -> Option<u64> {
    let (digits, unit) = match text.as_bytes().last()? {
        b'K' | b'k' => (&text[..text.len() - 1], KB),
        b'M' | b'm' => (&text[..text.len() - 1], MB),
        b'G' | b'g' => (&text[..text.len() - 1], GB),
        _ => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> Config {
        let settings: Vec<Setting> = texts.iter().map(|text| text.parse().unwrap()).collect();
        configured(&settings)
    }

    fn wrong(text: &str) -> String {
        text.parse::<Setting>().unwrap_err()
    }

    #[test]
    fn a_limit_is_set_by_its_name() {
        let config = set(&["devices-per-user=64", "kept_bytes_total=1G", "keep=1h", "warm-up=0"]);
        let meant = Config {
            devices_per_user: 64,
            kept_bytes_total: 1 << 30,
            keep: 3_600_000,
            warm_up: 0,
            ..Config::default()
        };
        assert_eq!(config, meant);
        assert_eq!(set(&["connections=7", "connections=8"]).connections, 8, "the last counts");
    }

    #[test]
    fn each_limit_sets_its_own_field_within_its_range() {
        for limit in LIMITS {
            assert!(limit.range.contains(&(limit.of)(&Config::default())), "{}", limit.name);
            for value in [*limit.range.start(), *limit.range.end()] {
                let config = set(&[&format!("{}={}", limit.name, limit.unit.show(value).replace(' ', ""))]);
                assert_eq!((limit.of)(&config), value, "{}", limit.name);
                let others = LIMITS.iter().filter(|other| other.name != limit.name);
                assert!(
                    others.into_iter().all(|other| (other.of)(&config) == (other.of)(&Config::default()))
                );
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(wrong("connections").contains("NAME=VALUE"));
        assert!(wrong("links=3").contains("connections-per-address, devices, devices-per-user"));
        assert!(wrong("devices-per-user=300").contains("devices-per-user is 1 to 256"));
        assert!(wrong("connections=-1").contains("whole number"));
        assert!(wrong("kept-bytes=1X").contains("64K"));
        assert!(wrong("keep=60").contains("60s"));
    }

    #[test]
    fn the_table_names_all_with_range_and_default() {
        let table = table();
        assert_eq!(table.lines().count(), LIMITS.len());
        assert!(table.contains("devices of one user") && table.contains("1 to 256 [32]"), "{table}");
        assert!(table.contains("1s to 1h [45s]"), "{table}");
    }
}
