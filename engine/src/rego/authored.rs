//! Policies as their author wrote them, for what shows them: parsed before anything is rewritten that changes what they
//! say, with places that lead to the author's text.

use regorus::unstable::{Module as Ast, NodeRef};
use soc2gate_source::Location;

use super::{Module, Parsed, RegoVersion};

/// Modules that parse.
#[derive(Debug, Clone, Default)]
pub(crate) struct Authored {
    trees: Vec<NodeRef<Ast>>,
    /// As they were parsed.
    modules: Vec<Module>,
    /// As they were written.
    sources: Vec<Module>,
}

impl Authored {
    /// Parses modules, in whichever version of Rego they parse; those that do not parse are left out.
    pub(super) fn new(modules: &[Module]) -> Self {
        // What does not parse is reported by whoever loads it.
        let (parsed, _) = Parsed::unfinished(RegoVersion::order(None), modules);
        Self::of(&parsed, modules)
    }

    /// Modules that are parsed already, and not changed since.
    pub(super) fn of(parsed: &Parsed, sources: &[Module]) -> Self {
        Self {
            trees: parsed.trees.clone(),
            modules: parsed.modules.clone(),
            sources: sources.to_vec(),
        }
    }

    /// The modules as regorus parsed them.
    pub(super) fn trees(&self) -> &[NodeRef<Ast>] {
        &self.trees
    }

    /// A place as it is in the author's text.
    pub(super) fn original(&self, mut location: Location) -> Location {
        let module = self
            .modules
            .iter()
            .find(|module| *module.file == *location.file);
        if let Some(origin) = module.and_then(|module| module.origin.as_ref()) {
            location.column = origin.column(location.line, location.column);
            location.end_column = origin.column(location.end_line, location.end_column);
        }
        location
    }

    /// The author's text at a place in it.
    pub(super) fn text(&self, location: &Location) -> Option<String> {
        let source = self
            .sources
            .iter()
            .find(|module| *module.file == *location.file)?;
        let first = usize::try_from(location.line.checked_sub(1)?).ok()?;
        let count = usize::try_from(location.end_line.checked_sub(location.line)?).ok()?;
        let before = usize::try_from(location.column.checked_sub(1)?).ok()?;
        let end = usize::try_from(location.end_column.checked_sub(1)?).ok()?;
        let lines = source.text.lines().skip(first).take(count.checked_add(1)?);
        let parts: Vec<String> = lines
            .enumerate()
            .map(|(at, line)| {
                let taken = if at == count { end } else { usize::MAX };
                let skipped = if at == 0 { before } else { 0 };
                line.chars().take(taken).skip(skipped).collect()
            })
            .collect();
        Some(parts.join("\n")).filter(|text| !text.is_empty())
    }
}
