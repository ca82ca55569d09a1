//! Files to judge.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::{DirEntry, WalkBuilder};
use soc2gate_inputs::{Format, SourceFile};
use soc2gate_source::{Code, Diagnostic, Position, Span};

/// One file to read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileSource {
    /// A file.
    Path(PathBuf),
    /// Standard input.
    Stdin,
    /// What was collected, by its name.
    Collected(String),
}

/// Finds the files that paths name: files as they are, folders searched for manifests and, where they are wanted,
/// documents of any format, in a stable order. What cannot be read is reported.
pub fn find(
    paths: &[PathBuf],
    honour_ignore: bool,
    documents: bool,
) -> (Vec<FileSource>, Vec<Diagnostic>) {
    let mut sources = Vec::new();
    let mut diagnostics = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        let found = if path.as_os_str() == "-" {
            vec![FileSource::Stdin]
        } else {
            match fs::metadata(path) {
                Ok(metadata) if metadata.is_dir() => {
                    walk(path, honour_ignore, documents, &mut diagnostics)
                }
                Ok(_) => vec![FileSource::Path(path.clone())],
                Err(error) => {
                    diagnostics.push(cannot_read(path, &error));
                    Vec::new()
                }
            }
        };
        sources.extend(
            found
                .into_iter()
                .filter(|source| seen.insert(source.clone())),
        );
    }
    (sources, diagnostics)
}

/// Leaves out files that are known to be something else, or lie in folders that are, however their paths are written.
pub fn leave_out(sources: &mut Vec<FileSource>, files: &[PathBuf]) {
    let known: BTreeSet<PathBuf> = files
        .iter()
        .filter_map(|file| fs::canonicalize(file).ok())
        .collect();
    sources.retain(|source| match source {
        FileSource::Path(path) => !fs::canonicalize(path)
            .is_ok_and(|path| path.ancestors().any(|part| known.contains(part))),
        FileSource::Stdin | FileSource::Collected(_) => true,
    });
}

fn walk(
    folder: &Path,
    honour_ignore: bool,
    documents: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<FileSource> {
    let walk = WalkBuilder::new(folder)
        // A manifest in a hidden folder is a manifest.
        .hidden(false)
        .ignore(false)
        // The rules of one machine must not change what is judged.
        .git_global(false)
        .git_exclude(false)
        .git_ignore(honour_ignore)
        .require_git(false)
        .follow_links(true)
        .sort_by_file_path(Path::cmp)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    let mut found = Vec::new();
    for entry in walk {
        match entry {
            Ok(entry) if is_input(&entry, documents) => {
                found.push(FileSource::Path(entry.into_path()));
            }
            Ok(_) => {}
            Err(error) => diagnostics.push(walk_error(folder, &error)),
        }
    }
    found
}

/// Whether a file is an input by its name.
pub fn is_input_name(path: &str, documents: bool) -> bool {
    match Format::of_file_name(path) {
        Some(Format::Yaml | Format::Json) => true,
        Some(_) => documents,
        None => false,
    }
}

fn is_input(entry: &DirEntry, documents: bool) -> bool {
    is_input_name(&entry.path().to_string_lossy(), documents)
        && entry.file_type().is_some_and(|kind| kind.is_file())
}

fn walk_error(folder: &Path, error: &ignore::Error) -> Diagnostic {
    fn loop_child(error: &ignore::Error) -> Option<&Path> {
        match error {
            ignore::Error::Loop { child, .. } => Some(child),
            ignore::Error::WithPath { err, .. } | ignore::Error::WithDepth { err, .. } => {
                loop_child(err)
            }
            _ => None,
        }
    }
    fn failed_path(error: &ignore::Error) -> Option<&Path> {
        match error {
            ignore::Error::WithPath { path, .. } => Some(path),
            ignore::Error::WithDepth { err, .. } => failed_path(err),
            _ => None,
        }
    }
    if let Some(child) = loop_child(error) {
        let diagnostic = Diagnostic::new(Code::SymlinkLoop, Code::SymlinkLoop.title());
        return diagnostic.at(shown(child), Span::at(Position::START));
    }
    let path = failed_path(error).unwrap_or(folder);
    match error.io_error() {
        Some(io) => cannot_read(path, io),
        None => Diagnostic::new(Code::Unreadable, format!("{} cannot be read", shown(path))),
    }
}

/// A path as outputs name it, with `/` on every system.
pub fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").map_or(text.clone(), str::to_owned)
}

/// A diagnostic for a path that cannot be read.
pub(super) fn cannot_read(path: &Path, error: &io::Error) -> Diagnostic {
    let name = shown(path);
    match error.kind() {
        io::ErrorKind::NotFound => {
            Diagnostic::new(Code::PathNotFound, format!("{name} does not exist"))
        }
        kind => Diagnostic::new(Code::Unreadable, format!("{name} cannot be read: {kind}")),
    }
    .at(name, Span::at(Position::START))
}

/// Reads files, none larger than it was told.
#[derive(Debug)]
pub struct FileReader {
    max_bytes: u64,
    /// A folder that stands for the working folder: files below it are named as if they lay here.
    stands_in: Option<PathBuf>,
    stdin: Option<Result<SourceFile, Diagnostic>>,
    collected: BTreeMap<String, SourceFile>,
}

impl FileReader {
    /// A reader of files of at most so many bytes.
    pub fn new(max_bytes: u64) -> Self {
        Self {
            max_bytes,
            stands_in: None,
            stdin: None,
            collected: BTreeMap::new(),
        }
    }

    /// The same, where a folder stands for the working folder.
    #[must_use]
    pub fn with_stand_in(self, folder: Option<&Path>) -> Self {
        Self {
            stands_in: folder.map(Path::to_path_buf),
            ..self
        }
    }

