//! Which lines and rules the Rego tests of a run reach.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;
use soc2gate_engine::FileCoverage;

/// The coverage of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Coverage {
    /// Lines that a test reached.
    covered: usize,
    /// Lines with an expression.
    lines: usize,
    /// The share of lines that a test reached, in percent.
    percent: f64,
    /// The least share that is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<u8>,
    files: Vec<FileCoverage>,
}

impl Coverage {
    pub(super) fn new(mut files: Vec<FileCoverage>, threshold: Option<u8>) -> Self {
        files.sort_by(|a, b| a.file.cmp(&b.file));
        let covered: usize = files.iter().map(|file| file.covered.len()).sum();
        let missed: usize = files.iter().map(|file| file.missed.len()).sum();
        let lines = covered.saturating_add(missed);
        Self {
            covered,
            lines,
            percent: percent(covered, lines),
            threshold,
            files,
        }
    }

    /// Whether it is less than what is wanted.
    pub(super) fn falls_short(&self) -> bool {
        self.threshold
            .is_some_and(|threshold| self.percent < f64::from(threshold))
    }

    /// The coverage as text: the whole, then each file with something that no test reached.
    pub(super) fn text(&self) -> String {
        let rules = self.files.iter().flat_map(|file| &file.rules);
        let (mut all, mut reached) = (0, 0);
        for rule in rules {
            all += 1;
            reached += usize::from(rule.covered > 0 || rule.lines == 0);
        }
        let mut text = format!(
            "coverage: {:.1} % of lines ({} of {}), {reached} of {all} rules\n",
            self.percent, self.covered, self.lines
        );
        for file in self.files.iter().filter(|file| !file.missed.is_empty()) {
            let lines = file.covered.len().saturating_add(file.missed.len());
            let _ = writeln!(
                text,
                "  {}  {:.1} %, not reached: {} {}",
                file.file,
                percent(file.covered.len(), lines),
                if file.missed.len() == 1 {
                    "line"
                } else {
                    "lines"
                },
                ranges(&file.missed)
            );
            for rule in file.rules.iter().filter(|rule| rule.covered < rule.lines) {
                let _ = writeln!(
                    text,
                    "    {} (line {}): {} of {} lines",
                    rule.name, rule.line, rule.covered, rule.lines
                );
            }
        }
        if let Some(threshold) = self.threshold.filter(|_| self.falls_short()) {
            let _ = writeln!(text, "  less than the {threshold} % that are wanted");
        }
        text
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        return 100.0;
    }
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    number(part) * 100.0 / number(whole)
}

/// `3, 5-7`.
fn ranges(lines: &BTreeSet<u32>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for line in lines {
        match ranges.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(*line) => *end = *line,
            _ => ranges.push((*line, *line)),
        }
    }
    let text = ranges.iter().map(|(start, end)| {
        if start == end {
            start.to_string()
        } else {
            format!("{start}-{end}")
        }
    });
    text.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_named_in_ranges() {
        assert_eq!(ranges(&BTreeSet::from([3, 5, 6, 7, 9])), "3, 5-7, 9");
    }

    #[test]
    fn a_threshold_is_met_by_as_much_and_not_by_less() {
        let file = FileCoverage {
            covered: BTreeSet::from([1, 2, 3]),
            missed: BTreeSet::from([4]),
            ..FileCoverage::default()
        };
        let falls_short =
            |threshold| Coverage::new(vec![file.clone()], Some(threshold)).falls_short();
        assert!(!falls_short(75) && falls_short(76));
        assert!(!Coverage::new(Vec::new(), Some(100)).falls_short());
    }
}
