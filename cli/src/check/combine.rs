//! All documents of a run as one list, as Conftest's `--combine` hands them to policies.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use soc2gate_engine::{Subject, SubjectKind, SubjectSource};
use soc2gate_inputs::{Format, Reading};
use soc2gate_source::parse_json;

use crate::collect::{FileReader, FileSource};

/// The subject that is the list of all documents; None where there is none. A file that cannot be read or parsed
/// is reported when its documents are judged one by one.
pub(super) fn combined(
    sources: &[FileSource],
    reader: &FileReader,
    reading: Reading,
) -> Option<Subject> {
    let mut documents: Vec<(Arc<str>, Value)> = Vec::new();
    for source in sources {
        let Ok(file) = reader.read(source) else {
            continue;
        };
        let format = reading.format.or_else(|| Format::of_file_name(&file.name));
        let read = soc2gate_inputs::documents(&file, format.unwrap_or(Format::Yaml));
        documents.extend(
            read.subjects
                .into_iter()
                .map(|subject| (Arc::clone(&file.name), subject.document)),
        );
    }
    documents.sort_by(|(a, _), (b, _)| a.cmp(b));
    let (first, _) = documents.first()?;
    // The list is written nowhere: all of it is said to be at the start of its first file.
    let start = parse_json("[]").map(|list| list.map).unwrap_or_default();
    let source = SubjectSource {
        map: start,
        ..SubjectSource::unplaced(Arc::clone(first))
    };
    let list = documents
        .into_iter()
        .map(|(path, contents)| json!({"path": &*path, "contents": contents}))
        .collect();
    Some(Subject {
        kind: SubjectKind::Document,
        id: "document/combined".to_owned(),
        resource: None,
        document: Value::Array(list),
        old_document: None,
        request: None,
        context: Map::new(),
        source,
    })
}
