//! Objects of a local repository, read by the git program. What lies in the working tree is never looked at, and nothing
//! that a repository can bring along is run: no hook, no monitor of files, no fetch of objects that are missing.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Most bytes of a list of files that are read.
const MAX_LIST: u64 = 128 * 1024 * 1024;

/// A repository on this machine.
#[derive(Debug)]
pub(crate) struct LocalRepository {
    /// The root of its working tree.
    root: PathBuf,
}

/// What stands at a path of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    pub(crate) kind: EntryKind,
    pub(crate) oid: String,
    /// Its size in bytes, of a file.
    pub(crate) size: u64,
}

/// The kinds of entries that are no folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    Symlink,
    Submodule,
}

impl EntryKind {
    /// The kind of a mode; `None`: a folder, or something that git does not know.
    pub(crate) fn of_mode(mode: &str) -> Option<Self> {
        match mode {
            "100644" | "100755" | "100664" => Some(Self::File),
            "120000" => Some(Self::Symlink),
            "160000" => Some(Self::Submodule),
            _ => None,
        }
    }
}

/// The files of a commit by their paths. A path that is not UTF-8 is left out: no input has one.
pub(crate) type Tree = BTreeMap<String, TreeEntry>;

impl LocalRepository {
    /// The repository that a folder belongs to, where there is one and git reads it.
    pub(crate) fn find(folder: &Path) -> Option<Self> {
        let output = git(folder)
            .args(["rev-parse", "--show-toplevel"])
            .stderr(Stdio::null())
            .output()
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let root = text.trim_end_matches(['\n', '\r']);
        (output.status.success() && !root.is_empty()).then(|| Self { root: root.into() })
    }

    /// The root of its working tree.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether it holds a commit.
    pub(crate) fn has(&self, oid: &str) -> bool {
        is_oid(oid)
            && git(&self.root)
                .args(["cat-file", "-e", &format!("{oid}^{{commit}}")])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
    }

    /// All files of a commit.
    pub(crate) fn tree(&self, oid: &str) -> Result<Tree, &'static str> {
        if !is_oid(oid) {
            return Err("it is not named by an object id");
        }
        let mut child =
            start(git(&self.root).args(["ls-tree", "-r", "-z", "-l", "--full-tree", oid, "--"]))?;
        let mut bytes = Vec::new();
        let output = child.stdout.take().ok_or(FAILED)?;
        let read = output.take(MAX_LIST + 1).read_to_end(&mut bytes);
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > MAX_LIST {
            end(child);
            return Err("it has too many files");
        }
        let is_read = read.is_ok() && child.wait().is_ok_and(|status| status.success());
        if !is_read {
            return Err(FAILED);
        }
        let lines = bytes
            .split(|byte| *byte == 0)
            .filter(|line| !line.is_empty());
        let mut tree = Tree::new();
        for line in lines {
            // A name that is not UTF-8 may stand beside one that is.
            let Ok(line) = std::str::from_utf8(line) else {
                continue;
            };
            let (path, entry) = entry(line).ok_or(FAILED)?;
            if let Some(entry) = entry {
                tree.insert(path.to_owned(), entry);
            }
        }
        Ok(tree)
    }

    /// The contents of files by their object ids, in their order.
    pub(crate) fn blobs(&self, entries: &[&TreeEntry]) -> Result<Vec<Vec<u8>>, &'static str> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let mut child = start(
            git(&self.root)
                .args(["cat-file", "--batch"])
                .stdin(Stdio::piped()),
        )?;
        let mut input = child.stdin.take().ok_or(FAILED)?;
        let mut output = BufReader::new(child.stdout.take().ok_or(FAILED)?);
        let asked: String = entries
            .iter()
            .map(|entry| format!("{}\n", entry.oid))
            .collect();
        let read = std::thread::scope(|scope| {
            // A pipe that nobody reads any more ends the writer.
            scope.spawn(move || input.write_all(asked.as_bytes()));
            let read: Option<Vec<Vec<u8>>> = entries
                .iter()
                .map(|entry| blob(&mut output, entry))
                .collect();
            drop(output);
            read
        });
        end(child);
        read.ok_or(FAILED)
    }
}

const FAILED: &str = "git could not read it";

