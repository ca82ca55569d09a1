//! Reports as they should be: what differs is written, what is no more is removed, and what others changed is said.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use kube::Client;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::super::api::{self, Content, Failure};
use super::super::object::{Fingerprint, fingerprint};
use super::super::pages::{Pages, Step};
use super::api::ReportApi;
use super::content::{content_fingerprint, document};
use super::{MANAGER, MANAGER_LABEL};

/// Requests that are on their way at once.
const AT_ONCE: usize = 8;
/// The most reports that are named as changed by others.
const NAMED: usize = 20;

/// What was written before, by place: what stands there now and differs was changed by others.
pub type ReportMemory = HashMap<Fingerprint, Fingerprint>;

/// A report that is there.
struct Existing {
    namespace: Option<Box<str>>,
    name: Box<str>,
    /// The type of the object that it is about; empty where it is about none.
    resource: Box<str>,
    content: Fingerprint,
    /// Whether others wrote it.
    is_foreign: bool,
}

/// What came of a scan's reports.
#[derive(Debug, Default)]
pub struct Synced {
    /// Reports that were written.
    pub written: u64,
    /// Reports that were removed.
    pub removed: u64,
    /// Reports that are as they should be.
    pub unchanged: u64,
    /// Reports that others had changed or removed.
    pub altered: u64,
    /// Some of them: kind, namespace and name.
    pub altered_names: Vec<(String, Option<String>, String)>,
    /// Reports that are left out, since there are too many.
    pub left_out: u64,
    /// What went wrong, each once.
    pub problems: BTreeSet<String>,
    /// What stands in the cluster now. Nothing where that is not sure.
    pub memory: ReportMemory,
}

/// The reports of a group while a scan goes on.
pub struct ReportSync {
    client: Client,
    api: ReportApi,
    most: u64,
    now: Timestamp,
    existing: HashMap<Fingerprint, Existing>,
    slots: Arc<Semaphore>,
    tasks: JoinSet<Result<(), Failure>>,
    count: u64,
    before: ReportMemory,
    synced: Synced,
}

impl ReportSync {
    /// Reads which reports of ours there are.
    pub async fn start(
        client: Client,
        api: ReportApi,
        most: u32,
        before: ReportMemory,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let mut existing = HashMap::new();
        let query = format!(
            "labelSelector={}",
            api::encoded(&format!("{MANAGER_LABEL}={MANAGER}"))
        );
        for kind in [&api.namespaced, &api.cluster] {
            let mut pages = Pages::new(kind.path(), query.clone(), 500);
            loop {
                match pages.next(&client).await? {
                    Step::Page(page) => {
                        for raw in page {
                            let report: Value =
                                serde_json::from_str(raw.get()).map_err(|_| Failure::Unreadable)?;
                            if let Some((key, found)) = Existing::of(&report) {
                                existing.insert(key, found);
                            }
                        }
                    }
                    // What is there twice replaces itself.
                    Step::Restart => {}
                    Step::End => break,
                }
            }
        }
        Ok(Self {
            client,
            api,
            most: u64::from(most),
            now,
            existing,
            slots: Arc::new(Semaphore::new(AT_ONCE)),
            tasks: JoinSet::new(),
            count: 0,
            before,
            synced: Synced::default(),
        })
    }

    /// The group.
    pub fn api(&self) -> &ReportApi {
        &self.api
    }