    /// A path as outputs name it.
    fn shown(&self, path: &Path) -> String {
        let inside = self.stands_in.as_ref();
        let inside = inside.and_then(|folder| path.strip_prefix(folder).ok());
        shown(inside.unwrap_or(path))
    }

    /// Reads standard input now, so that it can be looked at twice.
    pub fn read_stdin(&mut self) {
        self.stdin = Some(self.bounded("-", io::stdin().lock(), 0));
    }

    /// Takes a document that was collected, so that it is read like a file.
    pub fn take(&mut self, document: SourceFile) -> FileSource {
        let source = FileSource::Collected(document.name.to_string());
        self.collected.insert(document.name.to_string(), document);
        source
    }

    /// Reads a file.
    pub fn read(&self, source: &FileSource) -> Result<SourceFile, Diagnostic> {
        match source {
            FileSource::Stdin => match &self.stdin {
                Some(read) => read.clone(),
                None => self.bounded("-", io::stdin().lock(), 0),
            },
            FileSource::Collected(name) => {
                let found = self.collected.get(name);
                found.cloned().ok_or_else(|| {
                    Diagnostic::new(Code::InternalError, format!("{name} was not collected"))
                })
            }
            FileSource::Path(path) => {
                let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
                let size = file
                    .metadata()
                    .map_err(|error| cannot_read(path, &error))?
                    .len();
                if size > self.max_bytes {
                    return Err(self.too_big(&self.shown(path)));
                }
                self.bounded(&self.shown(path), file, size)
            }
        }
    }

    /// Reads a file that may be no text.
    pub fn read_bytes(&self, path: &Path) -> Result<Vec<u8>, Diagnostic> {
        let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
        self.bytes(&self.shown(path), file, 0)
    }

    fn bounded(
        &self,
        name: &str,
        source: impl io::Read,
        expected: u64,
    ) -> Result<SourceFile, Diagnostic> {
        match String::from_utf8(self.bytes(name, source, expected)?) {
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

    fn bytes(
        &self,
        name: &str,
        source: impl io::Read,
        expected: u64,
    ) -> Result<Vec<u8>, Diagnostic> {
        let room = usize::try_from(expected.saturating_add(1)).unwrap_or(0);
        let mut bytes = Vec::with_capacity(room);
        source
            .take(self.max_bytes.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| cannot_read(Path::new(name), &error))?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > self.max_bytes {
            return Err(self.too_big(name));
        }
        Ok(bytes)
    }

    fn too_big(&self, name: &str) -> Diagnostic {
        let message = format!("{name} is larger than {} bytes", self.max_bytes);
        Diagnostic::new(Code::TooBig, message).at(name, Span::at(Position::START))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn names(folder: &Path, honour_ignore: bool) -> Vec<String> {
        let (sources, diagnostics) = find(&[folder.to_path_buf()], honour_ignore, false);
        assert_eq!(diagnostics, []);
        sources
            .into_iter()
            .map(|source| match source {
                FileSource::Path(path) => path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned(),
                FileSource::Stdin | FileSource::Collected(_) => "-".to_owned(),
            })
            .collect()
    }

    #[test]
    fn folders_are_searched_in_order_with_gitignore_honoured() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "b.yaml",
            "a/x.YML",
            "a/y.json",
            "a/z.txt",
            ".hidden/h.yaml",
            "out/o.yaml",
            ".git/g.yaml",
        ] {
            write(folder.path(), name, "a: 1");
        }
        write(folder.path(), ".gitignore", "out/\n");
        assert_eq!(
            names(folder.path(), true),
            [".hidden/h.yaml", "a/x.YML", "a/y.json", "b.yaml"]
        );
        assert_eq!(
            names(folder.path(), false),
            [
                ".hidden/h.yaml",
                "a/x.YML",
                "a/y.json",
                "b.yaml",
                "out/o.yaml"
            ]
        );
    }

    #[test]
    fn documents_of_any_format_are_found_where_they_are_wanted() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".env", "Dockerfile", "a.tf", "b.yaml", "readme.md", "-"] {
            write(folder.path(), name, "a: 1");
        }
        let count = |documents| {
            find(&[folder.path().to_path_buf()], true, documents)
                .0
                .len()
        };
        assert_eq!((count(true), count(false)), (4, 1));
    }

    #[cfg(unix)]
    #[test]
    fn a_symlink_loop_is_reported_and_left() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a/x.yaml", "a: 1");
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/loop")).unwrap();
        let (sources, diagnostics) = find(&[folder.path().to_path_buf()], true, false);
        assert_eq!(sources.len(), 1);
        assert_eq!(
            diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(),
            [Code::SymlinkLoop]
        );
    }

    #[test]
    fn files_that_cannot_be_judged_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let code = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            FileReader::new(8)
                .read(&FileSource::Path(path))
                .map(|_| ())
                .map_err(|d| d.code)
        };
        assert_eq!(code("ok", b"a: 1"), Ok(()));
        assert_eq!(code("latin", b"a: \xe9"), Err(Code::NotText));
        assert_eq!(code("nul", b"a\0b"), Err(Code::NotText));
        assert_eq!(code("big", b"123456789"), Err(Code::TooBig));
        let missing = FileReader::new(8).read(&FileSource::Path(folder.path().join("missing")));
        assert_eq!(
            missing.map(|_| ()).map_err(|d| d.code),
            Err(Code::PathNotFound)
        );
    }

    #[test]
    fn a_path_is_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a.yaml", "a: 1");
        let file = folder.path().join("a.yaml");
        let (sources, _) = find(
            &[file.clone(), folder.path().to_path_buf(), file],
            true,
            false,
        );
        assert_eq!(sources.len(), 1);
    }
}
