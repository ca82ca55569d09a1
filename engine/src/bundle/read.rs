//! Reads a bundle: its files, what the manifest says of them, and whether they are as they were signed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use soc2gate_source::{Code, Diagnostic};

use super::archive::{BundleFiles, unpack};
use super::document::{json, yaml};
use super::manifest::{self, Manifest};
use super::roots::Roots;
use super::signature::{self, BundleVerification};
use super::{invalid, placed};
use crate::rego::Module;
use crate::{BaseDocuments, PolicySource, RegoVersion};

/// Largest policy of a bundle, in bytes.
const MAX_POLICY: usize = 4 << 20;

/// Largest document of a bundle, in bytes.
const MAX_DOCUMENT: usize = 16 << 20;

/// How many characters of a revision are shown.
const MAX_REVISION: usize = 100;

/// A bundle that was read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Bundle {
    /// How it is shown: its path.
    pub(super) name: String,
    pub(super) roots: Roots,
    /// Its policies, without tests, ordered by their names.
    pub(super) policies: Vec<PolicySource>,
    /// The versions of Rego that the manifest names, by the names of the policies.
    pub(super) versions: BTreeMap<String, RegoVersion>,
    /// Its documents.
    pub(super) data: BaseDocuments,
}

/// What a file of a bundle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Policy,
    Data,
    Manifest,
    Signatures,
    /// WebAssembly or a plan: policies that were compiled.
    Compiled,
    Patch,
    Other,
}

impl Part {
    fn of(path: &str) -> Self {
        match path.rsplit('/').next().unwrap_or_default() {
            manifest::NAME => Self::Manifest,
            signature::NAME => Self::Signatures,
            "patch.json" => Self::Patch,
            "policy.wasm" | "plan.json" => Self::Compiled,
            "data.json" | "data.yaml" | "data.yml" => Self::Data,
            _ if extension(path) == "rego" => Self::Policy,
            _ => Self::Other,
        }
    }
}

impl Bundle {
    /// Reads a bundle from its archive. With `verification` it must be signed. The diagnostics are warnings and notes.
    ///
    /// # Errors
    /// Where the archive, the signature or one of the files is not what it must be.
    pub fn from_archive(
        name: &str,
        bytes: &[u8],
        verification: Option<&BundleVerification>,
    ) -> Result<(Self, Vec<Diagnostic>), Diagnostic> {
        let files = unpack(bytes)
            .map_err(|refused| invalid(&inside(name, refused.file.as_deref()), refused.message))?;
        Self::from_files(name, &files, verification)
    }

    /// The same from files that lie in a folder.
    ///
    /// # Errors
    /// As for an archive.
    pub fn from_files(
        name: &str,
        files: &BundleFiles,
        verification: Option<&BundleVerification>,
    ) -> Result<(Self, Vec<Diagnostic>), Diagnostic> {
        if let Some(verification) = verification {
            signature::verify(files, verification).map_err(|distrust| {
                let file = inside(name, distrust.file.as_deref());
                placed(&file, Code::BundleNotTrusted, distrust.message)
            })?;
        }
        let mut reader = Reader {
            bundle: Self {
                name: name.to_owned(),
                ..Self::default()
            },
            manifest: Manifest::default(),
            compiled: None,
        };
        if let Some(bytes) = files.get(manifest::NAME) {
            reader.manifest = Manifest::read(&inside(name, Some(manifest::NAME)), bytes)?;
            reader.bundle.roots = reader.manifest.roots.clone();
        }
        for (path, bytes) in files {
            reader.read(path, bytes)?;
        }
        let trust = match (verification, signature::is_signed(files)) {
            (Some(_), _) => Trust::Verified,
            (None, true) => Trust::Unchecked,
            (None, false) => Trust::Unsigned,
        };
        reader.finish(trust)
    }

    /// Whether a file of a folder has a part in the bundle, by its path below the folder. A signature is about every
    /// file, whether it has or not.
    pub fn reads(path: &str) -> bool {
        Part::of(path) != Part::Other
    }

    /// Its policies.
    pub fn policies(&self) -> &[PolicySource] {
        &self.policies
    }

    /// Its documents.
    pub fn data(&self) -> &BaseDocuments {
        &self.data
    }

    /// The version of Rego that its manifest names for a policy.
    pub(crate) fn version_of(&self, file: &str) -> Option<RegoVersion> {
        self.versions.get(file).copied()
    }

    /// Its policies as the evaluator takes them.
    pub(crate) fn modules(&self) -> impl Iterator<Item = Module> + '_ {
        self.policies.iter().map(|policy| {
            let version = self.version_of(&policy.file);
            Module::new(&policy.file, &policy.text).in_version(version)
        })
    }

    /// What is wrong where a policy of the bundle adds to a package that the bundle does not own.
    pub(crate) fn stray(&self, file: &str, package: &[String]) -> Option<Diagnostic> {
        let policies = &self.policies;
        let is_own = policies
            .binary_search_by(|policy| policy.file.as_str().cmp(file))
            .is_ok();
        (is_own && !self.roots.contain(package)).then(|| {
            let message = format!(
                "package {} is outside of the bundle's roots",
                package.join(".")
            );
            placed(file, Code::BundleRoots, message)
        })
    }
}

