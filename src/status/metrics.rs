//! The report as metrics, in both text formats that Prometheus reads.

use std::{
    collections::HashSet,
    fmt::{self, Write as _},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, text::encode},
    metrics::{MetricType, exemplar::Exemplar},
    registry::Registry,
};

use super::{
    durations::DURATION_BOUNDS,
    process::Process,
    report::{CredentialReport, Report},
};

/// A text format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// The text format 0.0.4, which every Prometheus version reads.
    Prometheus,
    /// OpenMetrics 1.0, which differs in the metadata of counters and in its last line.
    OpenMetrics,
}

impl Format {
    /// Returns the `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Returns all metrics as text. Nothing is counted here: every number comes from the report, so the series of a removed
/// credential disappear.
pub fn metrics(report: Arc<Report>, process: Process, format: Format) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Exposition { report, process }));
    let mut text = String::new();
    // Writing to a string cannot fail, and all names are fixed.
    let _ = encode(&mut text, &registry);
    match format {
        Format::OpenMetrics => text,
        Format::Prometheus => as_prometheus(&text),
    }
}

#[derive(Debug)]
struct Exposition {
    report: Arc<Report>,
    process: Process,
}

impl Collector for Exposition {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Self { report, process } = self;
        let mut families = Families(encoder);
        families.of_credentials(&report.credentials)?;
        families.of_exchanges(report)?;
        families.of_daemon(report)?;
        families.of_process(process, report.started_at)
    }
}

type Time = fn(&CredentialReport) -> Option<SystemTime>;
type Counts = fn(&CredentialReport) -> Vec<(&'static str, u64)>;

struct Families<'a>(DescriptorEncoder<'a>);

