//! Documents that plain policies find below `data`.

use std::path::Path;

use ignore::WalkBuilder;
use serde_json::Value;
use soc2gate_engine::BaseDocuments;
use soc2gate_inputs::Reading;
use soc2gate_source::{Code, Diagnostic, Position, Span};

use super::files::{FileReader, FileSource, cannot_read};

/// Adds a file at the root of `data`, or the files of a folder, each at the folders it lies in.
pub(crate) fn add(
    reader: &FileReader,
    path: &Path,
    data: &mut BaseDocuments,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut found = 0;
    let walk = WalkBuilder::new(path)
        .standard_filters(false)
        .sort_by_file_path(Path::cmp)
        .build();
    for entry in walk {
        let file = match entry {
            Ok(entry) => entry.into_path(),
            Err(error) => {
                diagnostics.push(match error.io_error() {
                    Some(io) => cannot_read(path, io),
                    None => Diagnostic::new(
                        Code::Unreadable,
                        format!("{} cannot be read", path.display()),
                    ),
                });
                return;
            }
        };
        if !file.is_file() || (file != path && !is_data(&file)) {
            continue;
        }
        found += 1;
        diagnostics.extend(add_file(reader, path, &file, data).err());
    }
    if found == 0 {
        let name = path.to_string_lossy();
        let message = format!("{name} holds no document (.yaml, .yml or .json)");
        diagnostics.push(
            Diagnostic::new(Code::PathNotFound, message).at(&*name, Span::at(Position::START)),
        );
    }
}

fn add_file(
    reader: &FileReader,
    root: &Path,
    path: &Path,
    data: &mut BaseDocuments,
) -> Result<(), Diagnostic> {
    let file = reader.read(&FileSource::Path(path.to_path_buf()))?;
    let at = |diagnostic: Diagnostic| diagnostic.at(&*file.name, Span::at(Position::START));
    let mut documents: Vec<Value> = Vec::new();
    for unit in soc2gate_inputs::units(&file, Reading::default()) {
        let document = unit
            .parse()
            .map_err(|error| Diagnostic::from_parse_error(&*file.name, &error))?;
        documents.extend(document.map(|document| document.value));
    }
    let document = match documents.len() {
        0 => return Ok(()),
        1 => documents.remove(0),
        _ => {
            let message = "a file of data holds one document";
            return Err(at(Diagnostic::new(Code::DataInvalid, message)));
        }
    };
    let folders: Vec<String> = path
        .strip_prefix(root)
        .ok()
        .and_then(Path::parent)
        .into_iter()
        .flat_map(Path::components)
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    data.add(&folders, document)
        .map_err(|conflict| at(Diagnostic::new(Code::DataInvalid, conflict.to_string())))
}

/// A file that is read where a folder was named.
fn is_data(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["yaml", "yml", "json"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}
