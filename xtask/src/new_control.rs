//! `cargo xtask new-control`: one folder is all that a control touches.

use anyhow::bail;
use soc2gate_cli::NewControl;
use soc2gate_engine::SubjectKind;

use crate::shell;

/// Makes the folder of a control, with every part that tidy asks for and a rule to start from.
pub(crate) fn run(id: &str, path: &str) -> anyhow::Result<()> {
    let Some((family, name)) = path.split_once('/') else {
        bail!("name the folder as family/name, such as logging/audit_trail");
    };
    let folder = shell::root().join("policies/controls").join(path);
    let control = NewControl {
        id,
        package: &format!("soc2.{family}.{name}"),
        kind: SubjectKind::Kubernetes,
        resource: "Pod",
    };
    control.write(&folder)?;
    println!(
        "made {}; write it, then: cargo xtask docs && cargo xtask test",
        folder.display()
    );
    Ok(())
}