impl Families<'_> {
    fn of_credentials(&mut self, credentials: &[CredentialReport]) -> fmt::Result {
        let times: [(&str, &str, Time); 4] = [
            (
                "tokenwell_session_expiry_timestamp_seconds",
                "When the session on disk expires, or the newest one that could not be written, in seconds since 1970.",
                |credential| credential.expires_at,
            ),
            (
                "tokenwell_next_renewal_timestamp_seconds",
                "When the next exchange is planned, in seconds since 1970.",
                |credential| credential.next_exchange_at,
            ),
            (
                "tokenwell_last_success_timestamp_seconds",
                "When the last session was granted, in seconds since 1970.",
                |credential| credential.last_success_at,
            ),
            (
                "tokenwell_refresh_token_expiry_timestamp_seconds",
                "When the refresh token that is presented expires, in seconds since 1970.",
                |credential| credential.refresh_token_expires_at,
            ),
        ];
        for (name, help, time) in times {
            let mut family = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for credential in credentials {
                if let Some(time) = time(credential) {
                    let labels = [("credential", credential.name.as_str())];
                    family.encode_family(&labels)?.encode_gauge(&seconds(time))?;
                }
            }
        }
        let help = "The length of the session's token, in bytes.";
        let mut family = self.0.encode_descriptor("tokenwell_token_bytes", help, None, MetricType::Gauge)?;
        for credential in credentials {
            if let Some(bytes) = credential.token_bytes {
                let labels = [("credential", credential.name.as_str())];
                family.encode_family(&labels)?.encode_gauge(&(bytes as u64))?;
            }
        }
        let counters: [(&str, &str, Counts); 3] = [
            ("tokenwell_exchanges", "Exchanges of an access key for a session, by outcome.", |credential| {
                credential.outcomes.iter().map(|(result, count)| (result.word(), *count)).collect()
            }),
            ("tokenwell_publishes", "Writes of single files, by outcome.", |credential| {
                credential.publishes.iter().map(|(result, count)| (result.word(), *count)).collect()
            }),
            ("tokenwell_hooks", "Runs of hooks, by outcome.", of_all_hooks),
        ];
        for (name, help, counts) in counters {
            let mut family = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
            for credential in credentials {
                for (outcome, count) in counts(credential) {
                    let labels = [("credential", credential.name.as_str()), ("outcome", outcome)];
                    family.encode_family(&labels)?.encode_counter(&count, NO_EXEMPLAR)?;
                }
            }
        }
        Ok(())
    }

    fn of_exchanges(&mut self, report: &Report) -> fmt::Result {
        let durations = &report.exchange_durations;
        let buckets: Vec<(f64, u64)> = DURATION_BOUNDS
            .into_iter()
            .chain([f64::INFINITY])
            .zip(durations.counts.into_iter().chain([durations.longer]))
            .collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        let help = "How long exchanges took, in seconds.";
        self.0
            .encode_descriptor("tokenwell_exchange_duration_seconds", help, None, MetricType::Histogram)?
            .encode_histogram::<[(&str, &str); 0]>(durations.sum.as_secs_f64(), count, &buckets, None)
    }

    fn of_daemon(&mut self, report: &Report) -> fmt::Result {
        let ready = u64::from(report.ready);
        self.gauge("tokenwell_ready", "Whether every required token is on disk and valid.", Some(ready))?;
        let help = "How far the server's clock is ahead of this machine's, in seconds.";
        self.gauge("tokenwell_clock_skew_seconds", help, report.clock_skew)?;
        let help = "Configurations that were read after the first, by outcome.";
        let mut family = self.0.encode_descriptor("tokenwell_config_reloads", help, None, MetricType::Counter)?;
        let configuration = &report.configuration;
        for (outcome, count) in [("applied", configuration.applied), ("refused", configuration.refusals)] {
            family.encode_family(&[("outcome", outcome)])?.encode_counter(&count, NO_EXEMPLAR)?;
        }
        let help =
            "Whether the newest configuration is in force: 0 if it was refused and the previous one stays in force.";
        let in_force = u64::from(configuration.refused.is_none());
        self.gauge("tokenwell_config_last_reload_successful", help, Some(in_force))?;
        let help = "Log lines that were dropped, because standard error was not read or could not be written.";
        self.0
            .encode_descriptor("tokenwell_log_lines_suppressed", help, None, MetricType::Counter)?
            .encode_counter(&report.log_lines_suppressed, NO_EXEMPLAR)?;
        let help = "The running version of tokenwell and where it runs; always 1.";
        let mut family = self.0.encode_descriptor("tokenwell_build_info", help, None, MetricType::Gauge)?;
        let mut labels = vec![("version", report.program_version.as_ref())];
        labels.extend(report.identity.known());
        family.encode_family(&labels)?.encode_gauge(&1_u64)
    }

    /// Encodes the metrics of the process. If `/proc` hides the boot time, the daemon's start replaces the process start.
    fn of_process(&mut self, process: &Process, daemon_started: SystemTime) -> fmt::Result {
        if let Some(cpu) = process.cpu_seconds {
            let help = "Processor time spent in user and in system mode, in seconds.";
            self.0
                .encode_descriptor("process_cpu_seconds", help, None, MetricType::Counter)?
                .encode_counter(&cpu, NO_EXEMPLAR)?;
        }
        let help = "When the process started, in seconds since 1970.";
        self.gauge(
            "process_start_time_seconds",
            help,
            process.start_seconds.or_else(|| Some(seconds(daemon_started).floor())),
        )?;
        self.gauge("process_resident_memory_bytes", "Resident memory, in bytes.", process.resident_bytes)?;
        let help = "Virtual memory, in bytes.";
        self.gauge("process_virtual_memory_bytes", help, process.virtual_bytes)?;
        self.gauge("process_threads", "Threads of the process.", process.threads)?;
        self.gauge("process_open_fds", "Open file descriptors.", process.open_descriptors)?;
        self.gauge("process_max_fds", "The limit on open file descriptors.", process.descriptors_max)
    }

    /// Encodes a gauge without labels, or nothing if the value is unknown.
    fn gauge<V: prometheus_client::encoding::EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        value: Option<V>,
    ) -> fmt::Result {
        let Some(value) = value else { return Ok(()) };
        self.0.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)
    }
}

/// Returns the summed counts of all hooks of a credential; empty without hooks.
fn of_all_hooks(credential: &CredentialReport) -> Vec<(&'static str, u64)> {
    let mut sums: Vec<(&'static str, u64)> = Vec::new();
    for (result, count) in credential.hooks.iter().flat_map(|hook| &hook.outcomes) {
        match sums.iter_mut().find(|(known, _)| *known == result.word()) {
            Some((_, sum)) => *sum += count,
            None => sums.push((result.word(), *count)),
        }
    }
    sums
}

fn seconds(time: SystemTime) -> f64 {
    // In milliseconds, as in the JSON: finer digits only reflect the time between two readings of the clock.
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_secs_f64() * 1000.0).round() / 1000.0
}

/// Converts OpenMetrics to the older format, in which a counter's metadata has the name of its samples, and which has no
/// last line.
fn as_prometheus(open_metrics: &str) -> String {
    let counters: HashSet<&str> =
        open_metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut text = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines().filter(|line| *line != "# EOF") {
        let mut words = line.splitn(4, ' ');
        let _ = match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some(what), Some(name), Some(rest)) if counters.contains(name) => {
                writeln!(text, "# {what} {name}_total {rest}")
            }
            _ => writeln!(text, "{line}"),
        };
    }
    text
}

const NO_EXEMPLAR: Option<&Exemplar<[(&str, &str); 0], u64>> = None;
