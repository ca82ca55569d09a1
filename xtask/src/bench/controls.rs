//! Controls in large numbers: those of the library, each time with an id, a package and a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use soc2gate_engine::{Library, PolicySource};
use soc2gate_policies::sources;

/// The guide for authors, whose first control is of the size that people write.
const GUIDE: &str = include_str!("../../../docs/writing-controls.md");

/// What is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Originals {
    /// The controls of the library, one after the other.
    Library,
    /// The control of the guide.
    Guide,
}

/// Writes as many controls below a folder as someone asks for, and returns the folder they are in.
pub(super) fn generate(parent: &Path, count: usize, originals: Originals) -> Result<PathBuf> {
    let folder = parent.join(format!("controls-{count}"));
    let originals = match originals {
        Originals::Library => library(),
        Originals::Guide => vec![guide()?],
    };
    for (number, (id, package, text)) in (0..count).zip(originals.iter().cycle()) {
        let name = format!("control_{number:05}");
        let own = folder.join(&name);
        fs::create_dir_all(&own)?;
        let text = renamed(text, id, package, number, &name)
            .with_context(|| format!("{id} is no control to copy"))?;
        fs::write(own.join("control.rego"), text)?;
    }
    Ok(folder)
}

/// The id, the package and the text of each control of the library.
fn library() -> Vec<(String, String, String)> {
    let sources = sources();
    let (library, _) = Library::load(&sources);
    library
        .controls()
        .iter()
        .filter_map(|control| {
            let source = sources
                .iter()
                .find(|source| *source.file == *control.file)?;
            Some((
                control.id.0.clone(),
                control.package.clone(),
                source.text.clone(),
            ))
        })
        .collect()
}

fn guide() -> Result<(String, String, String)> {
    let (_, after) = GUIDE
        .split_once("```rego\n# METADATA\n")
        .context("the guide shows no control")?;
    let (text, _) = after
        .split_once("```")
        .context("the guide shows no control")?;
    let text = format!("# METADATA\n{text}");
    let (library, _) = Library::load(&[PolicySource {
        text: text.clone(),
        file: "control.rego".to_owned(),
        prechecked: false,
    }]);
    let control = library
        .controls()
        .first()
        .context("the control of the guide does not load")?;
    Ok((control.id.0.clone(), control.package.clone(), text))
}

/// A control under another id and in another package; None where it does not say which it has.
fn renamed(text: &str, id: &str, package: &str, number: usize, name: &str) -> Option<String> {
    let new_id = format!("GEN{}-{:03}", number / 1_000, number % 1_000);
    let clause = format!("\npackage {package}\n");
    let line = format!("  id: {id}\n");
    (text.contains(&clause) && text.contains(&line)).then(|| {
        text.replace(&clause, &format!("\npackage controls.{name}\n"))
            .replace(&line, &format!("  id: {new_id}\n"))
            .replace(&format!("\"{id}\""), &format!("\"{new_id}\""))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_controls_load() {
        for originals in [Originals::Library, Originals::Guide] {
            let parent = tempfile::tempdir().unwrap();
            let folder = generate(parent.path(), 50, originals).unwrap();
            let mut all = sources();
            for entry in fs::read_dir(folder).unwrap() {
                let file = entry.unwrap().path().join("control.rego");
                all.push(PolicySource {
                    text: fs::read_to_string(&file).unwrap(),
                    file: file.to_string_lossy().into_owned(),
                    prechecked: false,
                });
            }
            let (library, problems) = Library::load(&all);
            assert_eq!(problems, []);
            assert_eq!(
                library.controls().len(),
                50 + Library::load(&sources()).0.controls().len()
            );
        }
    }
}
