//! Who causes records.

use std::env;

use soc2gate_ledger::record::{Actor, ActorKind};

/// Who runs this program: who is named, the workflow, or the user of the system.
pub(crate) fn actor(named: Option<&str>) -> Actor {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let kind = if variable("GITHUB_ACTIONS").is_some() || variable("CI").is_some() {
        ActorKind::Workflow
    } else {
        ActorKind::User
    };
    let workflow = || {
        let run = variable("GITHUB_RUN_ID")?;
        let repository = variable("GITHUB_REPOSITORY")?;
        let person = variable("GITHUB_ACTOR")?;
        Some(format!(
            "github.com/{repository}/actions/runs/{run} by {person}"
        ))
    };
    let id = named
        .map(str::to_owned)
        .or_else(workflow)
        .or_else(|| variable("USER"))
        .or_else(|| variable("LOGNAME"))
        .or_else(user_id)
        .unwrap_or_else(|| "unknown".to_owned());
    Actor { kind, id }
}

/// The number of the user, where the system tells it and no variable gives a name.
fn user_id() -> Option<String> {
    let owner = std::fs::metadata("/proc/self").ok()?;
    #[cfg(unix)]
    return Some(format!(
        "uid {}",
        std::os::unix::fs::MetadataExt::uid(&owner)
    ));
    #[cfg(not(unix))]
    return None;
}
