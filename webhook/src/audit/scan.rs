//! One scan: every object of every kind that controls speak of, a page at a time.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use soc2gate_host::Place;
use soc2gate_ledger::record::Actor;
use tokio::sync::oneshot;

use super::api::Failure;
use super::discovery::{Discovery, ServedKind};
use super::drift::{Admissions, Drift};
use super::events::{Events, Regarding};
use super::judging::{Basis, BatchJudged, Judges, Remarkable};
use super::object::Fingerprint;
use super::pages::{Pages, Step};
use super::recording::ScanRecording;
use super::reports::{MANAGER, ReportApi, ReportMemory, ReportSync, scan_content};
use super::siblings;
use super::summary::ScanSummary;
use crate::cluster::Connection;
use crate::policies::PolicySnapshot;
use crate::recording::Ledger;

/// What a scan is asked to do.
#[derive(Debug, Clone)]
pub struct ScanSettings {
    /// Objects that are asked for at once.
    pub page_size: u32,
    /// Threads that judge.
    pub threads: Option<u16>,
    /// Namespaces that are left out.
    pub excluded_namespaces: Vec<String>,
    /// Kinds that are left out.
    pub excluded_kinds: Vec<String>,
    /// The most reports of each kind; none: no reports.
    pub reports: Option<u32>,
}

/// Scans a cluster, again and again, and remembers what it needs of the scan before.
pub struct Scanner {
    connection: Connection,
    settings: ScanSettings,
    ledger: Option<Arc<Ledger>>,
    admission_ledger: Option<Place>,
    actor: Actor,
    known: Arc<HashMap<Fingerprint, Fingerprint>>,
    reports: BTreeMap<String, ReportMemory>,
    admissions: Admissions,
    said_no_reports: bool,
}

/// What a scan works with.
struct Work<'a> {
    judges: Judges,
    recording: Option<ScanRecording>,
    reports: Vec<ReportSync>,
    events: Events,
    admissions: Option<&'a Admissions>,
    decided: HashMap<Fingerprint, Fingerprint>,
    digests: (String, String),
}

impl Scanner {
    /// A scanner that knows nothing yet.
    pub fn new(
        connection: Connection,
        settings: ScanSettings,
        ledger: Option<Arc<Ledger>>,
        admission_ledger: Option<Place>,
        actor: Actor,
    ) -> Self {
        Self {
            connection,
            settings,
            ledger,
            admission_ledger,
            actor,
            known: Arc::default(),
            reports: BTreeMap::new(),
            admissions: Admissions::default(),
            said_no_reports: false,
        }
    }

    /// Scans once. What goes wrong makes the scan incomplete, and hides nothing of the rest.
    pub async fn scan(
        &mut self,
        policies: &Arc<PolicySnapshot>,
        goes_on: &(dyn Fn() -> bool + Send + Sync),
    ) -> ScanSummary {
        let began = Instant::now();
        let now = Timestamp::now();
        let mut summary = ScanSummary::new(now);
        summary
            .excluded_namespaces
            .clone_from(&self.settings.excluded_namespaces);
        tracing::info!(policies = policies.digest, "a scan begins");
        let mut events = Events::new(
            self.connection.client.clone(),
            &self.connection.identity,
            now,
        );
        let recording = match &self.ledger {
            Some(ledger) => {
                let begun = ScanRecording::start(Arc::clone(ledger), Arc::clone(policies)).await;
                begun
                    .inspect_err(|error| {
                        summary.problem(format!("the ledger takes no records: {error}"));
                    })
                    .ok()
            }
            None => None,
        };
        match Discovery::ask(&self.connection.client).await {
            Ok(discovery) => {
                let at = (policies, now);
                events = self
                    .scan_kinds(
                        &discovery,
                        at,
                        (events, recording.as_ref()),
                        goes_on,
                        &mut summary,
                    )
                    .await;
            }
            Err(failure) => summary.problem(format!(
                "the kinds of the cluster could not be asked for: {}",
                failure.reason()
            )),
        }
        summary.ended = Timestamp::now();
        if let Some(recording) = recording {
            let settings = policies.gate.settings_digest();
            let body = summary.record(&policies.digest, settings);
            if let Err(error) = recording.finish(body, &self.actor).await {
                summary.problem(format!("the scan could not be recorded: {error}"));
            }
        }
        summary.took = began.elapsed();
        if !summary.is_complete() {
            let note = summary
                .problems
                .iter()
                .cloned()
                .collect::<Vec<_>>()
                .join("; ");
            let regarding = Regarding {
                api_version: "v1".to_owned(),
                kind: "Namespace".to_owned(),
                namespace: None,
                name: self.connection.namespace.clone(),
                uid: None,
            };
            events
                .warn(&regarding, "AuditIncomplete", "Scan", &note)
                .await;
        }
        summary
    }