    /// Makes a report as it should be.
    pub async fn put(&mut self, namespace: Option<&str>, name: &str, content: &Value) {
        let key = key(namespace, name);
        let wanted = content_fingerprint(content);
        // A kind whose list begins anew gives the same again.
        if self.synced.memory.get(&key) == Some(&wanted) {
            return;
        }
        self.count += 1;
        if self.count > self.most {
            // One that is there is removed: what it says holds no longer.
            self.synced.left_out += 1;
            return;
        }
        let remembered = self.before.get(&key).copied();
        self.synced.memory.insert(key, wanted);
        let found = self.existing.remove(&key);
        if found.as_ref().is_some_and(|found| found.content == wanted) {
            self.synced.unchanged += 1;
            return;
        }
        let is_altered = match (&found, remembered) {
            (Some(found), Some(before)) => before != found.content,
            (Some(found), None) => found.is_foreign,
            (None, before) => before.is_some_and(|before| before == wanted),
        };
        let kind = self.api.kind(namespace);
        if is_altered {
            self.synced.altered += 1;
            tracing::warn!(
                kind = kind.resource,
                namespace = namespace.unwrap_or_default(),
                name,
                "a report was changed or removed by others; it is written again"
            );
            if self.synced.altered_names.len() < NAMED {
                let at = (
                    kind.resource.clone(),
                    namespace.map(str::to_owned),
                    name.to_owned(),
                );
                self.synced.altered_names.push(at);
            }
        }
        let place = (namespace, name);
        let document = document(content, (&kind.api_version, &kind.kind), place, self.now);
        let path = format!(
            "{}/{name}?fieldManager={MANAGER}&force=true",
            kind.path_in(namespace)
        );
        let content = Content {
            media_type: "application/apply-patch+yaml",
            bytes: document.to_string().into_bytes(),
        };
        self.synced.written += 1;
        self.send(Method::PATCH, path, Some(content)).await;
    }

    /// Removes what is no more. Of kinds of object that were not read whole nobody knows.
    pub async fn finish(mut self, unread: impl Fn(&str) -> bool) -> Synced {
        let rest = std::mem::take(&mut self.existing);
        for (key, report) in rest {
            if unread(&report.resource) {
                self.synced.memory.insert(key, report.content);
                continue;
            }
            let namespace = report.namespace.as_deref();
            let path = self.api.kind(namespace).path_in(namespace);
            self.synced.removed += 1;
            let path = format!("{path}/{}", report.name);
            self.send(Method::DELETE, path, None).await;
        }
        while let Some(done) = self.tasks.join_next().await {
            self.took(&done);
        }
        if !self.synced.problems.is_empty() {
            self.synced.memory.clear();
        }
        self.synced
    }

    async fn send(&mut self, method: Method, path: String, content: Option<Content>) {
        // The slots are never closed.
        let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await else {
            return;
        };
        while let Some(done) = self.tasks.try_join_next() {
            self.took(&done);
        }
        let client = self.client.clone();
        self.tasks.spawn(async move {
            let answer = api::request(&client, method, &path, content.as_ref()).await;
            drop(slot);
            answer.map(|_| ())
        });
    }

    fn took(&mut self, done: &Result<Result<(), Failure>, tokio::task::JoinError>) {
        let failure = match done {
            // What it is about, or its namespace, went meanwhile.
            Ok(Ok(()) | Err(Failure::Status(StatusCode::NOT_FOUND))) => return,
            Ok(Err(failure)) => failure.reason(),
            Err(_) => "a request ended unexpectedly".to_owned(),
        };
        let kind = &self.api.namespaced.resource;
        let problem = format!("reports ({kind}) could not be written: {failure}");
        self.synced.problems.insert(problem);
    }
}

impl Existing {
    fn of(report: &Value) -> Option<(Fingerprint, Self)> {
        let metadata = report.get("metadata")?;
        let text = |value: &Value, key: &str| {
            let text = value.get(key).and_then(Value::as_str);
            text.map(Box::<str>::from)
        };
        let name = text(metadata, "name")?;
        let namespace = text(metadata, "namespace");
        let managers = metadata.get("managedFields").and_then(Value::as_array);
        let is_foreign =
            |entry: &Value| entry.get("manager").and_then(Value::as_str) != Some(MANAGER);
        let scope = report.get("scope").unwrap_or(&Value::Null);
        let version = text(scope, "apiVersion").unwrap_or_default();
        let kind = text(scope, "kind").unwrap_or_default();
        let resource = match version.split_once('/') {
            Some((group, _)) => format!("{group}/{kind}"),
            None => kind.to_string(),
        };
        let found = Self {
            content: content_fingerprint(report),
            is_foreign: managers.into_iter().flatten().any(is_foreign),
            resource: resource.into(),
            namespace,
            name,
        };
        Some((key(found.namespace.as_deref(), &found.name), found))
    }
}

fn key(namespace: Option<&str>, name: &str) -> Fingerprint {
    fingerprint(&[namespace.unwrap_or_default().as_bytes(), name.as_bytes()])
}
