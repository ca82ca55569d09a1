//! The digest of a policy set: of what policies say, of what they are given beside a subject, and of how they are read,
//! and not of where they lie, since the same folder may be named in several ways.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::library::hex_digest;
use crate::plain::LoadOptions;
use crate::rego::RegoVersion;

/// What the digest is of, written as JSON: fields in the order of their names, without white space. Two sets that are
/// written alike give the same verdicts.
#[derive(Serialize)]
struct PolicySetForm<'a> {
    /// Whether plain policies judge all documents as one list.
    combine: bool,
    /// YAML files of templates and constraints.
    constraints: BTreeSet<String>,
    /// Rego files that controls are evaluated with.
    controls: BTreeSet<String>,
    /// What plain policies find below `data`, of all bundles and files together.
    data: &'a Value,
    /// The packages of plain policies to judge by; all where there is none.
    namespaces: BTreeSet<&'a str>,
    /// Rego files that plain policies are evaluated with, and the version of Rego that a bundle names for one.
    plain: BTreeMap<String, BTreeSet<Option<&'static str>>>,
    /// The version of Rego that was asked for.
    rego_version: Option<&'static str>,
}

/// The texts that a library was loaded from; what was left out has no part.
pub(crate) struct LoadedTexts<'a> {
    pub(crate) controls: Vec<&'a str>,
    pub(crate) plain: Vec<(&'a str, Option<RegoVersion>)>,
    pub(crate) constraints: Vec<&'a str>,
}

/// `sha256:` and the digest of a policy set.
pub(crate) fn policy_digest(texts: &LoadedTexts<'_>, options: &LoadOptions) -> String {
    let data = options.data.to_value();
    let mut plain: BTreeMap<String, BTreeSet<Option<&'static str>>> = BTreeMap::new();
    for (text, version) in &texts.plain {
        let versions = plain.entry(digest(text)).or_default();
        versions.insert(version.map(name));
    }
    let form = PolicySetForm {
        combine: options.combine,
        constraints: texts.constraints.iter().map(|text| digest(text)).collect(),
        controls: texts.controls.iter().map(|text| digest(text)).collect(),
        data: &data,
        namespaces: options.namespaces.iter().map(String::as_str).collect(),
        plain,
        rego_version: options.rego_version.map(name),
    };
    let mut hasher = Sha256::new();
    // Every key is a text, so it can always be written.
    hasher.update(serde_json::to_vec(&form).unwrap_or_default());
    hex_digest(hasher)
}

fn name(version: RegoVersion) -> &'static str {
    match version {
        RegoVersion::V0 => "v0",
        RegoVersion::V1 => "v1",
    }
}

fn digest(text: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(text);
    hex_digest(hasher)
}