    async fn scan_kinds(
        &mut self,
        discovery: &Discovery,
        (policies, now): (&Arc<PolicySnapshot>, Timestamp),
        (events, recording): (Events, Option<&ScanRecording>),
        goes_on: &(dyn Fn() -> bool + Send + Sync),
        summary: &mut ScanSummary,
    ) -> Events {
        let gate = &policies.gate;
        for (version, failure) in discovery.missed(gate) {
            let group = version.split_once('/').map_or("", |(group, _)| group);
            summary.unlisted.insert(format!("{group}/*"));
            summary.problem(format!(
                "the kinds of {version} could not be asked for: {}",
                failure.reason()
            ));
        }
        if gate.combines() {
            summary.problem(
                "policies that judge all documents as one list (combine) judge no cluster",
            );
        }
        if gate.reads_inventory() {
            summary.problem("templates that look at data.inventory are judged without it");
        }
        let selection = discovery.select(gate, &self.settings.excluded_kinds);
        summary.excluded_kinds.clone_from(&selection.excluded);
        if selection.scanned.is_empty() {
            summary.problem("no control speaks of any kind that the cluster has");
        }
        let client = &self.connection.client.clone();
        let beside = siblings::read(client, gate, discovery, self.settings.page_size).await;
        for (kind, reason) in beside.unread {
            summary.problem(format!(
                "{kind}, which controls look at beside objects, could not be read: {reason}"
            ));
        }
        let has_admissions = self.read_admissions().await;
        let reports = self.start_reports(discovery, now, summary).await;
        let basis = Basis {
            policies: Arc::clone(policies),
            context: beside.context,
            known: Arc::clone(&self.known),
            excluded_namespaces: self.settings.excluded_namespaces.clone(),
            reports: !reports.is_empty(),
            now,
        };
        let Ok(judges) = Judges::start(basis, self.settings.threads) else {
            summary.problem("no thread could be started");
            return events;
        };
        let mut work = Work {
            judges,
            recording: recording.cloned(),
            reports,
            events,
            admissions: has_admissions.then_some(&self.admissions),
            decided: HashMap::new(),
            digests: (policies.digest.clone(), gate.settings_digest().to_owned()),
        };
        for kind in selection.scanned {
            let kind = Arc::new(kind);
            if !goes_on() {
                let cut = Some("the scan was cut off".to_owned());
                summary.kind(&kind.resource, &BatchJudged::default(), cut);
                continue;
            }
            let pages = Pages::new(kind.path(), "", self.settings.page_size);
            work.scan_kind(client, &kind, pages, goes_on, summary).await;
        }
        let Work {
            reports,
            mut events,
            mut decided,
            ..
        } = work;
        if !summary.is_complete() {
            // What was not read again is known as it was.
            for (uid, decision) in self.known.iter() {
                decided.entry(*uid).or_insert(*decision);
            }
        }
        self.known = Arc::new(decided);
        self.finish_reports(reports, &mut events, summary).await;
        events
    }

