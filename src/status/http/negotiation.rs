//! Negotiates the format of metrics by the `Accept` header (RFC 9110, 12.5.1).

use crate::status::metrics::Format as MetricsFormat;

/// Returns OpenMetrics if the `Accept` header prefers it or ranks it equal to text. Several headers are joined by commas.
pub(super) fn metrics_format(accept: &str) -> MetricsFormat {
    let (mut open_metrics, mut text) = (0.0_f64, 0.0_f64);
    for range in accept.split(',').filter_map(Range::parse) {
        match range.media_type.as_str() {
            "application/openmetrics-text" if range.is_supported => open_metrics = open_metrics.max(range.quality),
            "text/plain" | "text/*" | "*/*" => text = text.max(range.quality),
            _ => {}
        }
    }
    if open_metrics > 0.0 && open_metrics >= text { MetricsFormat::OpenMetrics } else { MetricsFormat::Prometheus }
}

/// An entry of the header.
struct Range {
    media_type: String,
    quality: f64,
    /// Whether its version is absent or supported. 0.0.1 was the draft of OpenMetrics.
    is_supported: bool,
}

impl Range {
    /// Returns `None` if the weight is not a number, which leads to the older format.
    fn parse(entry: &str) -> Option<Self> {
        let mut parts = entry.split(';').map(str::trim);
        let media_type = parts.next()?.to_ascii_lowercase();
        let mut range = Self { media_type, quality: 1.0, is_supported: true };
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => range.quality = value.parse().ok().filter(|quality| (0.0..=1.0).contains(quality))?,
                "version" => range.is_supported = matches!(value, "1.0.0" | "0.0.1"),
                _ => {}
            }
        }
        Some(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_metrics_is_used_if_ranked_at_least_equal_to_text() {
        use MetricsFormat::{OpenMetrics, Prometheus};
        for (accept, wanted) in [
            ("", Prometheus),
            ("*/*", Prometheus),
            ("text/plain", Prometheus),
            ("application/json", Prometheus),
            ("application/openmetrics-text", OpenMetrics),
            ("Application/OpenMetrics-Text ; Version=\"1.0.0\"", OpenMetrics),
            ("application/openmetrics-text;version=0.0.1", OpenMetrics),
            ("application/openmetrics-text; version=2.0.0", Prometheus),
            ("application/openmetrics-text;q=0", Prometheus),
            ("application/openmetrics-text;q=0.000,*/*;q=0.1", Prometheus),
            ("application/openmetrics-text;q=0.5,text/plain;q=0.5", OpenMetrics),
            ("text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.1", Prometheus),
            ("application/openmetrics-text;q=0.5, text/*;q=0.6", Prometheus),
            ("application/openmetrics-text;q=0.5, */*", Prometheus),
            (
                "application/openmetrics-text;q=0.2,application/openmetrics-text;version=1.0.0,text/plain;q=0.9",
                OpenMetrics,
            ),
            ("application/openmetrics-text;q=nonsense", Prometheus),
            ("application/openmetrics-text;q=7", Prometheus),
            ("application/openmetrics-textual, text/html, text/openmetrics", Prometheus),
            // Prometheus 2.26, 2.50, 3.0 and 3.4 with its native histograms; then Grafana Agent's, VictoriaMetrics'.
            ("application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", OpenMetrics),
            (
                "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
                 text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                OpenMetrics,
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                 application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,\
                 text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                OpenMetrics,
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
                 application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                 application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,\
                 text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                OpenMetrics,
            ),
            ("text/plain;version=0.0.4;q=1,*/*;q=0.1", Prometheus),
        ] {
            assert_eq!(metrics_format(accept), wanted, "{accept}");
        }
    }
}
