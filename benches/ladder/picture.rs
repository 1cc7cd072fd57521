//! The frontier as a picture: recall against slots, a line for each set and size.

/// One line.
pub struct Line {
    /// What it shows.
    pub name: String,
    /// Slots and recall.
    pub points: Vec<(usize, f64)>,
    /// The shipped schema's slots and recall on the same set.
    pub shipped: (usize, f64),
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 190.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 48.0;

/// Colours that people who see few colours can tell apart (Okabe and Ito 2008), then dashed again.
const COLOURS: [&str; 7] = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000",
];

/// Draws the lines. Names stand at their right ends, moved apart where they would meet.
pub fn draw(title: &str, lines: &[Line]) -> String {
    let all = || {
        lines.iter().flat_map(|line| {
            let shipped = std::iter::once(&line.shipped);
            line.points.iter().chain(shipped)
        })
    };
    let slots_max = all().map(|point| point.0).max().unwrap_or(1) as f64;
    let least = all().map(|point| point.1).fold(1.0, f64::min);
    let low = (least * 20.0).floor() / 20.0;
    let x = |slots: usize| LEFT + slots as f64 / slots_max * (WIDTH - LEFT - RIGHT);
    let y = |recall: f64| TOP + (1.0 - recall) / (1.0 - low) * (HEIGHT - TOP - BOTTOM);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>{title}</title>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n<text x=\"{LEFT}\" y=\"18\" font-size=\"14\">{title}</text>\n"
    );
    let steps = ((1.0 - low) / 0.05).round() as usize;
    for step in 0..=steps {
        let recall = 1.0 - step as f64 * 0.05;
        svg.push_str(&format!(
            "<line x1=\"{LEFT}\" y1=\"{0:.1}\" x2=\"{1:.1}\" y2=\"{0:.1}\" stroke=\"#ddd\"/>\n<text x=\"{2:.1}\" y=\"{3:.1}\" text-anchor=\"end\">{recall:.2}</text>\n",
            y(recall),
            WIDTH - RIGHT,
            LEFT - 6.0,
            y(recall) + 4.0
        ));
    }
    for slots in (0..=slots_max as usize).step_by(20) {
        svg.push_str(&format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{slots}</text>\n",
            x(slots),
            HEIGHT - BOTTOM + 18.0
        ));
    }
    svg.push_str(&format!(
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">tokens a record (slots, identifiers included); rings: the shipped schema</text>\n",
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 10.0
    ));
    for ((line, number), at) in lines.iter().zip(0..).zip(label_places(lines, &y)) {
        let colour = COLOURS[number % COLOURS.len()];
        let dash = if number < COLOURS.len() {
            ""
        } else {
            " stroke-dasharray=\"5 3\""
        };
        let points: Vec<String> = line
            .points
            .iter()
            .map(|(slots, recall)| format!("{:.1},{:.1}", x(*slots), y(*recall)))
            .collect();
        svg.push_str(&format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>\n\
             <circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{}</text>\n",
            points.join(" "),
            x(line.shipped.0),
            y(line.shipped.1),
            WIDTH - RIGHT + 10.0,
            at + 4.0,
            line.name
        ));
    }
    svg.push_str("</svg>\n");
    svg
}

/// Heights of the names, in the order of the lines: by last recall, at least 14 apart.
fn label_places(lines: &[Line], y: &dyn Fn(f64) -> f64) -> Vec<f64> {
    let end = |line: &Line| line.points.last().map_or(0.0, |point| y(point.1));
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by(|a, b| end(&lines[*a]).total_cmp(&end(&lines[*b])).then(a.cmp(b)));
    let mut places = vec![0.0; lines.len()];
    let mut next = TOP;
    for number in order {
        places[number] = end(&lines[number]).max(next);
        next = places[number] + 14.0;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_names_are_drawn() {
        let line = |name: &str, recall| Line {
            name: name.to_owned(),
            points: vec![(20, recall - 0.1), (60, recall)],
            shipped: (143, recall),
        };
        let svg = draw("Title", &[line("one", 0.9), line("two", 0.9)]);
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
        let places = label_places(&[line("one", 0.9), line("two", 0.9)], &|recall| {
            100.0 * recall
        });
        assert!((places[1] - places[0]).abs() >= 14.0);
    }
}
