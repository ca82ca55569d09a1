//! What all commands share that ask GitHub.

use std::collections::BTreeSet;
use std::env;
use std::io::{IsTerminal as _, stderr};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use soc2gate_engine::{Control, Gate, Library, SubjectKind};
use soc2gate_evidence::PolicySet;
use soc2gate_inputs::SourceFile;
use soc2gate_source::{Code, Diagnostic};

use super::complain;
use crate::args::GitHubArgs;
use crate::collect::github::{Addresses, GitHub, Limits, SystemPace, Token, Wanted};

/// A client as the command line and the environment describe it.
/// `host` is that of an address that was named.
pub(in crate::commands) fn client(
    args: &GitHubArgs,
    host: Option<&str>,
) -> Result<GitHub, Diagnostic> {
    let addresses = Addresses::find(variable)?;
    if host.is_some_and(|host| !addresses.are_of(host)) {
        let message = "the pull request is of another server than GITHUB_API_URL";
        return Err(Diagnostic::new(Code::GitHubAddress, message));
    }
    let token = Token::find(args.token_file.as_deref(), variable)?;
    let timeout = Duration::from_secs(args.github_timeout);
    let pace = Box::new(SystemPace::start());
    GitHub::new(addresses, &token, timeout, pace).map_err(|failure| failure.diagnostic())
}

/// A variable that is set to something.
pub(in crate::commands) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A document as a file that is judged.
pub(in crate::commands) fn written(
    name: &str,
    document: &impl Serialize,
) -> Result<SourceFile, Diagnostic> {
    let text = serde_json::to_string_pretty(document).map_err(|_| {
        Diagnostic::new(
            Code::InternalError,
            "a document about GitHub cannot be written",
        )
    })?;
    Ok(SourceFile {
        name: Arc::from(name),
        text: Arc::from(text),
    })
}

/// What the controls read that judge pull requests; Rego that is no control is what controls share.
pub(super) fn wanted(gate: &Gate, policies: &PolicySet) -> Wanted {
    let judging: BTreeSet<&str> = gate
        .controls()
        .filter(|control| judges(control))
        .map(|control| &*control.file)
        .collect();
    let texts = policies
        .sources
        .iter()
        .filter(|source| judging.contains(&*source.file) || !source.claims_control())
        .map(|source| source.text.as_str());
    Wanted::of_policies(texts)
}

/// What the controls of the library read, or those of them that are named: known before any configuration is.
pub(in crate::commands) fn wanted_by_library(controls: &[String]) -> Wanted {
    let sources = soc2gate_policies::sources();
    if controls.is_empty() {
        return Wanted::of_policies(sources.iter().map(|source| source.text.as_str()));
    }
    let (library, _) = Library::load(&sources);
    let is_named = |control: &Control| controls.contains(&control.id.0);
    let judging: BTreeSet<&str> = library
        .controls()
        .iter()
        .filter(|control| judges(control) && is_named(control))
        .map(|control| &*control.file)
        .collect();
    let texts = sources
        .iter()
        .filter(|source| judging.contains(&*source.file) || !source.claims_control())
        .map(|source| source.text.as_str());
    Wanted::of_policies(texts)
}

fn judges(control: &Control) -> bool {
    let mut inputs = control.inputs.iter();
    inputs.any(|input| input.kind == SubjectKind::PullRequest)
}

/// What is left of the rate limit, for whoever watches.
pub(in crate::commands) fn tell_limits(limits: Option<Limits>) {
    if let Some(limits) = limits
        && stderr().is_terminal()
    {
        complain(&format!(
            "GitHub: {} of {} requests are left until {}",
            limits.remaining, limits.limit, limits.resets
        ));
    }
}