/// One object as `cat-file --batch` writes it: a line with its id, type and size, its bytes, and a line's end.
fn blob(output: &mut impl std::io::BufRead, entry: &TreeEntry) -> Option<Vec<u8>> {
    let mut line = String::new();
    output.by_ref().take(256).read_line(&mut line).ok()?;
    let mut parts = line.split_ascii_whitespace();
    let is_it = parts.next() == Some(&entry.oid) && parts.next() == Some("blob");
    let size: u64 = parts.next()?.parse().ok()?;
    if !is_it || size != entry.size {
        return None;
    }
    let mut bytes = Vec::new();
    output.by_ref().take(size).read_to_end(&mut bytes).ok()?;
    let mut end = [0];
    output.read_exact(&mut end).ok()?;
    (u64::try_from(bytes.len()) == Ok(size) && end == *b"\n").then_some(bytes)
}

/// A line of `ls-tree -l`: mode, type, object id and size, a tabulator, and the path.
fn entry(line: &str) -> Option<(&str, Option<TreeEntry>)> {
    let (facts, path) = line.split_once('\t')?;
    let mut facts = facts.split_ascii_whitespace();
    let kind = EntryKind::of_mode(facts.next()?);
    let (_, oid, size) = (facts.next()?, facts.next()?, facts.next()?);
    let entry = kind.map(|kind| TreeEntry {
        kind,
        oid: oid.to_owned(),
        size: size.parse().unwrap_or(0),
    });
    Some((path, entry))
}

fn is_oid(text: &str) -> bool {
    [40, 64].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn start(command: &mut Command) -> Result<Child, &'static str> {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().map_err(|_| "git cannot be run")
}

/// Ends a program that is not needed any more. It may have ended by itself.
fn end(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// The git program, in a folder, without what the environment or the repository would make it run.
fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(folder)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .args([
            "--no-pager",
            "--no-replace-objects",
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "core.fsmonitor=false",
            "-c",
            "protocol.allow=never",
        ])
        .stdin(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(folder: &Path, arguments: &[&str]) -> String {
        let output = git(folder)
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn repository() -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), &["init", "--quiet"]);
        std::fs::create_dir(folder.path().join("deploy")).unwrap();
        std::fs::write(folder.path().join("deploy/a b\nc.yaml"), "kind: Pod\n").unwrap();
        std::fs::write(folder.path().join("empty"), "").unwrap();
        std::fs::write(folder.path().join("bytes"), [0, 10, 255]).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link.yaml")).unwrap();
        run(folder.path(), &["add", "--all"]);
        run(folder.path(), &["commit", "--quiet", "--message", "a"]);
        let oid = run(folder.path(), &["rev-parse", "HEAD"]);
        (folder, oid)
    }

    #[test]
    fn files_are_read_from_objects_and_not_from_the_working_tree() {
        let (folder, oid) = repository();
        std::fs::write(folder.path().join("empty"), "changed").unwrap();
        let found = LocalRepository::find(&folder.path().join("deploy")).unwrap();
        assert!(found.has(&oid));
        let tree = found.tree(&oid).unwrap();
        let names: Vec<&str> = tree.keys().map(String::as_str).collect();
        assert_eq!(names, ["bytes", "deploy/a b\nc.yaml", "empty", "link.yaml"]);
        assert_eq!(tree["link.yaml"].kind, EntryKind::Symlink);
        let entries: Vec<&TreeEntry> = tree.values().collect();
        let read = found.blobs(&entries).unwrap();
        assert_eq!(read[0], [0, 10, 255]);
        assert_eq!(read[1], b"kind: Pod\n");
        assert!(read[2].is_empty());
        assert_eq!(read[3], b"/etc/passwd");
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let (folder, _) = repository();
        let found = LocalRepository::find(folder.path()).unwrap();
        let absent = "1111111111111111111111111111111111111111";
        assert!(!found.has(absent));
        assert!(!found.has("HEAD"));
        assert!(!found.has("--help"));
        assert!(found.tree(absent).is_err());
        assert!(found.tree("--help").is_err());
        let entry = TreeEntry {
            kind: EntryKind::File,
            oid: absent.to_owned(),
            size: 1,
        };
        assert!(found.blobs(&[&entry]).is_err());
        assert!(LocalRepository::find(Path::new("/")).is_none());
    }
}
