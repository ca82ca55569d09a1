//! `cargo xtask new-control`: one folder is all that a control touches.

use std::fs;

use anyhow::{Context as _, bail};

use crate::shell;

/// Makes the folder of a control, with every part that tidy asks for and a rule to start from.
pub(crate) fn run(id: &str, path: &str) -> anyhow::Result<()> {
    let Some((family, name)) = path.split_once('/') else {
        bail!("name the folder as family/name, such as logging/audit_trail");
    };
    for part in [family, name] {
        if part.is_empty()
            || !part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        {
            bail!("{part:?}: folders are lower case letters, digits and _");
        }
    }
    let folder = shell::root()
        .join("policies/controls")
        .join(family)
        .join(name);
    if folder.exists() {
        bail!("{} exists already", folder.display());
    }
    fs::create_dir_all(folder.join("cases"))?;
    let package = format!("soc2.{family}.{name}");
    for (file, template) in [
        ("control.rego", include_str!("new_control/control.rego.in")),
        (
            "control_test.rego",
            include_str!("new_control/control_test.rego.in"),
        ),
        (
            "cases/pass-example.yaml",
            include_str!("new_control/pass.yaml.in"),
        ),
        (
            "cases/fail-example.yaml",
            include_str!("new_control/fail.yaml.in"),
        ),
    ] {
        let text = template.replace("@ID@", id).replace("@PACKAGE@", &package);
        fs::write(folder.join(file), text).with_context(|| file.to_owned())?;
    }
    println!(
        "made {}; write it, then: cargo xtask docs && cargo xtask test",
        folder.display()
    );
    Ok(())
}