    /// Reads what the webhook admitted; whether anybody knows.
    async fn read_admissions(&mut self) -> bool {
        let Some(place) = self.admission_ledger.clone() else {
            return false;
        };
        let mut admissions = mem::take(&mut self.admissions);
        let read = tokio::task::spawn_blocking(move || {
            let read = admissions.read(&place);
            (admissions, read)
        });
        match read.await {
            Ok((admissions, read)) => {
                self.admissions = admissions;
                if let Err(error) = read {
                    tracing::warn!(error = %error, "the ledger of the webhook could not be read: how denied objects came to exist is unknown");
                }
            }
            Err(_) => self.admissions = Admissions::default(),
        }
        true
    }

    async fn start_reports(
        &mut self,
        discovery: &Discovery,
        now: Timestamp,
        summary: &mut ScanSummary,
    ) -> Vec<ReportSync> {
        let Some(most) = self.settings.reports else {
            return Vec::new();
        };
        for (version, failure) in &discovery.unread {
            if ReportApi::is_report_version(version) {
                summary.problem(format!(
                    "reports of {version} could not be written: {}",
                    failure.reason()
                ));
            }
        }
        let apis = ReportApi::of(discovery);
        if apis.is_empty() && !mem::replace(&mut self.said_no_reports, true) {
            tracing::info!(
                "the cluster has neither policyreports.wgpolicyk8s.io/v1alpha2 nor reports.openreports.io/v1alpha1: no reports are written"
            );
        }
        let mut reports = Vec::new();
        for api in apis {
            let version = api.namespaced.api_version.clone();
            let memory = self.reports.remove(&version).unwrap_or_default();
            let client = self.connection.client.clone();
            match ReportSync::start(client, api, most, memory, now).await {
                Ok(sync) => reports.push(sync),
                Err(failure) => summary.problem(format!(
                    "reports of {version} could not be read: {}",
                    failure.reason()
                )),
            }
        }
        reports
    }

    async fn finish_reports(
        &mut self,
        reports: Vec<ReportSync>,
        events: &mut Events,
        summary: &mut ScanSummary,
    ) {
        let unlisted = summary.unlisted.clone();
        let is_unread = |resource: &str| {
            let group = resource.split_once('/').map_or("", |(group, _)| group);
            unlisted.contains(resource) || unlisted.contains(&format!("{group}/*"))
        };
        for mut sync in reports {
            let problems: Vec<String> = summary.problems.iter().cloned().collect();
            let drift: Vec<String> = summary
                .drift
                .iter()
                .map(|(drift, count)| format!("{}: {count}", drift.as_str()))
                .collect();
            let settings = [
                ("excludedNamespaces", summary.excluded_namespaces.join(", ")),
                ("excludedKinds", summary.excluded_kinds.join(", ")),
                ("drift", drift.join(", ")),
            ];
            let content = scan_content(summary.counts, &summary.sentence(), &problems, &settings);
            sync.put(None, MANAGER, &content).await;
            let version = sync.api().namespaced.api_version.clone();
            let mut synced = sync.finish(is_unread).await;
            summary.synced(&synced);
            for (kind, namespace, name) in &synced.altered_names {
                let regarding = Regarding {
                    api_version: version.clone(),
                    kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
                    namespace: namespace.clone(),
                    name: name.clone(),
                    uid: None,
                };
                let note = "somebody else changed or removed this report; soc2gate wrote it again";
                events
                    .warn(&regarding, "ReportAltered", "Restore", note)
                    .await;
            }
            self.reports.insert(version, mem::take(&mut synced.memory));
        }
    }
}

