//! Where the names of points stand: near their points, over no other name and no point.

/// A rectangle: left, top, right, bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Box4 {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Box4 {
    /// The part of it that another covers.
    fn covered(&self, other: &Self) -> f64 {
        let wide = self.right.min(other.right) - self.left.max(other.left);
        let high = self.bottom.min(other.bottom) - self.top.max(other.top);
        wide.max(0.0) * high.max(0.0)
    }
}

/// A point with a name.
pub struct Named {
    pub x: f64,
    pub y: f64,
    /// Width of the name.
    pub width: f64,
}

/// Height of a name.
pub const HEIGHT: f64 = 13.0;
/// Room that a point takes to each side.
const MARK: f64 = 5.0;
/// Distances of names from their points that are tried, and directions of each.
const DISTANCES: [f64; 9] = [9.0, 16.0, 26.0, 38.0, 52.0, 68.0, 86.0, 106.0, 128.0];
const DIRECTIONS: usize = 24;

/// The box of each name, in the order of the points; the first choose first. `taken` is where nothing may stand.
pub fn place(points: &[Named], taken: &[Box4], area: Box4) -> Vec<Box4> {
    let mut blocked: Vec<Box4> = points
        .iter()
        .map(|point| Box4 {
            left: point.x - MARK,
            top: point.y - MARK,
            right: point.x + MARK,
            bottom: point.y + MARK,
        })
        .chain(taken.iter().copied())
        .collect();
    let mut placed = Vec::with_capacity(points.len());
    for point in points {
        let mut best: Option<(f64, Box4)> = None;
        for (cost, at) in around(point) {
            if at.left < area.left
                || at.right > area.right
                || at.top < area.top
                || at.bottom > area.bottom
            {
                continue;
            }
            let covered: f64 = blocked.iter().map(|own| at.covered(own)).sum();
            let cost = cost + 40.0 * covered;
            if best.is_none_or(|(least, _)| cost < least) {
                best = Some((cost, at));
            }
        }
        // A point at the very edge of a narrow area.
        let at = best.map_or_else(|| around(point)[0].1, |(_, at)| at);
        blocked.push(at);
        placed.push(at);
    }
    placed
}

/// Boxes around a point, each with how far it is from the best of them: to the right and near.
fn around(point: &Named) -> Vec<(f64, Box4)> {
    let mut all = Vec::new();
    for distance in DISTANCES {
        for direction in 0..DIRECTIONS {
            let angle = direction as f64 / DIRECTIONS as f64 * 2.0 * std::f64::consts::PI;
            let (across, down) = (libm::cos(angle), libm::sin(angle));
            // The near edge of the name lies in that direction.
            let middle = (
                point.x + across * (distance + point.width / 2.0),
                point.y + down * (distance + HEIGHT / 2.0 - 3.0),
            );
            let at = Box4 {
                left: middle.0 - point.width / 2.0,
                top: middle.1 - HEIGHT / 2.0,
                right: middle.0 + point.width / 2.0,
                bottom: middle.1 + HEIGHT / 2.0,
            };
            all.push((distance * 1.5 + 3.0 * (1.0 - across), at));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_points_at_one_place_stand_apart() {
        let points: Vec<Named> = (0..12)
            .map(|number| Named {
                x: 200.0 + f64::from(number % 3),
                y: 150.0,
                width: 60.0,
            })
            .collect();
        let area = Box4 {
            left: 0.0,
            top: 0.0,
            right: 500.0,
            bottom: 300.0,
        };
        let placed = place(&points, &[], area);
        for (number, one) in placed.iter().enumerate() {
            assert!(one.left >= 0.0 && one.right <= 500.0);
            for other in &placed[number + 1..] {
                assert_eq!(one.covered(other), 0.0, "{one:?} {other:?}");
            }
        }
        // One that is alone stands right beside its point.
        let alone = place(&points[..1], &[], area);
        assert!(alone[0].left > 205.0 && alone[0].left < 215.0);
    }
}
