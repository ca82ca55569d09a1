//! What a change is judged by: configuration, exceptions, baseline and policies that lie in the judged repository are
//! those of the base branch, so that no change loosens its own judgement. Paths outside of the repository belong to
//! whoever runs the gate and are taken as they are.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use soc2gate_engine::Config;
use soc2gate_host::{Loaded, load_from};
use soc2gate_source::{Code, Diagnostic};
use tempfile::TempDir;

use super::CONFIG_NAME;
use super::github::{self, Snapshot};
use crate::args::{BundleArgs, ExistingArgs, PolicyArgs};

/// Largest file that is taken from the base, in bytes.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The gate's own files as they are at the base, in a folder of their own.
#[derive(Debug)]
pub(crate) struct Base {
    folder: TempDir,
    /// Where settings and controls come from.
    pub(crate) policies: PolicyArgs,
    /// The file of what was wrong before that the command line names.
    pub(crate) baseline: Option<PathBuf>,
    /// The configuration as it would be named in the working folder.
    pub(crate) config: Option<PathBuf>,
    /// Paths in the repository that are the gate's own, and no inputs of it.
    own: BTreeSet<String>,
}

/// Where the judged repository is, and where the program runs in it.
pub(crate) struct Workspace {
    root: PathBuf,
    here: PathBuf,
}

impl Workspace {
    /// The working folder `here` in the repository whose working tree is at `root`.
    pub(crate) fn new(root: &Path, here: &Path) -> Self {
        let canonical = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        Self {
            root: canonical(root),
            here: canonical(here),
        }
    }

    /// A path as the repository names it; `None` where it lies elsewhere, also by way of a symbolic link.
    fn inside(&self, path: &Path) -> Option<String> {
        let plain = plain(&self.here.join(path));
        let led_to = || fs::canonicalize(self.here.join(path)).ok();
        let below = |path: &Path| path.strip_prefix(&self.root).map(Path::to_path_buf).ok();
        let parts = below(&plain).or_else(|| below(&led_to()?))?;
        let parts: Option<Vec<&str>> = parts.iter().map(|part| part.to_str()).collect();
        Some(parts?.join("/"))
    }
}

/// A path without `.` and `..`, whatever links are on the way.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

impl Base {
    /// Takes what the command line and the configuration of the base name out of the base.
    pub(crate) fn take(
        snapshot: &Snapshot<'_>,
        workspace: &Workspace,
        args: &PolicyArgs,
        baseline: Option<&Path>,
    ) -> Result<Self, Diagnostic> {
        let folder = stand_in()?;
        let mut taking = Taking {
            snapshot,
            workspace,
            folder: folder.path(),
            own: BTreeSet::new(),
        };
        let config = taking.config(args.config.as_deref())?;
        let mut policies = PolicyArgs {
            config: None,
            policies: Vec::new(),
            bundles: args.bundles.clone(),
        };
        let mut named = None;
        if let Some(path) = config {
            policies.config = Some(taking.named(&path)?);
            if let Some(inside) = workspace.inside(&path) {
                taking.of_config(&inside)?;
            }
            named = Some(path);
        }
        for path in &args.policies {
            policies.policies.push(taking.named(path)?);
        }
        let key = args.bundles.verification_key.as_deref();
        policies.bundles.verification_key = key.map(|path| taking.named(path)).transpose()?;
        let baseline = baseline.map(|path| taking.named(path)).transpose()?;
        let own = taking.own;
        Ok(Self {
            folder,
            policies,
            baseline,
            config: named,
            own,
        })
    }

    /// The base of a change that could not be read: nothing of the repository is used.
    pub(crate) fn unread() -> Result<Self, Diagnostic> {
        Ok(Self {
            folder: stand_in()?,
            policies: PolicyArgs {
                config: None,
                policies: Vec::new(),
                bundles: BundleArgs::default(),
            },
            baseline: None,
            config: None,
            own: BTreeSet::new(),
        })
    }

    /// The folder that stands for the root of the repository.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Whether a file of the change is the gate's own.
    pub(crate) fn owns(&self, path: &str) -> bool {
        let mut folder = Some(path);
        while let Some(part) = folder {
            if self.own.contains(part) {
                return true;
            }
            folder = part.rsplit_once('/').map(|(folder, _)| folder);
        }
        false
    }

    /// What the base judges by: what it does not have is not looked for elsewhere.
    pub(crate) fn load(&self, existing: &ExistingArgs) -> Loaded {
        let args = &self.policies;
        let loaded = load_from(args.config.as_deref(), args, existing, Some(self.folder()));
        let diagnostics = self.renamed(loaded.diagnostics);
        Loaded {
            diagnostics,
            ..loaded
        }
    }

