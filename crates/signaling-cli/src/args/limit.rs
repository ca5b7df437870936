//! Durations, as people write them.

use std::str::FromStr;
use std::time::Duration;

use signaling_core::MAX_LIMIT;

/// The time limit of an invitation: from 1 ms to 24 h, or none, written as 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TimeLimit(pub(crate) Option<Duration>);

/// A duration without an upper bound; none is written as 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span(pub(crate) Option<Duration>);

impl FromStr for TimeLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Span(limit) = text.parse()?;
        let most = Duration::from_millis(MAX_LIMIT.into());
        match limit {
            Some(limit) if limit > most => Err("at most 24h, or 0 for no limit".into()),
            limit => Ok(Self(limit)),
        }
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.starts_with('-') {
            return Err("a time cannot be negative; 0 means none".into());
        }
        if !text.is_empty() && text.bytes().all(|byte| byte == b'0') {
            return Ok(Self(None));
        }
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("it lacks its unit: write {text}s, {text}m or {text}h"));
        }
        let parsed = humantime::parse_duration(text);
        let span = parsed.map_err(|_| "write it like 30s, 5m, 500ms or 1h30m; 0 means none")?;
        match span {
            Duration::ZERO => Ok(Self(None)),
            span if span < Duration::from_millis(1) => Err("at least 1ms; 0 means none".into()),
            span => Ok(Self(Some(span))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(text: &str) -> Result<Option<Duration>, String> {
        text.parse().map(|TimeLimit(limit)| limit)
    }

    #[test]
    fn limits_are_written_as_people_do() {
        assert_eq!(limit("30s"), Ok(Some(Duration::from_secs(30))));
        assert_eq!(limit("1h30m"), Ok(Some(Duration::from_secs(5400))));
        assert_eq!(limit("500ms"), Ok(Some(Duration::from_millis(500))));
        assert_eq!(limit("24h"), Ok(Some(Duration::from_secs(86_400))));
    }

    #[test]
    fn zero_is_none_as_in_v2tim() {
        assert_eq!([limit("0"), limit("0s"), limit("000")], [Ok(None), Ok(None), Ok(None)]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(limit("-5s").unwrap_err().contains("negative"));
        assert!(limit("24h1ms").unwrap_err().contains("at most 24h"));
        assert!(limit("30").unwrap_err().contains("30s"));
        assert!(limit("1us").unwrap_err().contains("1ms"));
        for wrong in ["", "soon", "s", "1e9s", "99999999999999999999s"] {
            assert!(limit(wrong).unwrap_err().contains("write it like 30s"), "{wrong}");
        }
    }
}