impl Work<'_> {
    /// Scans a kind: while a page is judged, the next one is fetched.
    async fn scan_kind(
        &mut self,
        client: &kube::Client,
        kind: &Arc<ServedKind>,
        mut pages: Pages,
        goes_on: &(dyn Fn() -> bool + Send + Sync),
        summary: &mut ScanSummary,
    ) {
        let mut total = BatchJudged::default();
        let mut drift = BTreeMap::new();
        let mut waiting: Vec<oneshot::Receiver<BatchJudged>> = Vec::new();
        let failure = loop {
            let before = mem::take(&mut waiting);
            let (step, judged) = tokio::join!(pages.next(client), gathered(before));
            let taken = self.take(kind, judged, &mut drift, summary).await;
            total.add(taken);
            match step {
                Ok(Step::Page(page)) if goes_on() => waiting = self.judges.submit(kind, page),
                Ok(Step::Page(_)) => break Some("the scan was cut off".to_owned()),
                Ok(Step::Restart) => {
                    tracing::info!(
                        kind = kind.resource,
                        "listed anew: the past that a page belongs to is forgotten"
                    );
                    total = BatchJudged::default();
                    drift.clear();
                }
                Ok(Step::End) => break None,
                Err(failure) => break Some(failure.reason()),
            }
        };
        if let Some(reason) = &failure {
            tracing::error!(
                kind = kind.resource,
                reason,
                "a kind could not be listed whole"
            );
        }
        summary.kind(&kind.resource, &total, failure);
        for (reason, count) in drift {
            *summary.drift.entry(reason).or_default() += count;
        }
    }

    /// Records and reports what came of a page, and gives the counts.
    async fn take(
        &mut self,
        kind: &ServedKind,
        judged: Result<BatchJudged, Failure>,
        drift: &mut BTreeMap<Drift, u64>,
        summary: &mut ScanSummary,
    ) -> BatchJudged {
        let Ok(mut judged) = judged else {
            summary.problem("objects could not be judged; please report it");
            return BatchJudged::default();
        };
        let mut records = mem::take(&mut judged.records);
        let decisions = mem::take(&mut judged.decisions);
        let of_now: HashMap<Fingerprint, Fingerprint> = decisions.iter().copied().collect();
        // A kind that is listed anew gives the same decisions again.
        records.retain(|(uid, _)| self.decided.get(uid) != of_now.get(uid));
        let count = u64::try_from(records.len()).unwrap_or(u64::MAX);
        let submissions: Vec<_> = records
            .into_iter()
            .flat_map(|(_, records)| records)
            .collect();
        let recorded = match &self.recording {
            Some(recording) if !submissions.is_empty() => recording.append(submissions).await,
            _ => Ok(()),
        };
        match recorded {
            Ok(()) => {
                if self.recording.is_some() {
                    summary.recorded += count;
                }
                self.decided.extend(decisions);
            }
            Err(error) => summary.problem(format!("decisions could not be recorded: {error}")),
        }
        for remarkable in mem::take(&mut judged.remarkable) {
            self.report(kind, remarkable, drift).await;
        }
        judged
    }

    async fn report(
        &mut self,
        kind: &ServedKind,
        object: Remarkable,
        drift: &mut BTreeMap<Drift, u64>,
    ) {
        let (policies, settings) = &self.digests;
        let reason = object
            .denied
            .as_ref()
            .zip(self.admissions)
            .map(|(denied, admissions)| admissions.explain(denied, policies, settings));
        if let Some(reason) = reason {
            *drift.entry(reason).or_default() += 1;
        }
        if let Some(reason @ (Drift::Bypassed | Drift::Altered)) = reason
            && object.is_new
        {
            let regarding = Regarding {
                api_version: kind.api_version.clone(),
                kind: kind.kind.clone(),
                namespace: object.names.namespace.clone(),
                name: object.names.name.clone(),
                uid: Some(object.names.uid.clone()),
            };
            let note = format!(
                "it is denied, and not as anything was admitted: {}",
                reason.as_str()
            );
            self.events
                .warn(&regarding, "PolicyDrift", "Audit", &note)
                .await;
        }
        let name = format!("soc2gate-{}", object.names.uid);
        for sync in &mut self.reports {
            let content = object.findings.content(sync.api(), &object.names, reason);
            let namespace = object.names.namespace.as_deref();
            sync.put(namespace, &name, &content).await;
        }
    }
}

/// What came of all batches of a page.
async fn gathered(waiting: Vec<oneshot::Receiver<BatchJudged>>) -> Result<BatchJudged, Failure> {
    let mut all = BatchJudged::default();
    for receiver in waiting {
        all.add(receiver.await.map_err(|_| Failure::Unreadable)?);
    }
    Ok(all)
}
