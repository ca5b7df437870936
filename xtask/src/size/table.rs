//! Figures as tables.

use super::Figure;
use super::record::{Record, key};

/// A table for each kind of figure, and what changed since the last record.
pub(super) fn render(figures: &[Figure], last: &Record) -> String {
    let mut text = String::new();
    let mut table = "";
    for figure in figures {
        if figure.table != table {
            table = figure.table;
            text += &head(table);
        }
        let (name, bytes, aim) = (&figure.name, grouped(figure.bytes), aim(figure));
        let change = change(figure, last);
        text += &format!("| {name:<34} | {bytes:>7} | {aim:<17} | {change:>8} |\n");
    }
    text
}

fn head(table: &str) -> String {
    let rule = "-".repeat(34);
    format!(
        "\n| {table:<34} |   bytes | aim               |   change |\n|-{rule}-|--------:|-------------------|---------:|\n"
    )
}

fn aim(figure: &Figure) -> String {
    let Some(aim) = figure.aim else { return String::new() };
    let met = if figure.bytes <= aim { "met" } else { "**missed**" };
    format!("{} {met}", grouped(aim))
}

fn change(figure: &Figure, last: &Record) -> String {
    match last.get(&key(figure)) {
        None => "new".into(),
        Some(before) if *before == figure.bytes => String::new(),
        Some(before) => format!("{:+}", figure.bytes.cast_signed() - before.cast_signed()),
    }
}

/// 12345 as `12 345`.
pub(super) fn grouped(bytes: u64) -> String {
    if bytes < 1000 { bytes.to_string() } else { format!("{} {:03}", grouped(bytes / 1000), bytes % 1000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(bytes: u64, aim: Option<u64>) -> Figure {
        Figure { table: "Flash", name: "core".into(), bytes, aim }
    }

    #[test]
    fn changes_and_aims_are_told() {
        let last = Record::from([("Flash: core".into(), 1_000)]);
        assert_eq!(change(&figure(1_012, None), &last), "+12");
        assert_eq!(change(&figure(990, None), &last), "-10");
        assert_eq!(change(&figure(1_000, None), &last), "");
        assert_eq!(change(&figure(1_000, None), &Record::new()), "new");
        assert_eq!(aim(&figure(20_481, Some(20_480))), "20 480 **missed**");
        assert_eq!(aim(&figure(20_480, Some(20_480))), "20 480 met");
    }

    #[test]
    fn a_table_has_one_head() {
        let text = render(&[figure(1_234_567, None), figure(7, None)], &Record::new());
        assert_eq!(text.matches("Flash").count(), 1);
        assert!(text.contains("| 1 234 567 |"));
    }
}
