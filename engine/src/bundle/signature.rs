//! The signature of a bundle, `.signatures.json` (OPA documentation, "Signing" of bundles): a signed token that lists
//! every file with its digest.

use std::collections::BTreeMap;
use std::fmt;

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::Deserialize;
use serde_json::Value;

use super::archive::{BundleFiles, normal};
use super::hash::digest;
use crate::crypto::jws::{Header, Token};
use crate::{Selector, SigningAlgorithm, verify_jws};

/// How signatures are named, at the root of a bundle.
pub(super) const NAME: &str = ".signatures.json";

/// What the signature of a bundle must be.
#[derive(Clone)]
pub struct BundleVerification {
    /// A public key or a certificate in PEM, or a secret where the algorithm is `HS256`, `HS384` or `HS512`.
    pub key: String,
    /// The name that the signature gives to its key, where it gives one; None: any.
    pub key_id: Option<String>,
    /// The one algorithm that is trusted.
    pub algorithm: SigningAlgorithm,
    /// The scope that the signature is for; empty: none.
    pub scope: String,
    /// Files that need not be signed, by their paths in the bundle.
    pub exclude: Vec<Selector>,
}

impl fmt::Debug for BundleVerification {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key may be a secret.
        formatter
            .debug_struct("BundleVerification")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// Why a signature does not hold; names the file that is wrong where there is one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Distrust {
    pub(super) file: Option<String>,
    pub(super) message: String,
}

fn distrust(message: impl Into<String>) -> Distrust {
    Distrust {
        file: None,
        message: message.into(),
    }
}

/// `.signatures.json` as it is written.
#[derive(Debug, Deserialize)]
struct Signatures {
    #[serde(default)]
    plugin: Option<String>,
    #[serde(default)]
    signatures: Option<Vec<String>>,
}

/// The payload of a signature.
#[derive(Debug, Deserialize)]
struct Claims {
    #[serde(default)]
    files: Vec<SignedFile>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    keyid: String,
}

#[derive(Debug, Deserialize)]
struct SignedFile {
    name: String,
    hash: String,
    #[serde(default)]
    algorithm: String,
}

/// Whether files come with a signature.
pub(super) fn is_signed(files: &BundleFiles) -> bool {
    files.contains_key(NAME)
}

/// Checks that a trusted signature lists exactly the files of a bundle as they are.
pub(super) fn verify(
    files: &BundleFiles,
    verification: &BundleVerification,
) -> Result<(), Distrust> {
    let signatures = files
        .get(NAME)
        .ok_or_else(|| distrust("the bundle is not signed: it has no .signatures.json"))?;
    let claims = trusted(signatures, verification)?;
    let mut listed = BTreeMap::new();
    for file in claims.files {
        let name = normal(&file.name)
            .ok_or_else(|| distrust("the signature lists a path that is no plain path"))?;
        if listed.insert(name.clone(), file).is_some() {
            return Err(Distrust {
                file: Some(name),
                message: "the signature lists the file twice".to_owned(),
            });
        }
    }
    for (path, bytes) in files {
        let entry = listed.remove(path);
        if path == NAME || is_excluded(path, verification) {
            continue;
        }
        let about = |message: &str| Distrust {
            file: Some(path.clone()),
            message: message.to_owned(),
        };
        let entry = entry.ok_or_else(|| about("the file is not listed in the signature"))?;
        let wanted = HEXLOWER_PERMISSIVE
            .decode(entry.hash.as_bytes())
            .map_err(|_| about("the digest in the signature is not hexadecimal"))?;
        if digest(path, bytes, &entry.algorithm).map_err(about)? != wanted {
            return Err(about("the file is not the one that was signed"));
        }
    }
    let missing = listed
        .into_keys()
        .find(|path| !is_excluded(path, verification));
    match missing {
        None => Ok(()),
        Some(path) => Err(Distrust {
            file: Some(path),
            message: "the file is listed in the signature and is not in the bundle".to_owned(),
        }),
    }
}

fn is_excluded(path: &str, verification: &BundleVerification) -> bool {
    verification.exclude.iter().any(|glob| glob.matches(path))
}

/// What the one signature says, once it is known to be by the key.
fn trusted(bytes: &[u8], verification: &BundleVerification) -> Result<Claims, Distrust> {
    let broken = || distrust(".signatures.json is not {\"signatures\": [a signed token]}");
    let written: Signatures = serde_json::from_slice(bytes).map_err(|_| broken())?;
    if !matches!(written.plugin.as_deref(), None | Some("" | "_default")) {
        return Err(distrust(".signatures.json asks for a plugin to verify it"));
    }
    let tokens = written.signatures.unwrap_or_default();
    let [token] = tokens.as_slice() else {
        return Err(distrust(format!(
            ".signatures.json holds {} signatures in the place of one",
            tokens.len()
        )));
    };
    let payload: Value = verify_jws(token, &verification.key, verification.algorithm.name())
        .map_err(|error| distrust(error.to_string()))?;
    let claims: Claims = serde_json::from_value(payload)
        .map_err(|_| distrust("the signature does not list files with names and digests"))?;
    if let Some(wanted) = &verification.key_id {
        let named = key_id(token).unwrap_or_default();
        let named = if named.is_empty() {
            &claims.keyid
        } else {
            &named
        };
        if !named.is_empty() && named != wanted {
            return Err(distrust("the signature names another key"));
        }
    }
    if claims.scope != verification.scope {
        return Err(distrust("the signature is for another scope"));
    }
    Ok(claims)
}

/// The name that the header of a token gives to its key.
fn key_id(token: &str) -> Option<String> {
    let fields = Token::split(token).ok()?.header().ok()?;
    Some(Header::read(&fields).ok()?.key_id)
}

#[cfg(test)]
mod tests;
