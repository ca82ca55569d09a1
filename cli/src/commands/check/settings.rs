//! `soc2gate check github`, and the events on which settings are judged.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{IsTerminal as _, stderr};
use std::path::Path;

use clap::ArgMatches;
use serde::Serialize;
use soc2gate_evidence::FrontEnd;
use soc2gate_source::{Code, Diagnostic};

use super::change::base_of;
use super::github::{client, tell_limits, variable, written};
use super::{Gathered, Job, complain, finish};
use crate::args::{CheckEventArgs, CheckGitHubArgs, ExistingArgs, GitHubArgs, JudgingArgs};
use crate::collect::github::{
    Coordinates, Event, Extent, Failure, GitHub, Reached, SharedRulesets, Snapshot, branch_tip,
    collect_organization, collect_repository, default_branch, list_repositories,
};
use crate::collect::{Base, LocalRepository};
use crate::exit::Exit;

/// What is read and judged.
struct Scope<'a> {
    org: Option<&'a str>,
    /// `owner/name`; where there are none, all of the organisation.
    repositories: &'a [String],
    /// The folder that documents are kept in.
    save: Option<&'a Path>,
}

/// Runs the command.
pub(super) fn run(args: &CheckGitHubArgs, matches: Option<&ArgMatches>) -> Exit {
    if args.org.as_deref().is_some_and(|org| !is_account(org)) {
        complain("error: an organisation is named by its login, such as acme");
        return Exit::Usage;
    }
    if !args.repo.iter().all(|name| is_repository(name)) {
        complain("error: a repository is OWNER/REPO");
        return Exit::Usage;
    }
    let scope = Scope {
        org: args.org.as_deref(),
        repositories: &args.repo,
        save: args.save.as_deref(),
    };
    let job = Settings {
        judging: &args.judging,
        github: &args.github,
        front_end: FrontEnd::Check,
    };
    // Without a client nothing is read, and the outputs say so.
    let github = client(&args.github, None);
    job.finish(github.as_ref(), &scope, None, matches)
}

/// Judges the settings of the event's repository, or of an organisation.
pub(super) fn judge_event(
    args: &CheckEventArgs,
    matches: Option<&ArgMatches>,
    event: &Event,
) -> Result<Exit, Diagnostic> {
    if args.org.as_deref().is_some_and(|org| !is_account(org)) {
        complain("error: an organisation is named by its login, such as acme");
        return Ok(Exit::Usage);
    }
    let repository = match variable("GITHUB_REPOSITORY") {
        Some(name) if is_repository(&name) => name,
        Some(_) => {
            let message = "GITHUB_REPOSITORY names no repository";
            return Err(Diagnostic::new(Code::EventInvalid, message));
        }
        None => event.repository_name()?,
    };
    let github = client(&args.github, None)?;
    let base = base(&github, &repository, &args.judging)?;
    let repositories = [repository];
    let scope = Scope {
        org: args.org.as_deref(),
        repositories: if args.org.is_some() {
            &[]
        } else {
            &repositories
        },
        save: None,
    };
    let job = Settings {
        judging: &args.judging,
        github: &args.github,
        front_end: FrontEnd::Action,
    };
    Ok(job.finish(Ok(&github), &scope, Some(&base), matches))
}

/// The gate's own files on the default branch: who starts a workflow on another one cannot loosen the judgement.
fn base(github: &GitHub, repository: &str, args: &JudgingArgs) -> Result<Base, Diagnostic> {
    let failed = |failure: Failure| failure.diagnostic();
    let branch = default_branch(github, repository).map_err(failed)?;
    let tip = match branch {
        Some(branch) => branch_tip(github, repository, &branch).map_err(failed)?,
        None => None,
    };
    let Some(tip) = tip else {
        return Base::unread();
    };
    let here = env::current_dir().unwrap_or_default();
    let local = LocalRepository::find(&here);
    let snapshot = Snapshot::read("base", local.as_ref(), github, repository, &tip)?;
    base_of(&snapshot, local.as_ref(), args, &here)
}

/// How settings are judged.
struct Settings<'a> {
    judging: &'a JudgingArgs,
    github: &'a GitHubArgs,
    front_end: FrontEnd,
}

impl Settings<'_> {
    fn finish(
        &self,
        github: Result<&GitHub, &Diagnostic>,
        scope: &Scope<'_>,
        base: Option<&Base>,
        matches: Option<&ArgMatches>,
    ) -> Exit {
        let job = Job {
            judging: self.judging,
            existing: &ExistingArgs::default(),
            // An organisation may have no repository, but it is a subject itself.
            allow_empty: false,
            front_end: self.front_end,
            base,
            inputs: &[],
            target: None,
            github: self.github,
            gather: &|_, _, _| {
                let mut gathered = Gathered::fetched(self.judging.max_file_size);
                gathered.documents = Some(BTreeSet::new());
                match github {
                    Ok(github) => {
                        Reading::new(github, scope, &mut gathered).read();
                        tell_limits(github.limits());
                    }
                    Err(problem) => gathered.diagnostics.push((*problem).clone()),
                }
                gathered
            },
        };
        finish(&job, matches)
    }
}

