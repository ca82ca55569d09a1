//! The files of one commit: from the repository on this machine where it holds the commit, else from GitHub.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use soc2gate_inputs::SourceFile;
use soc2gate_source::{Code, Diagnostic, Position, Span};

use super::client::GitHub;
use crate::collect::git::{EntryKind, LocalRepository, Tree, TreeEntry};

/// Files that are asked of GitHub for one run, each in a request of its own.
const MAX_REQUESTS: usize = 300;
/// Files that are read of one commit.
const MAX_FILES: usize = 20_000;
/// Bytes that are read of one commit.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Files of a commit that are known without a request, by their paths: the text of a plain file, or `None` where the
/// commit has nothing there.
pub(crate) type KnownFiles = BTreeMap<String, Option<String>>;

/// The files of one commit.
pub(crate) struct Snapshot<'a> {
    /// What the commit is to the change, for messages: `base` or `head`.
    role: &'static str,
    /// All its files, from when they are first asked for.
    tree: OnceCell<Tree>,
    known: KnownFiles,
    origin: Origin<'a>,
}

enum Origin<'a> {
    Local(&'a LocalRepository),
    GitHub {
        github: &'a GitHub,
        /// The path of the repository below the REST interface.
        repository: String,
        oid: String,
    },
}

#[derive(Deserialize)]
struct RawTree {
    tree: Vec<RawEntry>,
    truncated: bool,
}

#[derive(Deserialize)]
struct RawEntry {
    path: String,
    mode: String,
    sha: String,
    size: Option<u64>,
}

impl<'a> Snapshot<'a> {
    /// The files of a commit. On this machine they are listed at once, on GitHub when something asks for them.
    pub(crate) fn read(
        role: &'static str,
        local: Option<&'a LocalRepository>,
        github: &'a GitHub,
        repository: &str,
        oid: &str,
    ) -> Result<Self, Diagnostic> {
        if let Some(local) = local.filter(|local| local.has(oid)) {
            let tree = local.tree(oid).map_err(|why| {
                let message = format!("the {role} of the change cannot be read: {why}");
                Diagnostic::new(Code::CommitUnreadable, message)
            })?;
            return Ok(Self {
                role,
                tree: OnceCell::from(tree),
                known: KnownFiles::new(),
                origin: Origin::Local(local),
            });
        }
        Ok(Self {
            role,
            tree: OnceCell::new(),
            known: KnownFiles::new(),
            origin: Origin::GitHub {
                github,
                repository: format!("/repos/{repository}"),
                oid: oid.to_owned(),
            },
        })
    }

    /// The same with files that GitHub told of already. What lies on this machine does not need them.
    pub(crate) fn knowing(mut self, known: KnownFiles) -> Self {
        if !self.is_local() {
            self.known = known;
        }
        self
    }

    /// All its files.
    pub(crate) fn tree(&self) -> Result<&Tree, Diagnostic> {
        if let Some(tree) = self.tree.get() {
            return Ok(tree);
        }
        let tree = match &self.origin {
            Origin::Local(_) => Tree::new(),
            Origin::GitHub {
                github,
                repository,
                oid,
            } => self.list(github, repository, oid)?,
        };
        Ok(self.tree.get_or_init(|| tree))
    }

    fn list(&self, github: &GitHub, repository: &str, oid: &str) -> Result<Tree, Diagnostic> {
        let what = format!("the {} of the change", self.role);
        let (raw, _): (RawTree, _) = github
            .get(&what, &format!("{repository}/git/trees/{oid}?recursive=1"))
            .map_err(|failure| failure.diagnostic())?;
        if raw.truncated {
            let message = format!(
                "GitHub does not list all files of {what}: check the repository out with them"
            );
            return Err(Diagnostic::new(Code::CommitUnreadable, message));
        }
        let entries = raw.tree.into_iter().filter_map(|raw| {
            let entry = TreeEntry {
                kind: EntryKind::of_mode(&raw.mode)?,
                oid: raw.sha,
                size: raw.size.unwrap_or(0),
            };
            Some((raw.path, entry))
        });
        Ok(entries.collect())
    }

    /// Whether something that is no folder stands at a path.
    pub(crate) fn has(&self, path: &str) -> Result<bool, Diagnostic> {
        match self.known.get(path) {
            Some(known) => Ok(known.is_some()),
            None => Ok(self.tree()?.contains_key(path)),
        }
    }

