//! A story as a sequence picture.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt::Write;

use crate::space::Scene;
use crate::story::Story;

/// From one column to the next.
const COLUMN: usize = 230;
/// From the left edge to the first column.
const LEFT: usize = 150;
/// What one line of text takes.
const LINE: usize = 17;
/// What one line of the title takes.
const CAPTION: usize = 21;
/// How many characters stand in a line.
const CHARS: usize = 30;
/// Where the first step begins.
const TOP: usize = 92;

const STYLE: &str = "font-family=\"'DejaVu Sans', Verdana, 'Segoe UI', Helvetica, Arial, sans-serif\" \
                     font-size=\"13\" fill=\"#1f2933\"";

const TITLE: &str = "font-size=\"16\" font-weight=\"bold\"";

/// The picture, as SVG. `title` says what was done instead of the rule.
pub fn svg(story: &Story, title: &str) -> String {
    let used = columns(story);
    // Arrows lie under the boxes, so that they strike out no word.
    let (mut arrows, mut body) = (String::new(), String::new());
    let mut at = TOP;
    let mut leaves: HashMap<u64, (usize, usize)> = HashMap::new();
    for (nth, scene) in story.scenes.iter().enumerate() {
        let column = used.x(scene.lane);
        let from = scene.arrives.and_then(|key| leaves.get(&key).copied());
        if let Some((lane, y)) = from {
            arrow(&mut arrows, (used.x(lane), y), (column, at));
        }
        at = step(&mut body, nth, scene, column, at);
        for (lane, text) in &scene.notes {
            at = note(&mut body, text, used.x(*lane), at, "#e8f1e4");
        }
        for (key, lane, _) in &scene.sent {
            leaves.entry(*key).or_insert((*lane, at - LINE / 2));
        }
        at += LINE;
    }
    let ending: Vec<String> = story.ending.iter().flat_map(|line| wrap(line, used.chars())).collect();
    let end = at;
    for line in &ending {
        at += LINE;
        text(&mut body, (LEFT / 3, at), "start", line, "font-weight=\"bold\" fill=\"#9b1c1c\"");
    }
    let heads = heads(story, &used, end);
    let mut captions = String::new();
    let lines = wrap(title, used.width() / 11);
    for (nth, line) in lines.iter().enumerate() {
        text(&mut captions, (LEFT / 3, 30 + nth * CAPTION), "start", line, TITLE);
    }
    // All else moves down by the lines of the title that are more than one.
    let down = lines.len().saturating_sub(1) * CAPTION;
    let (width, height) = (used.width(), at + LINE + down);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-labelledby=\"title\" {STYLE}>\n\
         <title id=\"title\">{}</title>\n\
         <defs><marker id=\"arrow\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" \
         markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0.8 L10 5 L0 9.2 Z\" fill=\"#44546a\"/></marker></defs>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         {captions}<g transform=\"translate(0 {down})\">\n{heads}{arrows}{body}</g></svg>\n",
        clean(title),
    )
}

/// The columns in which anything happens, closed up.
struct Columns(Vec<usize>);

impl Columns {
    fn x(&self, lane: usize) -> usize {
        LEFT + COLUMN * self.0.iter().position(|&used| used == lane).unwrap_or_default()
    }

    fn width(&self) -> usize {
        2 * LEFT + COLUMN * self.0.len().saturating_sub(1).max(1)
    }

    fn chars(&self) -> usize {
        self.width() / 9
    }
}

fn columns(story: &Story) -> Columns {
    let mut used: Vec<usize> = story.scenes.iter().map(|scene| scene.lane).collect();
    used.extend(story.scenes.iter().flat_map(|scene| scene.notes.iter().map(|(lane, _)| *lane)));
    let arrived: Vec<u64> = story.scenes.iter().filter_map(|scene| scene.arrives).collect();
    let sent = story.scenes.iter().flat_map(|scene| &scene.sent);
    used.extend(sent.filter(|(key, ..)| arrived.contains(key)).map(|(_, lane, _)| *lane));
    used.sort_unstable();
    used.dedup();
    Columns(used)
}

fn heads(story: &Story, used: &Columns, end: usize) -> String {
    let mut svg = String::new();
    for &lane in &used.0 {
        let x = used.x(lane);
        let name = story.lanes.get(lane).map(String::as_str).unwrap_or_default();
        line(&mut svg, (x, 66), (x, end), "stroke=\"#d5dbe3\" stroke-width=\"2\"");
        text(&mut svg, (x, 58), "middle", name, "font-weight=\"bold\"");
    }
    svg
}

/// The box that says what happens.
fn step(svg: &mut String, nth: usize, scene: &Scene, x: usize, y: usize) -> usize {
    note(svg, &format!("{nth}. {}", scene.what), x, y, "#e6edf7")
}

fn note(svg: &mut String, words: &str, x: usize, y: usize, fill: &str) -> usize {
    let lines = wrap(words, CHARS);
    let (width, height) = (COLUMN - 14, lines.len() * LINE + 6);
    let left = x - width / 2;
    // Writing to a string cannot fail.
    let _ = writeln!(
        svg,
        "<rect x=\"{left}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{fill}\" stroke=\"#b8c2cf\"/>"
    );
    for (nth, line) in lines.iter().enumerate() {
        text(svg, (x, y + (nth + 1) * LINE - 2), "middle", line, "font-size=\"12\"");
    }
    y + height + 6
}

/// From where it left to where it arrives: between the near edges of the boxes.
fn arrow(svg: &mut String, (x, y): (usize, usize), (to, at): (usize, usize)) {
    let half = COLUMN / 2 - 7;
    let (from, end, at) = match to.cmp(&x) {
        Ordering::Greater => (x + half, to - half, at + LINE),
        Ordering::Less => (x - half, to + half, at + LINE),
        Ordering::Equal => (x, to, at),
    };
    line(svg, (from, y), (end, at), "stroke=\"#44546a\" stroke-width=\"1.6\" marker-end=\"url(#arrow)\"");
}

fn line(svg: &mut String, (x1, y1): (usize, usize), (x2, y2): (usize, usize), style: &str) {
    let _ = writeln!(svg, "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" {style}/>");
}

fn text(svg: &mut String, (x, y): (usize, usize), anchor: &str, words: &str, style: &str) {
    let words = clean(words);
    let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" {style}>{words}</text>");
}

fn clean(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// In lines of at most so many characters, cut between words.
fn wrap(words: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story() -> Story {
        let first =
            Scene { what: "alice <calls>".into(), sent: vec![(7, 0, "Invite".into())], ..Scene::default() };
        let second = Scene {
            what: "arrives: Invite".into(),
            lane: 2,
            arrives: Some(7),
            notes: vec![(2, "bob is Ringing".into())],
            sent: Vec::new(),
        };
        let lanes = ["alice", "relay", "bob"].map(String::from).to_vec();
        Story { lanes, scenes: vec![first, second], ending: vec!["so: it rings".into()] }
    }

    #[test]
    fn a_message_is_an_arrow_from_where_it_left_to_where_it_arrives() {
        let svg = svg(&story(), "a rule");
        assert_eq!(svg.matches("marker-end").count(), 1);
        assert!(svg.find("marker-end") < svg.find("rx=\"6\""), "boxes lie above it");
        assert!(svg.contains("alice &lt;calls&gt;") && svg.contains("so: it rings"));
        assert!(!svg.contains(">relay<"), "who does nothing has no column");
    }

    #[test]
    fn lines_are_cut_between_words() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
    }
}
