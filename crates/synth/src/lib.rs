//! Synthetic families with ground truth, agency extracts and planted errors
