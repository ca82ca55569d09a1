//! How long the chains are in which rules ask for rules, and how deep the values can become that they make. The
//! evaluator follows both by recursion, so both are bounded before anything is evaluated.

use std::collections::BTreeMap;

use regorus::unstable::Rule;

use super::growth::{Size, Sizes, growth, largest};
use super::parts::{Parts, parts, rule_parts, statement_parts};
use super::paths::PathMap;
use super::reference::Scope;

/// How much stack the longest chain of rules may need, in the units of [`size`].
pub(super) const LONGEST_CHAIN: usize = 2_000;

/// How deep values may become beyond the documents that they are made from.
pub(super) const DEEPEST_VALUE: usize = 1_000;

/// How many numbers may be multiplied for one number.
pub(super) const MOST_FACTORS: usize = 1_000;

pub(super) type Path = Vec<String>;

/// Rules, which have numbers in the order of their paths, and which of them each asks for.
pub(super) struct Graph<'a> {
    pub(super) paths: Vec<&'a Path>,
    /// The numbers of paths that rules have; other paths than theirs ask for rules, too.
    pub(super) numbers: PathMap<usize>,
}

/// The numbers of what each rule asks for.
pub(super) type Edges = Vec<Vec<usize>>;

/// How far a rule has been followed.
struct Visit {
    number: usize,
    lowest: usize,
    is_open: bool,
}

/// The rules, those before others that are asked for by these; rules that ask for each other are together.
pub(super) fn components(edges: &Edges) -> Vec<Vec<usize>> {
    // The algorithm of Tarjan, without recursion.
    let mut visits: Vec<Option<Visit>> = edges.iter().map(|_| None).collect();
    let mut visited = 0;
    let mut open: Vec<usize> = Vec::new();
    let mut found = Vec::new();
    for start in 0..edges.len() {
        let mut next = Some(start);
        let mut way = Vec::new();
        loop {
            if let Some(rule) = next.take()
                && let Some(visit @ None) = visits.get_mut(rule)
            {
                *visit = Some(Visit {
                    number: visited,
                    lowest: visited,
                    is_open: true,
                });
                visited += 1;
                open.push(rule);
                way.push((rule, edges.get(rule).into_iter().flatten().copied()));
            }
            let Some((rule, rest)) = way.last_mut() else {
                break;
            };
            let rule = *rule;
            if let Some(target) = rest.next() {
                match visits.get(target).and_then(Option::as_ref) {
                    Some(visit) => {
                        let number = visit.number;
                        if visit.is_open {
                            lower(&mut visits, rule, number);
                        }
                    }
                    None => next = Some(target),
                }
                continue;
            }
            way.pop();
            let Some((number, lowest)) = visits
                .get(rule)
                .and_then(Option::as_ref)
                .map(|visit| (visit.number, visit.lowest))
            else {
                continue;
            };
            if let Some((before, _)) = way.last() {
                lower(&mut visits, *before, lowest);
            }
            if number == lowest {
                let mut component = Vec::new();
                while let Some(member) = open.pop() {
                    if let Some(Some(visit)) = visits.get_mut(member) {
                        visit.is_open = false;
                    }
                    component.push(member);
                    if member == rule {
                        break;
                    }
                }
                found.push(component);
            }
        }
    }
    found
}

fn lower(visits: &mut [Option<Visit>], rule: usize, to: usize) {
    if let Some(Some(visit)) = visits.get_mut(rule) {
        visit.lowest = visit.lowest.min(to);
    }
}

/// A rule with where it stands.
pub(super) struct Written<'a> {
    pub(super) rule: &'a Rule,
    pub(super) scope: Scope<'a>,
}

/// What there is too much of, and in which rule.
pub(super) fn too_long(
    graph: &Graph<'_>,
    edges: &Edges,
    written: &BTreeMap<Path, Vec<Written<'_>>>,
) -> Vec<(usize, &'static str)> {
    let mut chains: Vec<usize> = vec![0; edges.len()];
    let mut sizes = Sizes::new(graph);
    let mut found = Vec::new();
    for rule in components(edges).into_iter().flatten() {
        let versions = graph.paths.get(rule).and_then(|path| written.get(*path));
        let versions = versions.map(Vec::as_slice).unwrap_or_default();
        let targets = edges.get(rule).into_iter().flatten();
        let below = targets.filter_map(|target| chains.get(*target).copied());
        let below = below.max().unwrap_or_default();
        let own = versions.iter().map(|version| size(version.rule)).max();
        let own = own.unwrap_or_default();
        if let Some(chain) = chains.get_mut(rule) {
            *chain = own + below;
        }
        if below <= LONGEST_CHAIN && own + below > LONGEST_CHAIN {
            found.push((rule, "asks for too long a chain of rules"));
        }
        let size = largest(versions.iter().map(|version| growth(version, &sizes)));
        let is_deep = size.depth > DEEPEST_VALUE;
        let is_product = size.factors > MOST_FACTORS;
        if is_deep {
            found.push((rule, "makes values that are nested too deep"));
        } else if is_product {
            found.push((rule, "makes numbers that are too large"));
        }
        // Whoever asks for it is not reported again.
        let is_reported = is_deep || is_product;
        sizes.set(rule, if is_reported { Size::default() } else { size });
    }
    found
}

