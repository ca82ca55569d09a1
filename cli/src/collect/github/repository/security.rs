//! Scanning and alerts.

use serde::Deserialize;
use soc2gate_inputs::github::{CodeScan, Security, Switch, UnavailableOfSecurity};
use soc2gate_inputs::pull_request::{Text, Timestamp};

use crate::collect::github::client::{Failure, segment};
use crate::collect::github::facts::{Section, gap};
use crate::collect::github::part::{Part, Whole, not_shown, put, told};

const ADMINISTRATION: &str = "administration:read";
const SECURITY_EVENTS: &str = "security_events:read";

/// REST `security_and_analysis` of the repository.
#[derive(Deserialize)]
pub(super) struct RawAnalysis {
    secret_scanning: Option<RawStatus>,
    secret_scanning_push_protection: Option<RawStatus>,
    dependabot_security_updates: Option<RawStatus>,
}

#[derive(Deserialize)]
struct RawStatus {
    status: Option<Switch>,
}

#[derive(Deserialize)]
struct RawUpdates {
    enabled: bool,
    paused: bool,
}

#[derive(Deserialize)]
struct RawSetup {
    state: Option<String>,
}

#[derive(Deserialize)]
struct RawScan {
    tool: RawTool,
    created_at: String,
}

#[derive(Deserialize)]
struct RawTool {
    name: String,
}

/// What is scanned; `branch` is the default branch.
pub(super) fn security(
    whole: &Whole<'_>,
    analysis: Option<RawAnalysis>,
    branch: Option<&str>,
) -> Result<Security, Failure> {
    let mut gaps = UnavailableOfSecurity::default();
    let (secrets, pushes, updates) = match analysis {
        Some(all) => (
            all.secret_scanning,
            all.secret_scanning_push_protection,
            all.dependabot_security_updates,
        ),
        None => (None, None, None),
    };
    let shown = |status: Option<RawStatus>| {
        let status = status.and_then(|status| status.status);
        status.ok_or_else(|| not_shown(ADMINISTRATION))
    };
    let updates = match shown(updates) {
        Ok(updates) => Ok(updates),
        Err(_) => dependabot_updates(whole)?,
    };
    Ok(Security {
        secret_scanning: put(shown(secrets), &mut gaps.secret_scanning),
        push_protection: put(shown(pushes), &mut gaps.push_protection),
        dependabot_alerts: put(dependabot_alerts(whole)?, &mut gaps.dependabot_alerts),
        dependabot_updates: put(updates, &mut gaps.dependabot_updates),
        code_scanning_default_setup: put(
            default_setup(whole)?,
            &mut gaps.code_scanning_default_setup,
        ),
        latest_code_scan: put(latest_scan(whole, branch)?, &mut gaps.latest_code_scan),
        unavailable: told(gaps),
    })
}

fn switch(is_on: bool) -> Switch {
    if is_on {
        Switch::Enabled
    } else {
        Switch::Disabled
    }
}

fn dependabot_alerts(whole: &Whole<'_>) -> Part<Switch> {
    // Without the permission the same status says "Not Found".
    let says_no =
        |status, message: &str| status == 404 && message == "Vulnerability alerts are disabled.";
    let what = "the state of Dependabot alerts";
    let below = "/vulnerability-alerts";
    Ok(whole
        .is_there(what, below, ADMINISTRATION, &says_no)?
        .map(switch))
}

fn dependabot_updates(whole: &Whole<'_>) -> Part<Switch> {
    let what = "the state of Dependabot security updates";
    let read: Section<RawUpdates> =
        whole.part(what, "/automated-security-fixes", ADMINISTRATION)?;
    Ok(read.map(|raw| switch(raw.enabled && !raw.paused)))
}

/// Whether GitHub says that code scanning cannot run at all, as code security is off or not bought. A refusal for want of
/// a permission says something else.
fn is_off(status: u16, message: &str) -> bool {
    status == 403
        && message
            .trim_end_matches('.')
            .ends_with("must be enabled for this repository to use code scanning")
}

fn default_setup(whole: &Whole<'_>) -> Part<Switch> {
    let what = "the setup of code scanning";
    let below = "/code-scanning/default-setup";
    let read: Option<RawSetup> = match whole.part_unless(what, below, ADMINISTRATION, &is_off)? {
        Ok(read) => read,
        Err(gap) => return Ok(Err(gap)),
    };
    let state = read.map(|setup| setup.state);
    Ok(match state {
        None => Ok(Switch::Disabled),
        Some(state) => match state.as_deref() {
            Some("configured") => Ok(Switch::Enabled),
            Some("not-configured") => Ok(Switch::Disabled),
            _ => Err(gap(
                "GitHub's answer does not have the shape that it should",
                None,
            )),
        },
    })
}

fn latest_scan(whole: &Whole<'_>, branch: Option<&str>) -> Part<Option<CodeScan>> {
    let Some(branch) = branch else {
        return Ok(Ok(None));
    };
    let reference = segment(&format!("refs/heads/{branch}"));
    let below =
        format!("/code-scanning/analyses?ref={reference}&sort=created&direction=desc&per_page=1");
    let says_no = |status, message: &str| {
        is_off(status, message) || (status == 404 && message == "no analysis found")
    };
    let what = "the analyses of code scanning";
    let read: Section<Option<Vec<RawScan>>> =
        whole.part_unless(what, &below, SECURITY_EVENTS, &says_no)?;
    Ok(read.map(|scans| {
        let latest = scans.unwrap_or_default().into_iter().next()?;
        Some(CodeScan {
            tool: Text(latest.tool.name),
            at: Timestamp(latest.created_at),
        })
    }))
}
