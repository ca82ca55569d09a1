//! The objects that controls read beside the one that they judge: of few kinds, and bounded.

use kube::Client;
use serde_json::Value;
use soc2gate_engine::{Context, Gate, Siblings, SubjectKind};

use super::api::Failure;
use super::discovery::Discovery;
use super::object::parse;
use super::pages::{Pages, Step};

/// The most bytes of the siblings of a kind, in JSON without `managedFields`.
const MOST_BYTES: usize = 24 * 1024 * 1024;

/// What was read of siblings.
pub struct SiblingsRead {
    /// What controls may read.
    pub context: Context,
    /// Types that could not be read, and why: controls that look at them do not know.
    pub unread: Vec<(String, String)>,
}

/// Reads the kinds that controls name as context.
pub async fn read(
    client: &Client,
    gate: &Gate,
    discovery: &Discovery,
    page_size: u32,
) -> SiblingsRead {
    let mut siblings = Siblings::new();
    let mut unread = Vec::new();
    for resource in gate.context_resources(SubjectKind::Kubernetes) {
        match of_kind(client, discovery, resource, page_size).await {
            Ok(documents) => {
                // A type without documents has none, which is another thing than one that could not be read.
                let namespaces = siblings.entry(resource.to_owned()).or_default();
                for document in documents {
                    let namespace = document.pointer("/metadata/namespace");
                    let namespace = namespace.and_then(Value::as_str).unwrap_or("default");
                    let namespace = namespace.to_owned();
                    namespaces.entry(namespace).or_default().push(document);
                }
            }
            Err(reason) => unread.push((resource.to_owned(), reason)),
        }
    }
    SiblingsRead {
        context: Context::new(&siblings),
        unread,
    }
}

async fn of_kind(
    client: &Client,
    discovery: &Discovery,
    resource: &str,
    page_size: u32,
) -> Result<Vec<Value>, String> {
    let Some(kind) = discovery.kinds.get(resource) else {
        let group = resource.split_once('/').map_or("", |(group, _)| group);
        let is_of_group = |version: &str| version.split_once('/').map_or("", |(of, _)| of) == group;
        let unread = discovery.unread.iter();
        let failure = unread.map(|(version, failure)| (version, failure));
        return match failure
            .into_iter()
            .find(|(version, _)| is_of_group(version))
        {
            Some((_, failure)) => Err(failure.reason()),
            // The cluster has no such kind, and so no object of it.
            None => Ok(Vec::new()),
        };
    };
    let mut documents = Vec::new();
    let mut bytes = 0;
    let mut pages = Pages::new(kind.path(), "", page_size);
    loop {
        match pages.next(client).await.map_err(Failure::reason)? {
            Step::Page(page) => {
                for raw in page {
                    let mut document = parse(&raw, kind).map_err(str::to_owned)?;
                    if let Some(Value::Object(metadata)) = document.get_mut("metadata") {
                        bytes += raw.get().len();
                        if let Some(removed) = metadata.remove("managedFields") {
                            bytes = bytes.saturating_sub(removed.to_string().len());
                        }
                    }
                    documents.push(document);
                }
                if bytes > MOST_BYTES {
                    return Err("more of them than are kept in memory".to_owned());
                }
            }
            Step::Restart => {
                documents.clear();
                bytes = 0;
            }
            Step::End => return Ok(documents),
        }
    }
}
