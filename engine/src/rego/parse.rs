//! Modules through the parser of regorus, and what was parsed once kept for the next time.

use std::collections::BTreeMap;
use std::sync::Arc;

use regorus::unstable::{Expr, Module as Ast, NodeRef, Parser, Source};

use super::{Module, Parsed, RegoProblem, RegoVersion, length_limits, source, version};

/// A module with its syntax tree, and whether it is written in another than the first of the versions.
pub(super) struct Read {
    pub(super) module: Module,
    pub(super) tree: NodeRef<Ast>,
    pub(super) is_other_version: bool,
}

/// The syntax trees of modules, by their files.
#[derive(Default)]
pub(super) struct Known<'a>(BTreeMap<&'a str, (&'a Module, &'a NodeRef<Ast>)>);

impl<'a> Known<'a> {
    pub(super) fn of(parsed: &'a Parsed) -> Self {
        let all = parsed.modules.iter().zip(&parsed.trees);
        Self(all.map(|one| (&*one.0.file, one)).collect())
    }

    /// The tree of a module that is the very same.
    fn tree(&self, module: &Module) -> Option<NodeRef<Ast>> {
        let (known, tree) = self.0.get(&*module.file)?;
        let is_same = Arc::ptr_eq(&known.text, &module.text) && known.version == module.version;
        is_same.then(|| (*tree).clone())
    }
}

/// Reads a module in the first version of some that it parses in; where there is none, the problem in the first counts.
pub(super) fn read(
    versions: &[RegoVersion],
    module: &Module,
    known: &Known<'_>,
) -> Result<Read, RegoProblem> {
    if let Some(tree) = known.tree(module) {
        return Ok(Read {
            module: module.clone(),
            tree,
            is_other_version: false,
        });
    }
    let own = module.version.map(|version| [version]);
    let versions = own.as_ref().map_or(versions, |own| own.as_slice());
    let mut problem = None;
    for version in versions {
        match read_in(*version, module) {
            Ok((module, tree)) => {
                return Ok(Read {
                    module,
                    tree,
                    is_other_version: problem.is_some(),
                });
            }
            Err(found) => problem = problem.or(Some(found)),
        }
    }
    Err(problem.unwrap_or_else(|| source::unreadable(module)))
}

fn read_in(version: RegoVersion, module: &Module) -> Result<(Module, NodeRef<Ast>), RegoProblem> {
    if version == RegoVersion::V0
        && let Some(problem) = version::unimported_keyword(module)
    {
        return Err(problem);
    }
    let mut module = match &module.origin {
        Some(_) => module.clone(),
        None => source::prepare(module)?,
    };
    module.version = Some(version);
    source::nesting::check(&module)?;
    let tree = parse(&module)?;
    Ok((module, tree))
}

/// The syntax tree of a module as it is.
pub(super) fn parse(module: &Module) -> Result<NodeRef<Ast>, RegoProblem> {
    let tree = || {
        let source = Source::from_contents(module.file.to_string(), module.text.to_string())?;
        let mut parser = Parser::new(&source)?;
        parser.set_max_col(length_limits().max_col);
        if module.version != Some(RegoVersion::V0) {
            parser.enable_rego_v1()?;
        }
        let tree = parser.parse()?;
        match unnamed(&tree.package.refr) {
            Some(part) => Err(part.span().error("invalid ref expression")),
            None => Ok(NodeRef::new(tree)),
        }
    };
    tree().map_err(|error| {
        RegoProblem::parse(&error.to_string()).placed(std::slice::from_ref(module))
    })
}

/// The part of a package's name that regorus takes for no name.
fn unnamed(name: &Expr) -> Option<&Expr> {
    match name {
        Expr::Var { .. } => None,
        Expr::RefDot { refr, .. } => unnamed(refr),
        Expr::RefBrack { refr, index, .. } if matches!(index.as_ref(), Expr::String { .. }) => {
            unnamed(refr)
        }
        _ => Some(name),
    }
}