/// How much of the stack a rule needs for itself.
fn size(rule: &Rule) -> usize {
    const RULE: usize = 8;
    let (terms, queries) = rule_parts(rule);
    let terms = terms.into_iter().map(term_size);
    let queries = queries.into_iter().map(|query| {
        let statements = query.stmts.iter().map(statement_size);
        query.stmts.len() + statements.max().unwrap_or_default()
    });
    RULE + terms.chain(queries).max().unwrap_or_default()
}

fn statement_size(statement: &regorus::unstable::LiteralStmt) -> usize {
    parts_size(&statement_parts(statement))
}

fn term_size(term: &regorus::unstable::Expr) -> usize {
    1 + parts_size(&parts(term))
}

fn parts_size(parts: &Parts<'_>) -> usize {
    const BODY: usize = 4;
    let terms = parts.terms.iter().map(|term| term_size(term));
    let body = parts.query.map(|query| {
        let statements = query.stmts.iter().map(statement_size);
        BODY + query.stmts.len() + statements.max().unwrap_or_default()
    });
    terms.chain(body).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use crate::rego::check::recursive_functions;
    use crate::rego::{Module, Parsed};

    fn problems(rules: &str) -> Vec<String> {
        let text = format!("package p\n\n{rules}");
        let (parsed, problems) = Parsed::new(&[Module::new("p.rego", &text)]);
        assert_eq!(problems, []);
        let found = recursive_functions(&parsed);
        found.into_iter().map(|problem| problem.message).collect()
    }

    fn chain(times: usize, link: impl Fn(usize) -> String) -> String {
        (0..times).map(link).collect()
    }

    #[rstest]
    #[case::rules(|at| format!("r{at} := r{}\n", at + 1), "r%N := 1")]
    #[case::functions(|at| format!("f{at}(x) := f{}(x)\n", at + 1), "f%N(x) := x")]
    #[case::bodies(|at| format!("r{at} if r{}\n", at + 1), "r%N := 1")]
    #[case::comprehensions(|at| format!("r{at} := [x | some x in r{}]\n", at + 1), "r%N := [1]")]
    fn a_chain_of_rules_has_a_length(#[case] link: fn(usize) -> String, #[case] last: &str) {
        let rules = |times: usize| chain(times, link) + &last.replace("%N", &times.to_string());
        assert_eq!(problems(&rules(60)), Vec::<String>::new());
        let found = problems(&rules(400));
        assert!(
            found
                .iter()
                .any(|message| message.contains("too long a chain of rules")),
            "{found:?}"
        );
    }

    #[test]
    fn a_value_that_doubles_its_depth_is_refused() {
        let rules = |times: usize| {
            chain(times, |at| format!("f{}(x) := f{at}(f{at}(x))\n", at + 1))
                + "f0(x) := [x]\n"
                + &format!("p := f{times}(1)\n")
        };
        assert_eq!(problems(&rules(6)), Vec::<String>::new());
        let found = problems(&rules(20));
        assert_eq!(
            found,
            ["rule data.p.f10 makes values that are nested too deep"]
        );
    }

    #[test]
    fn a_number_that_doubles_its_length_is_refused() {
        let rules = |times: usize| {
            let body = chain(times, |at| format!("\tv{} := v{at} * v{at}\n", at + 1));
            format!("p if {{\n\tv0 := input.x\n{body}\tv{times} > 1\n}}\n")
        };
        assert_eq!(problems(&rules(6)), Vec::<String>::new());
        let wanted = ["rule data.p.p makes numbers that are too large"];
        assert_eq!(problems(&rules(12)), wanted);
    }

    #[test]
    fn variables_that_wrap_each_other_are_followed() {
        let rules = |times: usize| {
            let body = chain(times, |at| format!("\tv{} := [v{at}]\n", at + 1));
            format!("p := x if {{\n\tv0 := 1\n{body}\tx := v{times}\n}}\n")
        };
        assert_eq!(problems(&rules(50)), Vec::<String>::new());
        assert_eq!(
            problems(&rules(1_200)),
            ["rule data.p.p makes values that are nested too deep"]
        );
    }

    #[test]
    fn rules_that_ask_for_each_other_are_found_among_many() {
        let rules = chain(3_000, |at| format!("r{at} := input.a{at}\n"))
            + "f(x) := g(x)\n\ng(x) := f(x)\n\nall := [r0, r1, r2]\n";
        assert_eq!(
            problems(&rules),
            [
                "rule data.p.f depends on itself",
                "rule data.p.g depends on itself"
            ]
        );
    }
}
