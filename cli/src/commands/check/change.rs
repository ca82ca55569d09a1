//! A change: its pull requests, what they are judged by, and the files that they touch.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};

use soc2gate_engine::{Gate, SubjectKind};
use soc2gate_evidence::PolicySet;
use soc2gate_inputs::Reading;
use soc2gate_inputs::pull_request::{ChangedFile, FileStatus, PullRequest};
use soc2gate_source::{Code, Diagnostic};

use super::github::{tell_limits, variable, wanted, wanted_by_library, written};
use super::{Before, Gathered};
use crate::args::JudgingArgs;
use crate::check::Beside;
use crate::collect::github::{
    BaseTip, Collected, Coordinates, GitHub, KnownFiles, Snapshot, Wanted, branch_tip, collect,
    text,
};
use crate::collect::{
    Base, FileReader, FileSource, LocalRepository, Workspace, find, is_input_name, shown,
};

/// One or more pull requests that are judged together.
pub(super) struct Change {
    github: GitHub,
    local: Option<LocalRepository>,
    pulls: Vec<Coordinates>,
    documents: Vec<PullRequest>,
    wanted: Wanted,
    /// The tip of the branch that the change goes to.
    base_oid: String,
    /// The commit of a merge group, where it is one.
    group: Option<String>,
    /// The gate's own files of the base, where the change is judged in its repository.
    pub(super) base: Option<Base>,
}

/// Which files are judged beside the pull requests.
pub(super) struct Touched<'a> {
    pub(super) paths: &'a [PathBuf],
    pub(super) new_only: bool,
}