/// What stands behind the last dot of a path; capitals count, as in OPA.
fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// A file of a bundle, or the bundle, as it is shown.
fn inside(name: &str, path: Option<&str>) -> String {
    path.map_or_else(|| name.to_owned(), |path| format!("{name}/{path}"))
}

/// What is known of who made a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Verified,
    /// Signed, and there is no key to check it.
    Unchecked,
    Unsigned,
}

struct Reader {
    bundle: Bundle,
    manifest: Manifest,
    /// A file of compiled policies.
    compiled: Option<String>,
}

impl Reader {
    fn read(&mut self, path: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
        let file = inside(&self.bundle.name, Some(path));
        match Part::of(path) {
            Part::Policy => self.policy(path, file, bytes),
            Part::Data => self.data(path, &file, bytes),
            Part::Manifest | Part::Signatures if path.contains('/') => Err(invalid(
                &file,
                "it belongs at the root of the bundle, where alone it is read",
            )),
            Part::Patch => Err(invalid(
                &file,
                "the bundle changes another one (a delta bundle) and cannot be judged by alone",
            )),
            Part::Compiled => {
                self.compiled.get_or_insert(file);
                Ok(())
            }
            Part::Manifest | Part::Signatures | Part::Other => Ok(()),
        }
    }

    fn policy(&mut self, path: &str, file: String, bytes: &[u8]) -> Result<(), Diagnostic> {
        let source = PolicySource {
            text: text(&file, bytes, MAX_POLICY)?.to_owned(),
            file,
            prechecked: false,
        };
        let version = self.manifest.version_of(path);
        let version = version.map_err(|message| invalid(&source.file, message))?;
        if source.is_test() {
            return Ok(());
        }
        if let Some(version) = version {
            self.bundle.versions.insert(source.file.clone(), version);
        }
        self.bundle.policies.push(source);
        Ok(())
    }

    fn data(&mut self, path: &str, file: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
        let mut folders: Vec<&str> = path.split('/').collect();
        folders.pop();
        if folders
            .first()
            .is_some_and(|folder| folder.starts_with('.'))
        {
            let message = "documents do not belong in a folder whose name starts with a dot";
            return Err(invalid(file, message));
        }
        let text = text(file, bytes, MAX_DOCUMENT)?;
        let value = match extension(path) {
            "json" => json(text),
            _ => yaml(text),
        };
        let value = value.map_err(|problem| problem.diagnostic(file))?;
        self.bundle
            .data
            .add(&folders, value)
            .map_err(|conflict| placed(file, Code::DataInvalid, conflict.to_string()))
    }

    fn finish(self, trust: Trust) -> Result<(Bundle, Vec<Diagnostic>), Diagnostic> {
        let Self {
            bundle,
            manifest,
            compiled,
        } = self;
        let name = &bundle.name;
        let mut notes = Vec::new();
        if let Some(path) = bundle.roots.stray(&bundle.data.to_value())
            && !bundle.data.is_empty()
        {
            let message = format!("its data at {path} is outside of its roots");
            return Err(placed(name, Code::BundleRoots, message));
        }
        let is_compiled = compiled.is_some() || manifest.names_wasm;
        if bundle.policies.is_empty() && is_compiled {
            let message = "its policies are compiled (WebAssembly or a plan), and there is no Rego to judge by";
            return Err(invalid(name, message));
        }
        if bundle.policies.is_empty() && bundle.data.is_empty() {
            return Err(invalid(name, "it holds neither policies nor data"));
        }
        if is_compiled {
            let file = compiled.as_deref().unwrap_or(name);
            let message = "compiled policies (WebAssembly or a plan) are not used; the Rego beside them judges";
            notes.push(placed(file, Code::BundleLeftOut, message));
        }
        let revision: String = manifest.revision.chars().take(MAX_REVISION).collect();
        let revision = match revision.as_str() {
            "" => "no revision".to_owned(),
            revision => format!("revision {revision}"),
        };
        let (code, trust) = match trust {
            Trust::Verified => (Code::BundleRead, "the signature is verified"),
            Trust::Unchecked => (
                Code::BundleNotChecked,
                "its signature is not checked, since no key is given",
            ),
            Trust::Unsigned => (Code::BundleRead, "not signed"),
        };
        notes.push(placed(name, code, format!("{revision}, {trust}")));
        Ok((bundle, notes))
    }
}

fn text<'a>(file: &str, bytes: &'a [u8], most: usize) -> Result<&'a str, Diagnostic> {
    if bytes.len() > most {
        let message = format!("{file} is larger than {most} bytes");
        return Err(placed(file, Code::TooBig, message));
    }
    str::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'))
        .ok_or_else(|| placed(file, Code::NotText, format!("{file} is not UTF-8 text")))
}

#[cfg(test)]
mod tests;
