//! The five states of a need as marks: a filled disc, a half disc, a ticked ring, a dashed ring, a barred square.
//!
//! Shape carries the meaning, so that the page survives a black-and-white printer and any kind of colour vision. Marks stand beside words
//! or in front of a row whose words say the same.

use std::fmt::Write as _;

use kinfold_indicators::NeedState;

/// The id of a state's symbol, and its class.
pub(in crate::report) fn state_class(state: NeedState) -> &'static str {
    match state {
        NeedState::Current => "current",
        NeedState::Past => "past",
        NeedState::Checked => "checked",
        NeedState::NoData => "no-data",
        NeedState::Withheld => "withheld",
    }
}

/// One mark, to stand beside its word: silent for screen readers.
pub(in crate::report) fn state_mark(state: NeedState) -> String {
    format!(
        r##"<svg class="mark" viewBox="0 0 16 16" aria-hidden="true"><use href="#s-{}"/></svg>"##,
        state_class(state)
    )
}

/// The marks of all needs in a row. Screen readers hear nothing: the words beside it say which needs are current.
pub(in crate::report) fn strip(states: impl ExactSizeIterator<Item = NeedState>) -> String {
    let width = 18 * states.len();
    let mut out = format!(
        r#"<svg class="strip" viewBox="0 0 {width} 16" width="{width}" height="16" aria-hidden="true">"#
    );
    for (position, state) in states.enumerate() {
        let x = 18 * position + 1;
        let _ = write!(
            out,
            r##"<use href="#s-{}" x="{x}" width="16" height="16"/>"##,
            state_class(state)
        );
    }
    out.push_str("</svg>");
    out
}

/// The symbols and fill patterns that every picture of the page uses, once per page.
pub(in crate::report) fn symbols() -> &'static str {
    concat!(
        r#"<svg class="defs" width="0" height="0" aria-hidden="true" focusable="false"><defs>"#,
        r#"<symbol id="s-current" viewBox="0 0 16 16"><circle class="m-current" cx="8" cy="8" r="6.5"/></symbol>"#,
        r#"<symbol id="s-past" viewBox="0 0 16 16"><circle class="m-ring" cx="8" cy="8" r="5.8"/>"#,
        r#"<path class="m-past" d="M8 2.2a5.8 5.8 0 0 0 0 11.6z"/></symbol>"#,
        r#"<symbol id="s-checked" viewBox="0 0 16 16"><circle class="m-thin" cx="8" cy="8" r="6"/>"#,
        r#"<path class="m-tick" d="M5 8.3l2.2 2.2 3.8-4.6"/></symbol>"#,
        r#"<symbol id="s-no-data" viewBox="0 0 16 16"><circle class="m-dashed" cx="8" cy="8" r="5.8"/></symbol>"#,
        r#"<symbol id="s-withheld" viewBox="0 0 16 16"><rect class="m-withheld" x="2" y="2" width="12" height="12" rx="2"/>"#,
        r#"<rect class="m-bar" x="4.5" y="7" width="7" height="2"/></symbol>"#,
        r#"<pattern id="p-no-data" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">"#,
        r#"<rect class="p-ground" width="6" height="6"/><rect class="p-stroke" width="1.4" height="6"/></pattern>"#,
        r#"<pattern id="p-withheld" width="6" height="6" patternUnits="userSpaceOnUse">"#,
        r#"<rect class="p-dark" width="6" height="6"/><circle class="p-dot" cx="3" cy="3" r="1.2"/></pattern>"#,
        r#"<pattern id="p-review" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">"#,
        r#"<rect class="p-review-ground" width="7" height="7"/><rect class="p-review-stroke" width="2.6" height="7"/></pattern>"#,
        "</defs></svg>",
    )
}