impl Change {
    /// Reads the pull requests, and what they are judged by.
    pub(super) fn read(
        github: GitHub,
        pulls: Vec<Coordinates>,
        group: Option<String>,
        args: &JudgingArgs,
    ) -> Result<Self, Diagnostic> {
        let wanted = wanted_by_library(&args.controls);
        let mut collected = collected(&github, &pulls, wanted)?;
        let tip = collected.first_mut().and_then(|first| first.base.take());
        let documents: Vec<PullRequest> = collected.into_iter().map(|read| read.document).collect();
        let nothing = || Diagnostic::new(Code::InternalError, "there is no pull request to judge");
        let (first, pull) = documents.first().zip(pulls.first()).ok_or_else(nothing)?;
        let repository = format!("{}/{}", pull.owner, pull.name);
        let base_ref = first.base.r#ref.as_str();
        if documents
            .iter()
            .any(|document| document.base.r#ref.as_str() != base_ref)
        {
            let message = "the pull requests of the merge group go to several branches";
            return Err(Diagnostic::new(Code::MergeGroupUnclear, message));
        }
        let recorded = first.base.oid.as_str().to_owned();
        let here = env::current_dir().unwrap_or_default();
        let local = LocalRepository::find(&here);
        let is_named = variable("GITHUB_REPOSITORY")
            .is_some_and(|named| named.eq_ignore_ascii_case(&repository));
        let is_here = is_named || local.as_ref().is_some_and(|local| local.has(&recorded));
        let mut change = Self {
            github,
            local,
            pulls,
            documents,
            wanted,
            base_oid: recorded,
            group,
            base: None,
        };
        if is_here {
            change.read_base(&repository, args, &here, tip)?;
        }
        Ok(change)
    }

    fn read_base(
        &mut self,
        repository: &str,
        args: &JudgingArgs,
        here: &Path,
        tip: Option<BaseTip>,
    ) -> Result<(), Diagnostic> {
        let tip = match tip {
            Some(tip) => Some(tip),
            None => self.ask_tip(repository)?,
        };
        let mut known = KnownFiles::new();
        if let Some(tip) = tip {
            self.base_oid = tip.oid;
            known = tip.known;
        }
        let snapshot = self.snapshot("base", repository, &self.base_oid)?;
        let snapshot = snapshot.knowing(known);
        let base = base_of(&snapshot, self.local.as_ref(), args, here)?;
        self.base = Some(base);
        Ok(())
    }

    /// The tip of the base branch, where it did not come with the pull request.
    fn ask_tip(&self, repository: &str) -> Result<Option<BaseTip>, Diagnostic> {
        let first = self.documents.first();
        let base_ref = first.map_or("", |first| first.base.r#ref.as_str());
        let oid = branch_tip(&self.github, repository, base_ref)
            .map_err(|failure| failure.diagnostic())?;
        Ok(oid.map(|oid| BaseTip {
            oid,
            known: KnownFiles::new(),
        }))
    }

    fn snapshot(
        &self,
        role: &'static str,
        repository: &str,
        oid: &str,
    ) -> Result<Snapshot<'_>, Diagnostic> {
        Snapshot::read(role, self.local.as_ref(), &self.github, repository, oid)
    }

    /// The documents as they are judged.
    pub(super) fn gather(
        &self,
        gate: &Gate,
        policies: &PolicySet,
        args: &JudgingArgs,
        touched: Option<&Touched<'_>>,
    ) -> Gathered {
        let mut gathered = Gathered::fetched(args.max_file_size);
        if let Err(problem) = self.take_documents(gate, policies, &mut gathered) {
            gathered.diagnostics.push(problem);
        }
        gathered.reading = Reading {
            kind: touched.is_none().then_some(SubjectKind::PullRequest),
            documents: touched.is_some() && gate.asks_for(SubjectKind::Document),
            ..Reading::default()
        };
        if let Some(touched) = touched
            && let Err(problem) = self.take_files(gate, args, touched, &mut gathered)
        {
            gathered.diagnostics.push(problem);
        }
        tell_limits(self.github.limits());
        gathered
    }

    fn take_documents(
        &self,
        gate: &Gate,
        policies: &PolicySet,
        gathered: &mut Gathered,
    ) -> Result<(), Diagnostic> {
        let all = self.wanted.or(wanted(gate, policies));
        let again = if all == self.wanted {
            None
        } else {
            let again = collected(&self.github, &self.pulls, all)?;
            let again: Vec<PullRequest> = again.into_iter().map(|read| read.document).collect();
            Some(again)
        };
        let documents = again.as_ref().unwrap_or(&self.documents);
        let mut names = BTreeSet::new();
        for (pull, document) in self.pulls.iter().zip(documents) {
            let name = pull.to_string();
            gathered
                .sources
                .push(gathered.reader.take(written(&name, document)?));
            names.insert(name);
        }
        gathered.documents = Some(names);
        Ok(())
    }

    /// Adds the files that the change touches, as they are at its head.
    fn take_files(
        &self,
        gate: &Gate,
        args: &JudgingArgs,
        touched: &Touched<'_>,
        gathered: &mut Gathered,
    ) -> Result<(), Diagnostic> {
        let Some((pull, first)) = self.pulls.first().zip(self.documents.first()) else {
            return Ok(());
        };
        let repository = format!("{}/{}", pull.owner, pull.name);
        let documents = gathered.reading.documents;
        let changed = self.changed(documents)?;
        let head_oid = self.group.as_deref().unwrap_or(first.head.oid.as_str());
        let head = self.snapshot("head", &repository, head_oid)?;
        if !changed.is_empty() {
            // Listed once, so that a list that cannot be read is one problem.
            head.tree()?;
        }
        let mut paths: Vec<&str> = Vec::new();
        for path in changed.keys() {
            match head.file(path, args.max_file_size) {
                Ok(_) => paths.push(path),
                // A later pull request of the group removed it again.
                Err(_) if self.pulls.len() > 1 && !head.has(path)? => {}
                Err(problem) => gathered.diagnostics.push(problem),
            }
        }
        let mut judged = BTreeSet::new();
        for (path, bytes) in paths.iter().zip(head.bytes(&paths, args.max_file_size)?) {
            match text(path, bytes) {
                Ok(file) => {
                    gathered.sources.push(gathered.reader.take(file));
                    judged.insert((*path).to_owned());
                }
                Err(problem) => gathered.diagnostics.push(problem),
            }
        }
        let (found, problems) = find(touched.paths, true, documents);
        gathered.diagnostics.extend(problems);
        let is_more = |source: &FileSource| match source {
            FileSource::Path(path) => !judged.contains(&shown(path)),
            _ => true,
        };
        let more: Vec<FileSource> = found.into_iter().filter(is_more).collect();
        gathered.beside = self.beside(
            &head,
            gate,
            args,
            &mut gathered.reader,
            &mut gathered.diagnostics,
            judged.is_empty(),
        );
        if let Beside::Files(files) = &mut gathered.beside {
            files.extend(more.iter().cloned());
        }
        gathered.sources.extend(more);
        if touched.new_only && !judged.is_empty() {
            gathered.before =
                Some(self.before(&repository, &changed, gate, args, &mut gathered.diagnostics)?);
        }
        Ok(())
    }

    /// The files that are inputs, with the path that each had before. What is the gate's own is none.
    fn changed(&self, documents: bool) -> Result<BTreeMap<&str, &str>, Diagnostic> {
        let mut changed = BTreeMap::new();
        for (pull, document) in self.pulls.iter().zip(&self.documents) {
            let files = document.files.as_ref().filter(|files| files.complete);
            let files = files.ok_or_else(|| {
                let message =
                    format!("not all files that {pull} changes are known, so they are not judged");
                Diagnostic::new(Code::CommitUnreadable, message)
            })?;
            let is_input = |file: &&ChangedFile| {
                let path = file.path.as_str();
                let is_own = self.base.as_ref().is_some_and(|base| base.owns(path));
                file.status != FileStatus::Removed && is_input_name(path, documents) && !is_own
            };
            for file in files.items.iter().filter(is_input) {
                let previous = file
                    .previous_path
                    .as_ref()
                    .filter(|_| file.status == FileStatus::Renamed);
                let previous = previous.map_or(file.path.as_str(), |path| path.as_str());
                changed.entry(file.path.as_str()).or_insert(previous);
            }
        }
        Ok(changed)
    }

    /// The files as they are on the base branch, by the names that they have now.
    fn before(
        &self,
        repository: &str,
        changed: &BTreeMap<&str, &str>,
        gate: &Gate,
        args: &JudgingArgs,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<Before, Diagnostic> {
        let base = self.snapshot("base", repository, &self.base_oid)?;
        base.tree()?;
        let mut reader = FileReader::new(args.max_file_size);
        let there: Vec<(&str, &str)> = changed
            .iter()
            .map(|(path, previous)| (*path, *previous))
            .filter(|(_, previous)| base.file(previous, args.max_file_size).is_ok())
            .collect();
        let previous: Vec<&str> = there.iter().map(|(_, previous)| *previous).collect();
        let mut sources = Vec::new();
        for ((path, _), bytes) in there.iter().zip(base.bytes(&previous, args.max_file_size)?) {
            // What was no text has no findings that could be known.
            if let Ok(file) = text(path, bytes) {
                sources.push(reader.take(file));
            }
        }
        let beside = self.beside(
            &base,
            gate,
            args,
            &mut reader,
            diagnostics,
            sources.is_empty(),
        );
        Ok(Before {
            sources,
            reader,
            beside,
        })
    }

    /// All manifests of a commit, where controls compare files.
    fn beside(
        &self,
        commit: &Snapshot<'_>,
        gate: &Gate,
        args: &JudgingArgs,
        reader: &mut FileReader,
        diagnostics: &mut Vec<Diagnostic>,
        is_idle: bool,
    ) -> Beside {
        let compares =
            !gate.context_resources(SubjectKind::Kubernetes).is_empty() || gate.reads_inventory();
        if !compares || is_idle {
            return Beside::Judged;
        }
        let is_own = |path: &str| self.base.as_ref().is_some_and(|base| base.owns(path));
        let is_meant = |path: &&str| is_input_name(path, false) && !is_own(path);
        let read = if commit.is_local() {
            // What a link leads to is a file of its own.
            commit.plain_files().and_then(|paths| {
                let paths: Vec<&str> = paths.into_iter().filter(is_meant).collect();
                let all = commit.bytes(&paths, args.max_file_size)?;
                let files = paths.iter().zip(all).map(|(path, bytes)| text(path, bytes));
                files.collect::<Result<Vec<_>, _>>()
            })
        } else {
            let message = "the repository is not checked out with the commits of the change";
            Err(Diagnostic::new(Code::ContextCut, message))
        };
        match read {
            Ok(files) => Beside::Files(files.into_iter().map(|file| reader.take(file)).collect()),
            Err(problem) => {
                let code = if gate.reads_inventory() {
                    // A template that looks for another object would find none.
                    Code::CommitUnreadable
                } else {
                    Code::ContextCut
                };
                let message = format!(
                    "controls that compare files see no other file: {}",
                    problem.message
                );
                diagnostics.push(Diagnostic::new(code, message));
                Beside::Nothing
            }
        }
    }
}

/// The gate's own files at a commit of the repository that is judged.
pub(super) fn base_of(
    snapshot: &Snapshot<'_>,
    local: Option<&LocalRepository>,
    args: &JudgingArgs,
    here: &Path,
) -> Result<Base, Diagnostic> {
    let workspace = variable("GITHUB_WORKSPACE").map(PathBuf::from);
    let root = local.map(|local| local.root().to_path_buf()).or(workspace);
    let workspace = Workspace::new(root.as_deref().unwrap_or(here), here);
    Base::take(
        snapshot,
        &workspace,
        &args.policies,
        args.baseline.as_deref(),
    )
}

fn collected(
    github: &GitHub,
    pulls: &[Coordinates],
    wanted: Wanted,
) -> Result<Vec<Collected>, Diagnostic> {
    let read = pulls.iter().map(|pull| collect(github, pull, wanted));
    read.collect::<Result<_, _>>()
        .map_err(|failure| failure.diagnostic())
}
