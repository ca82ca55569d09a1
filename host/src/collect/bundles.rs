//! Bundles of OPA: archives, folders that hold one, and the key they must be signed by.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use soc2gate_engine::{Bundle, BundleFiles, BundleVerification, RawBundleVerification, Selector};
use soc2gate_source::{Code, Diagnostic, Position, Span};

use super::files::{FileReader, FileSource, cannot_read, shown};
use crate::args::BundleArgs;

/// Largest archive, and most bytes that are read of a folder.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Largest file with a key.
const MAX_KEY: u64 = 1024 * 1024;

/// Whether a path is a bundle: an archive by its name, or a folder that holds the manifest or the signature of one.
pub fn is_bundle(path: &Path) -> bool {
    is_archive(path)
        || [".manifest", ".signatures.json"]
            .iter()
            .any(|name| path.join(name).is_file())
}

/// Whether a file is the archive of a bundle by its name.
pub(crate) fn is_archive(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_ascii_lowercase();
    let is_named = [".tar.gz", ".tgz"]
        .iter()
        .any(|ending| name.ends_with(ending));
    is_named && !path.is_dir()
}

/// Reads the bundles of a run.
pub struct BundleReader {
    /// What signatures must be; None: they are not checked.
    verification: Option<BundleVerification>,
    /// Whether a key was named that cannot be used: nothing is read then.
    is_shut: bool,
    seen: BTreeSet<PathBuf>,
}

impl BundleReader {
    /// A reader with the key that the command line and the configuration name; paths of the configuration are relative
    /// to `base`.
    pub fn new(
        args: &BundleArgs,
        configured: Option<&RawBundleVerification>,
        base: &Path,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let (verification, is_shut) = match verification(args, configured, base) {
            Ok(verification) => (verification, false),
            Err(problem) => {
                diagnostics.push(problem);
                (None, true)
            }
        };
        Self {
            verification,
            is_shut,
            seen: BTreeSet::new(),
        }
    }

    /// Reads a bundle; None where it was read before or is wrong.
    pub fn read(&mut self, path: &Path, diagnostics: &mut Vec<Diagnostic>) -> Option<Bundle> {
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        if self.is_shut || !self.seen.insert(place) {
            return None;
        }
        match self.open(path) {
            Ok((bundle, notes)) => {
                diagnostics.extend(notes);
                Some(bundle)
            }
            Err(problem) => {
                diagnostics.push(problem);
                None
            }
        }
    }

    fn open(&self, path: &Path) -> Result<(Bundle, Vec<Diagnostic>), Diagnostic> {
        let name = shown(path);
        let verification = self.verification.as_ref();
        if path.is_dir() {
            let files = self.files(path)?;
            return Bundle::from_files(&name, &files, verification);
        }
        let bytes = FileReader::new(MAX_BYTES).read_bytes(path)?;
        Bundle::from_archive(&name, &bytes, verification)
    }

    /// The files of a folder; all of them where they must be signed.
    fn files(&self, folder: &Path) -> Result<BundleFiles, Diagnostic> {
        let mut files = BundleFiles::new();
        let mut room = MAX_BYTES;
        let walk = WalkBuilder::new(folder)
            .standard_filters(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        for entry in walk {
            let path = entry.map_err(|_| unreadable(folder))?.into_path();
            let inside: Vec<String> = path
                .strip_prefix(folder)
                .unwrap_or(&path)
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .collect();
            let inside = inside.join("/");
            if !path.is_file() || !(self.verification.is_some() || Bundle::reads(&inside)) {
                continue;
            }
            let size = fs::metadata(&path)
                .map_err(|error| cannot_read(&path, &error))?
                .len();
            room = room.checked_sub(size).ok_or_else(|| {
                let name = shown(folder);
                let message = format!("{name} holds more than {MAX_BYTES} bytes");
                Diagnostic::new(Code::TooBig, message).at(name, Span::at(Position::START))
            })?;
            files.insert(inside, FileReader::new(size).read_bytes(&path)?);
        }
        Ok(files)
    }

    /// What is wrong where signatures were asked for, and nothing has one.
    pub fn review(&self) -> Option<Diagnostic> {
        (self.verification.is_some() && self.seen.is_empty()).then(|| {
            let message =
                "there is a key for bundles, and no bundle; other policies are not signed";
            Diagnostic::new(Code::BundleLeftOut, message)
        })
    }
}

/// A warning of bundles that lie in a folder of policies.
pub(crate) fn not_read(path: &Path) -> Diagnostic {
    let name = shown(path);
    Diagnostic::new(
        Code::BundleLeftOut,
        "a bundle is not read where only its folder is named",
    )
    .at(name, Span::at(Position::START))
}

fn unreadable(folder: &Path) -> Diagnostic {
    let name = shown(folder);
    Diagnostic::new(Code::Unreadable, format!("{name} cannot be read"))
        .at(name, Span::at(Position::START))
}

/// What signatures must be: what the command line says goes before the configuration.
fn verification(
    args: &BundleArgs,
    configured: Option<&RawBundleVerification>,
    base: &Path,
) -> Result<Option<BundleVerification>, Diagnostic> {
    let configured_key = configured.map(|raw| base.join(&raw.key));
    let Some(path) = args.verification_key.clone().or(configured_key) else {
        let asks = args.verification_key_id.is_some()
            || args.signing_alg.is_some()
            || args.scope.is_some()
            || !args.exclude_files_verify.is_empty();
        return if asks {
            let message = "signatures of bundles cannot be checked without --verification-key";
            Err(Diagnostic::new(Code::BundleNotTrusted, message))
        } else {
            Ok(None)
        };
    };
    let key = FileReader::new(MAX_KEY).read(&FileSource::Path(path))?;
    let globs = if args.exclude_files_verify.is_empty() {
        configured.map(|raw| raw.exclude_files.as_slice())
    } else {
        Some(args.exclude_files_verify.as_slice())
    };
    let exclude: Option<Vec<Selector>> = globs
        .unwrap_or_default()
        .iter()
        .map(|glob| Selector::parse(glob))
        .collect();
    let exclude = exclude.ok_or_else(|| {
        let message = "a file that need not be signed is not named by a glob";
        Diagnostic::new(Code::InvalidSelector, message)
            .help("a glob looks like `docs/*`; it is matched with the path in the bundle")
    })?;
    let from_config = |of: fn(&RawBundleVerification) -> Option<String>| configured.and_then(of);
    let algorithm = args.signing_alg.map(|name| name.0);
    Ok(Some(BundleVerification {
        key: key.text.to_string(),
        key_id: args
            .verification_key_id
            .clone()
            .or_else(|| from_config(|raw| raw.key_id.clone())),
        algorithm: algorithm
            .or_else(|| configured.and_then(|raw| raw.algorithm))
            .unwrap_or_default(),
        scope: args
            .scope
            .clone()
            .or_else(|| from_config(|raw| raw.scope.clone()))
            .unwrap_or_default(),
        exclude,
    }))
}
