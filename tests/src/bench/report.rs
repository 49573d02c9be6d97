//! Measurements, as they pass from a child process to its parent, and as people read them.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

/// What was measured, with one value for each run.
#[derive(Debug)]
pub(super) struct Measurement {
    pub(super) name: String,
    pub(super) unit: Unit,
    pub(super) values: Vec<f64>,
    /// The value not to be exceeded; of a throughput, the least.
    pub(super) target: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Nanos,
    Bytes,
    PerSecond,
    /// More is better: its target is the least there is to be.
    BytesPerSecond,
    Ratio,
}

impl Unit {
    const ALL: [Self; 5] = [
        Self::Nanos,
        Self::Bytes,
        Self::PerSecond,
        Self::BytesPerSecond,
        Self::Ratio,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Nanos => "nanos",
            Self::Bytes => "bytes",
            Self::PerSecond => "per-second",
            Self::BytesPerSecond => "bytes-per-second",
            Self::Ratio => "ratio",
        }
    }

    fn show(self, value: f64) -> String {
        match self {
            Self::Nanos if value < 1e3 => format!("{value:.1} ns"),
            Self::Nanos if value < 1e6 => format!("{:.2} µs", value / 1e3),
            Self::Nanos if value < 1e9 => format!("{:.2} ms", value / 1e6),
            Self::Nanos => format!("{:.2} s", value / 1e9),
            Self::Bytes => format!("{:.1} MiB", value / (1024.0 * 1024.0)),
            Self::PerSecond => format!("{value:.0} /s"),
            Self::BytesPerSecond => format!("{:.0} MB/s", value / 1e6),
            Self::Ratio => format!("{value:.2} x"),
        }
    }
}

impl Measurement {
    pub(super) fn new(name: impl Into<String>, unit: Unit, values: Vec<f64>) -> Self {
        Self {
            name: name.into(),
            unit,
            values,
            target: None,
        }
    }

    pub(super) fn with_target(self, target: f64) -> Self {
        Self {
            target: Some(target),
            ..self
        }
    }

    pub(super) fn to_line(&self) -> String {
        let values: Vec<String> = self.values.iter().map(ToString::to_string).collect();
        let target = self.target.map(|target| target.to_string());
        [
            self.name.as_str(),
            self.unit.as_str(),
            target.as_deref().unwrap_or_default(),
            &values.join(" "),
        ]
        .join("\t")
    }

    pub(super) fn parse(line: &str) -> Result<Self> {
        let [name, unit, target, values] = line.split('\t').collect::<Vec<_>>()[..] else {
            bail!("failed to read the measurement `{line}`: expected four fields");
        };
        let number = |text: &str| {
            text.parse::<f64>()
                .with_context(|| format!("failed to read the number `{text}`"))
        };
        Ok(Self {
            name: name.to_owned(),
            unit: Unit::ALL
                .into_iter()
                .find(|known| known.as_str() == unit)
                .with_context(|| format!("failed to read the unit `{unit}`"))?,
            values: values.split(' ').map(number).collect::<Result<_>>()?,
            target: (!target.is_empty()).then(|| number(target)).transpose()?,
        })
    }

    /// Name, median, least, greatest, target.
    fn cells(&self) -> [String; 5] {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        let show =
            |value: Option<&f64>| value.map_or_else(String::new, |value| self.unit.show(*value));
        let is_spread = sorted.len() > 1;
        [
            self.name.clone(),
            show(sorted.get(sorted.len() / 2)),
            show(sorted.first().filter(|_| is_spread)),
            show(sorted.last().filter(|_| is_spread)),
            self.target.map_or_else(String::new, |target| {
                let relation = if self.unit == Unit::BytesPerSecond {
                    ">"
                } else {
                    "<"
                };
                format!("{relation} {}", self.unit.show(target))
            }),
        ]
    }
}

/// An aligned table with a line for each measurement.
pub(super) fn table(measurements: &[Measurement]) -> String {
    let heads = ["", "median", "min", "max", "target"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(heads)
        .chain(measurements.iter().map(Measurement::cells))
        .collect();
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in &rows {
        let [name, figures @ ..] = row;
        let mut line = format!("  {name:0$}", widths[0]);
        for (width, cell) in widths[1..].iter().zip(figures) {
            write!(line, "  {cell:>width$}").expect("a string takes all that is written");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
