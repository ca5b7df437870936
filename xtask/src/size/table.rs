//! Figures as tables.

use super::Figure;
use super::firmware::STACK;
use super::record::{Record, key, measured_key};

/// A table for each kind of figure, and what changed since the last record.
pub(super) fn render(figures: &[Figure], last: &Record) -> String {
    let mut text = String::new();
    let mut table = "";
    for figure in figures {
        if figure.table != table {
            table = figure.table;
            text += &head(table);
        }
        let (name, bytes) = (&figure.name, grouped(figure.bytes));
        let beside = if table == STACK { measured(figure, last) } else { aim(figure) };
        let change = change(&key(figure), figure.bytes, last);
        text += &format!("| {name:<34} | {bytes:>7} | {beside:<17} | {change:>8} |\n");
    }
    text
}

fn head(table: &str) -> String {
    let rule = "-".repeat(34);
    let beside = if table == STACK { "measured, change" } else { "aim" };
    format!(
        "\n| {table:<34} |   bytes | {beside:<17} |   change |\n|-{rule}-|--------:|-------------------|---------:|\n"
    )
}

fn measured(figure: &Figure, last: &Record) -> String {
    let Some(bytes) = figure.measured else { return "no emulator".into() };
    let change = change(&measured_key(figure), bytes, last);
    format!("{} {change}", grouped(bytes)).trim_end().into()
}

fn aim(figure: &Figure) -> String {
    let Some(aim) = figure.aim else { return String::new() };
    let met = if figure.bytes <= aim { "met" } else { "**missed**" };
    format!("{} {met}", grouped(aim))
}

fn change(key: &str, bytes: u64, last: &Record) -> String {
    match last.get(key) {
        None => "new".into(),
        Some(before) if *before == bytes => String::new(),
        Some(before) => format!("{:+}", bytes.cast_signed() - before.cast_signed()),
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
        Figure { table: "Flash", name: "core".into(), bytes, aim, measured: None }
    }

    #[test]
    fn changes_and_aims_are_told() {
        let last = Record::from([("Flash: core".into(), 1_000)]);
        assert_eq!(change("Flash: core", 1_012, &last), "+12");
        assert_eq!(change("Flash: core", 990, &last), "-10");
        assert_eq!(change("Flash: core", 1_000, &last), "");
        assert_eq!(change("Flash: core", 1_000, &Record::new()), "new");
        assert_eq!(aim(&figure(20_481, Some(20_480))), "20 480 **missed**");
        assert_eq!(aim(&figure(20_480, Some(20_480))), "20 480 met");
    }

    #[test]
    fn a_table_has_one_head() {
        let text = render(&[figure(1_234_567, None), figure(7, None)], &Record::new());
        assert_eq!(text.matches("Flash").count(), 1);
        assert!(text.contains("| 1 234 567 |"));
    }

    #[test]
    fn what_was_measured_stands_beside_what_was_computed() {
        let last = Record::from([("Firmware, stack: pico".into(), 1_600)]);
        let stack = |measured| Figure { table: STACK, name: "pico".into(), measured, ..figure(2_000, None) };
        let text = render(&[stack(Some(1_616)), stack(None)], &last);
        assert!(text.contains("|   2 000 | 1 616 +16 "), "{text}");
        assert!(text.contains("|   2 000 | no emulator "), "{text}");
    }
}