/// The documents as they come.
struct Reading<'a> {
    github: &'a GitHub,
    scope: &'a Scope<'a>,
    gathered: &'a mut Gathered,
}

impl<'a> Reading<'a> {
    fn new(github: &'a GitHub, scope: &'a Scope<'a>, gathered: &'a mut Gathered) -> Self {
        Self {
            github,
            scope,
            gathered,
        }
    }

    fn read(&mut self) {
        let (repositories, is_whole) = match (self.scope.repositories, self.scope.org) {
            ([], Some(org)) => match self.listed(org) {
                Some(listed) => listed,
                None => return,
            },
            (named, _) => (named.to_vec(), false),
        };
        let mut reached = Reached::new(is_whole);
        let shared = SharedRulesets::default();
        let mut seen = BTreeSet::new();
        let all = repositories.len();
        for (at, name) in repositories.iter().enumerate() {
            if !seen.insert(name.to_ascii_lowercase()) {
                continue;
            }
            if stderr().is_terminal() && all > 1 {
                complain(&format!("reading {name} ({} of {all})", at + 1));
            }
            self.github.begin();
            match collect_repository(self.github, name, &shared) {
                Ok(document) => {
                    reached.add(&document);
                    let shown = format!("{}/{}", document.owner.as_str(), document.name.as_str());
                    let file = format!("repository.{}.json", document.name.as_str());
                    let owner = document.owner.as_str().to_owned();
                    self.take(&shown, &owner, &file, &document);
                }
                Err(failure) => {
                    reached.miss();
                    let is_last = ends(&failure);
                    let left = if is_last { all - at - 1 } else { 0 };
                    self.miss(name, &failure, left);
                    if is_last {
                        return;
                    }
                }
            }
        }
        if let Some(org) = self.scope.org {
            self.github.begin();
            match collect_organization(self.github, org, &reached) {
                Ok(document) => {
                    let login = document.login.as_str().to_owned();
                    self.take(&login, &login, "organization.json", &document);
                }
                Err(failure) => self.miss(org, &failure, 0),
            }
        }
    }

    /// All repositories of an organisation, and whether they are known to be all.
    fn listed(&mut self, org: &str) -> Option<(Vec<String>, bool)> {
        let listing = match list_repositories(self.github, org) {
            Ok(listing) => listing,
            Err(failure) => {
                self.miss(org, &failure, 0);
                return None;
            }
        };
        let seen = listing.repositories.len();
        let problem = match listing.extent {
            Extent::All => None,
            Extent::Some(all) => {
                let message = format!("{org} has {all} repositories, and the token sees {seen}");
                Some(Diagnostic::new(Code::RepositoriesHidden, message))
            }
            Extent::Uncounted => {
                let message = format!(
                    "the token sees {seen} repositories of {org}, and GitHub does not tell it how many there are"
                );
                Some(Diagnostic::new(Code::RepositoriesUncounted, message))
            }
        };
        self.gathered.diagnostics.extend(problem);
        Some((listing.repositories, listing.extent == Extent::All))
    }

    /// Adds a document to what is judged, and keeps it where it is to be kept.
    fn take(&mut self, name: &str, owner: &str, file: &str, document: &impl Serialize) {
        let text = match written(name, document) {
            Ok(text) => text,
            Err(problem) => {
                self.gathered.diagnostics.push(problem);
                return;
            }
        };
        let documents = self.gathered.documents.get_or_insert_default();
        // Two names may lead to one repository, where it was renamed.
        if !documents.insert(name.to_owned()) {
            return;
        }
        if let Some(folder) = self.scope.save {
            let path = folder.join(owner).join(file);
            let kept = fs::create_dir_all(folder.join(owner))
                .and_then(|()| fs::write(&path, text.text.as_bytes()));
            if let Err(error) = kept {
                let message = format!("{} cannot be written: {}", path.display(), error.kind());
                let problem = Diagnostic::new(Code::OutputFailed, message);
                self.gathered.diagnostics.push(problem);
            }
        }
        let source = self.gathered.reader.take(text);
        self.gathered.sources.push(source);
    }

    /// Notes what could not be read, with how many are not tried after it.
    fn miss(&mut self, name: &str, failure: &Failure, left: usize) {
        let more = if left > 0 {
            format!(" ({left} more were not tried)")
        } else {
            String::new()
        };
        let mut problem = failure.diagnostic();
        problem.message = format!("{name} was not read{more}: {}", problem.message);
        self.gathered.diagnostics.push(problem);
    }
}

/// Whether whatever is asked for next would fail in the same way.
fn ends(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Unauthorized { .. }
            | Failure::RateLimit { .. }
            | Failure::Unreachable { .. }
            | Failure::Client { .. }
    )
}

fn is_repository(text: &str) -> bool {
    Coordinates::new(text, 1).is_some()
}

fn is_account(text: &str) -> bool {
    is_repository(&format!("{text}/x"))
}