    /// Problems that name files of the base as the repository does.
    pub(crate) fn renamed(&self, problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let prefix = format!("{}/", self.folder.path().display());
        let short = |text: &str| text.replace(&prefix, "");
        let renamed = problems.into_iter().map(|mut problem| {
            problem.message = short(&problem.message);
            if let Some(location) = &mut problem.location {
                location.file = short(&location.file);
            }
            problem
        });
        renamed.collect()
    }
}

fn stand_in() -> Result<TempDir, Diagnostic> {
    TempDir::new().map_err(|error| {
        let message = format!(
            "no folder can be made for files of the base: {}",
            error.kind()
        );
        Diagnostic::new(Code::BaseUnreadable, message)
    })
}

struct Taking<'a> {
    snapshot: &'a Snapshot<'a>,
    workspace: &'a Workspace,
    folder: &'a Path,
    own: BTreeSet<String>,
}

impl Taking<'_> {
    /// The configuration: the one that is named, or the nearest that the base has above the working folder.
    fn config(&self, named: Option<&Path>) -> Result<Option<PathBuf>, Diagnostic> {
        if let Some(path) = named {
            if let Some(inside) = self.workspace.inside(path)
                && !self.snapshot.has(&inside)?
            {
                let message = format!("{} is not on the base branch", path.display());
                return Err(Diagnostic::new(Code::BaseUnreadable, message));
            }
            return Ok(Some(path.to_path_buf()));
        }
        let mut up = PathBuf::new();
        for folder in self.workspace.here.ancestors() {
            let inside = self.workspace.inside(&folder.join(CONFIG_NAME));
            let Some(inside) = inside else { break };
            if self.snapshot.has(&inside)? {
                return Ok(Some(up.join(CONFIG_NAME)));
            }
            up.push("..");
        }
        Ok(None)
    }

    /// Takes what a configuration of the base, which was taken, names.
    fn of_config(&mut self, inside: &str) -> Result<(), Diagnostic> {
        let bytes = fs::read(self.folder.join(inside)).map_err(|error| {
            let message = format!("{inside} of the base cannot be used: {}", error.kind());
            Diagnostic::new(Code::BaseUnreadable, message)
        })?;
        let file = github::text(inside, bytes)?;
        // Whoever loads it reports what is wrong with it.
        let (config, _) = Config::parse(&file.name, &file.text);
        let raw = config.raw();
        let key = raw.bundle_verification.as_ref();
        let all = raw
            .policies
            .iter()
            .chain(&raw.exceptions)
            .chain(&raw.baseline)
            .map(PathBuf::from)
            .chain(key.map(|verification| PathBuf::from(&verification.key)));
        let home = self.workspace.root.join(inside);
        let home = home.parent().unwrap_or(&self.workspace.root).to_path_buf();
        for path in all {
            self.named(&home.join(path))?;
        }
        Ok(())
    }

    /// Takes a file or a folder, and says where it is then.
    fn named(&mut self, path: &Path) -> Result<PathBuf, Diagnostic> {
        let Some(inside) = self.workspace.inside(path) else {
            return Ok(path.to_path_buf());
        };
        let files = self.snapshot.below(&inside)?;
        let texts = self.snapshot.bytes(&files, MAX_BYTES)?;
        for (file, bytes) in files.iter().zip(texts) {
            write(self.folder, file, &bytes)?;
        }
        self.own.insert(inside.clone());
        Ok(self.folder.join(inside))
    }
}

/// Writes a file below a folder.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
    let is_plain = |part: &str| {
        !part.is_empty() && !part.contains('\\') && ![".", "..", ".git"].contains(&part)
    };
    let failed = |why: String| {
        let message = format!("{name} of the base cannot be used: {why}");
        Diagnostic::new(Code::BaseUnreadable, message)
    };
    if !name.split('/').all(is_plain) {
        return Err(failed("it has no plain name".to_owned()));
    }
    let path = folder.join(name);
    path.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(&path, bytes))
        .map_err(|error| failed(error.kind().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_inside_whatever_way_leads_there() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("repository");
        fs::create_dir_all(root.join("deploy")).unwrap();
        let workspace = Workspace::new(&root, &root.join("deploy"));
        let inside = |path: &str| workspace.inside(Path::new(path));
        assert_eq!(inside("policies").as_deref(), Some("deploy/policies"));
        assert_eq!(inside("../soc2gate.yaml").as_deref(), Some("soc2gate.yaml"));
        assert_eq!(inside("../../elsewhere"), None);
        assert_eq!(inside("/opt/policies"), None);
        #[cfg(unix)]
        {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(root.join("deploy"), &link).unwrap();
            assert_eq!(workspace.inside(&link).as_deref(), Some("deploy"));
        }
    }

    #[test]
    fn nothing_is_written_outside_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["../a", "a/../../b", "/a", "a//b", ".git/config", "a\\b"] {
            assert!(write(folder.path(), name, b"x").is_err(), "{name}");
        }
        write(folder.path(), "a/b.rego", b"x").unwrap();
        assert!(folder.path().join("a/b.rego").is_file());
    }
}
