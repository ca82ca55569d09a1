//! `soc2gate control new`.

use std::path::Path;

use anyhow::Context as _;
use soc2gate_engine::SubjectKind;

use super::complain;
use crate::args::NewControlArgs;
use crate::scaffold::NewControl;

/// Makes the folder of a control.
pub(super) fn run(args: &NewControlArgs) -> anyhow::Result<()> {
    let kind = args.kind.0;
    let package = match &args.package {
        Some(package) => package.clone(),
        None => package_of(&args.folder)?,
    };
    let resource = match (kind, &args.resource) {
        (SubjectKind::Kubernetes, Some(resource)) => resource.as_str(),
        (_, Some(_)) => {
            anyhow::bail!("subjects of kind {kind} have no types: leave out --resource")
        }
        (_, None) => "apps/Deployment",
    };
    let control = NewControl {
        id: &args.id,
        package: &package,
        kind,
        resource,
    };
    control.write(&args.folder)?;
    let folder = args.folder.display();
    complain(&format!("made {folder}; now run: soc2gate test {folder}"));
    Ok(())
}

/// `controls.owner_label` for a folder `controls/Owner-Label`.
fn package_of(folder: &Path) -> anyhow::Result<String> {
    let name = folder
        .file_name()
        .context("the folder has no name to call the package after; name it with --package")?;
    let name: String = name
        .to_string_lossy()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    Ok(format!("controls.{name}"))
}
