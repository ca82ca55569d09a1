//! Controls as SARIF rules.

use std::fmt::Write as _;

use soc2gate_engine::{Control, Enforcement, Severity};

use super::log::{Configuration, Descriptor, RuleProperties, Text};

/// GitHub keeps ten tags of a rule.
const MOST_TAGS: usize = 10;

/// A control as a rule.
pub(super) fn rule(control: &Control) -> Descriptor {
    let level = match control.default_enforcement() {
        Enforcement::Deny => "error",
        Enforcement::Warn => "warning",
        Enforcement::Record => "note",
    };
    let criteria = control
        .frameworks
        .soc2
        .iter()
        .map(|criterion| format!("soc2/{criterion}"));
    // A policy that names no criteria gives no evidence for any.
    let soc2 = (!control.frameworks.soc2.is_empty()).then(|| "soc2".to_owned());
    let tags = ["security".to_owned()]
        .into_iter()
        .chain(soc2)
        .chain(criteria);
    Descriptor {
        id: control.id.0.clone(),
        name: name(&control.package),
        short_description: Text::from(control.title.clone()),
        full_description: Text::from(control.description.trim().to_owned()),
        help_uri: control
            .related_resources
            .first()
            .map(|resource| resource.reference.clone()),
        help: help(control),
        default_configuration: Some(Configuration { level }),
        properties: Some(RuleProperties {
            tags: tags.take(MOST_TAGS).collect(),
            precision: "high",
            security_severity: security_severity(control.severity),
        }),
    }
}

/// The number in the band that GitHub shows as the same word.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    }
}

/// `soc2.change.independent_approval` as `IndependentApproval`.
fn name(package: &str) -> String {
    let last = package.rsplit('.').next().unwrap_or(package);
    last.split('_')
        .flat_map(|word| {
            let mut characters = word.chars();
            let first = characters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(characters)
        })
        .collect()
}

fn help(control: &Control) -> Text {
    let description = control.description.trim();
    let remediation = control.remediation.trim();
    let mut text = format!("{remediation}\n\n{description}");
    let mut markdown = format!("**What to do.** {remediation}\n\n{description}\n");
    if !control.frameworks.soc2.is_empty() {
        let criteria = control.frameworks.soc2.join(", ");
        let _ = write!(text, "\n\nSOC 2 criteria: {criteria}");
        let _ = writeln!(markdown, "\n**SOC 2 criteria:** {criteria}");
    }
    for resource in &control.related_resources {
        let name = resource.description.as_ref().unwrap_or(&resource.reference);
        let _ = write!(markdown, "\n- [{name}]({})", resource.reference);
    }
    Text {
        text,
        markdown: Some(markdown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::fixture;

    #[test]
    fn a_rule_has_at_most_ten_tags() {
        let mut control = fixture::run().controls[0].clone();
        control.frameworks.soc2 = (1..20).map(|n| format!("CC6.{n}")).collect();
        let tags = rule(&control).properties.unwrap().tags;
        assert_eq!(tags.len(), MOST_TAGS);
        assert_eq!(tags[..3], ["security", "soc2", "soc2/CC6.1"]);
    }

    #[test]
    fn a_name_is_made_of_the_package() {
        assert_eq!(
            name("soc2.change.independent_approval"),
            "IndependentApproval"
        );
        assert_eq!(name("x"), "X");
    }
}