    /// The path itself where it is that of a file, and those below it where it is a folder; all, where it is empty.
    pub(crate) fn below(&self, path: &str) -> Result<Vec<&str>, Diagnostic> {
        if let Some((known, Some(_))) = self.known.get_key_value(path) {
            return Ok(vec![known]);
        }
        let folder = format!("{path}/");
        let is_meant = |file: &&str| path.is_empty() || *file == path || file.starts_with(&folder);
        let files = self.tree()?.keys().map(String::as_str);
        Ok(files.filter(is_meant).collect())
    }

    /// Whether many files can be read at no cost.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self.origin, Origin::Local(_))
    }

    /// Reads files as bytes. Either all are read, or it is said why not.
    pub(crate) fn bytes(&self, paths: &[&str], largest: u64) -> Result<Vec<Vec<u8>>, Diagnostic> {
        if let Some(all) = self.known_bytes(paths, largest) {
            return Ok(all);
        }
        let mut entries = Vec::with_capacity(paths.len());
        for path in paths {
            entries.push(self.file(path, largest)?);
        }
        let all = entries
            .iter()
            .fold(0_u64, |all, entry| all.saturating_add(entry.size));
        let most = if self.is_local() {
            MAX_FILES
        } else {
            MAX_REQUESTS
        };
        if entries.len() > most || all > MAX_BYTES {
            let message = format!(
                "{} files with {all} bytes of the {} are more than are read ({most} files, {MAX_BYTES} bytes)",
                entries.len(),
                self.role
            );
            return Err(Diagnostic::new(Code::CommitUnreadable, message));
        }
        match &self.origin {
            Origin::Local(local) => local.blobs(&entries).map_err(|why| {
                let message = format!("files of the {} cannot be read: {why}", self.role);
                Diagnostic::new(Code::CommitUnreadable, message)
            }),
            Origin::GitHub {
                github, repository, ..
            } => {
                let read = paths.iter().zip(&entries).map(|(path, entry)| {
                    let address = format!("{repository}/git/blobs/{}", entry.oid);
                    let bytes = github
                        .get_raw(path, &address)
                        .map_err(|failure| failure.diagnostic())?;
                    if u64::try_from(bytes.len()) == Ok(entry.size) {
                        Ok(bytes)
                    } else {
                        Err(self.unreadable(path, "GitHub did not give all of it"))
                    }
                });
                read.collect()
            }
        }
    }

    /// Files that are known, if all of them are.
    fn known_bytes(&self, paths: &[&str], largest: u64) -> Option<Vec<Vec<u8>>> {
        let known = paths.iter().map(|path| {
            let text = self.known.get(*path)?.as_ref()?;
            let is_small = u64::try_from(text.len()).is_ok_and(|size| size <= largest);
            is_small.then(|| text.clone().into_bytes())
        });
        known.collect()
    }

    /// The paths of all its files; what leads elsewhere is none.
    pub(crate) fn plain_files(&self) -> Result<Vec<&str>, Diagnostic> {
        let entries = self.tree()?.iter();
        let files = entries.filter(|(_, entry)| entry.kind == EntryKind::File);
        Ok(files.map(|(path, _)| path.as_str()).collect())
    }

    /// A file that can be read, or why it cannot.
    pub(crate) fn file(&self, path: &str, largest: u64) -> Result<&TreeEntry, Diagnostic> {
        let Some(entry) = self.tree()?.get(path) else {
            return Err(self.unreadable(path, "it is not there"));
        };
        match entry.kind {
            EntryKind::File => {}
            EntryKind::Symlink => {
                return Err(self.unreadable(path, "it is a symbolic link, which is not followed"));
            }
            EntryKind::Submodule => return Err(self.unreadable(path, "it is a submodule")),
        }
        if entry.size > largest {
            let message = format!("{path} is larger than {largest} bytes");
            return Err(Diagnostic::new(Code::TooBig, message).at(path, Span::at(Position::START)));
        }
        Ok(entry)
    }

    /// What is told of a file that cannot be read.
    fn unreadable(&self, path: &str, why: &str) -> Diagnostic {
        let message = format!("{path} of the {} cannot be read: {why}", self.role);
        Diagnostic::new(Code::CommitUnreadable, message).at(path, Span::at(Position::START))
    }
}

/// Bytes as a file that is judged.
pub(crate) fn text(name: &str, bytes: Vec<u8>) -> Result<SourceFile, Diagnostic> {
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(SourceFile {
            name: Arc::from(name),
            text: Arc::from(text),
        }),
        _ => {
            let message = format!("{name} is not UTF-8 text");
            Err(Diagnostic::new(Code::NotText, message).at(name, Span::at(Position::START)))
        }
    }
}
