//! Figures as bars.

use super::Figure;
use super::table::grouped;

const WIDTH: u64 = 840;
/// Where bars begin, and how long the longest is.
const LEFT: u64 = 250;
const LONGEST: u64 = 400;
const LINE: u64 = 22;
const STYLE: &str = "text{font:13px sans-serif;fill:#222}.head{font-weight:bold}.bar{fill:#4a7fb5}.measured{fill:#274b70}\
    .aim{stroke:#c0392b;stroke-width:2}rect.page{fill:#fff}";

/// The tables of that kind as an SVG picture, each on a scale of its own; a red line is an aim, the dark part measured.
pub(super) fn draw(figures: &[Figure], kinds: &[&str]) -> String {
    let mut body = String::new();
    let mut y = LINE;
    for kind in kinds {
        let rows: Vec<&Figure> = figures.iter().filter(|figure| figure.table == *kind).collect();
        body += &format!("<text class=\"head\" x=\"10\" y=\"{y}\">{kind}, bytes</text>\n");
        y += LINE;
        let longest = rows.iter().map(|row| row.bytes.max(row.aim.unwrap_or(0))).max().unwrap_or(1).max(1);
        for row in rows {
            body += &bar(row, longest, y);
            y += LINE;
        }
        y += LINE / 2;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{y}\" viewBox=\"0 0 {WIDTH} {y}\">\n\
         <style>{STYLE}</style>\n<rect class=\"page\" width=\"{WIDTH}\" height=\"{y}\"/>\n{body}</svg>\n"
    )
}

fn bar(figure: &Figure, longest: u64, y: u64) -> String {
    let Figure { name, bytes, .. } = figure;
    let (length, top) = (bytes * LONGEST / longest, y - 12);
    let mut text = format!("<text x=\"10\" y=\"{y}\">{name}</text>\n");
    text += &format!("<rect class=\"bar\" x=\"{LEFT}\" y=\"{top}\" width=\"{length}\" height=\"14\"/>\n");
    if let Some(measured) = figure.measured {
        let (length, top) = (measured * LONGEST / longest, top + 4);
        text +=
            &format!("<rect class=\"measured\" x=\"{LEFT}\" y=\"{top}\" width=\"{length}\" height=\"6\"/>\n");
    }
    if let Some(aim) = figure.aim {
        let x = LEFT + aim * LONGEST / longest;
        let (from, to) = (top - 2, top + 16);
        text += &format!("<line class=\"aim\" x1=\"{x}\" y1=\"{from}\" x2=\"{x}\" y2=\"{to}\"/>\n");
    }
    let x = LEFT + length.max(figure.aim.map_or(0, |aim| aim * LONGEST / longest)) + 6;
    let measured =
        figure.measured.map(|measured| format!(", measured {}", grouped(measured))).unwrap_or_default();
    text + &format!("<text x=\"{x}\" y=\"{y}\">{}{measured}</text>\n", grouped(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_is_as_long_as_there_is_room_and_an_aim_is_a_line() {
        let figure =
            |name: &str, bytes, aim| Figure { table: "Flash", name: name.into(), bytes, aim, measured: None };
        let figures = [figure("small", 500, None), figure("large", 1_000, Some(750))];
        let picture = draw(&figures, &["Flash"]);
        assert!(picture.contains("width=\"400\"") && picture.contains("width=\"200\""), "{picture}");
        assert_eq!(picture.matches("<line").count(), 1);
        assert!(picture.contains("x1=\"550\"") && picture.contains(">1 000<"), "{picture}");
    }

    #[test]
    fn what_was_measured_is_a_bar_in_the_other() {
        let stack =
            Figure { table: "S", name: "pico".into(), bytes: 2_000, aim: None, measured: Some(1_500) };
        let picture = draw(&[stack], &["S"]);
        assert!(picture.contains("class=\"measured\"") && picture.contains("width=\"300\""), "{picture}");
        assert!(picture.contains(">2 000, measured 1 500<"), "{picture}");
    }
}
