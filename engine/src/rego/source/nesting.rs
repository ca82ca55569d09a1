//! Bounds on how terms and statements are nested, read off the text before any parser sees it. regorus and the passes
//! here follow a term by recursion, one operator or dot of a chain like one bracket in another, and regorus reads what
//! comes first in a bracket twice: once as if it were a comprehension.

use super::tokens::{Kind, Token, tokens};
use super::{Module, RegoProblem, problem};

/// How deep a term may be: brackets in brackets, each as much as [`BRACKET`], and operators and dots in a row.
const DEEPEST: usize = 800;

/// What a bracket counts for.
const BRACKET: usize = 4;

/// How many tokens a parser may look at, those that it reads again counted again.
const MOST_READ: u64 = 20_000_000;

/// Refuses a text that is nested deeper than can be parsed and evaluated within the stack of a thread, or that would be
/// read too often.
pub(in crate::rego) fn check(module: &Module) -> Result<(), RegoProblem> {
    let text = &*module.text;
    let mut nesting = Nesting::default();
    let mut before: Option<Token> = None;
    for token in tokens(text) {
        if token.kind == Kind::Comment {
            continue;
        }
        let gap = before.and_then(|before| text.get(before.end..token.start));
        let word = text.get(token.start..token.end).unwrap_or_default();
        let starts_line = gap.is_some_and(|gap| gap.contains('\n'));
        let touches = gap.is_some_and(str::is_empty);
        let message = nesting.token(token.kind, word, starts_line, touches);
        if let Some(message) = message {
            return Err(
                problem(module, token.start, message).original(std::slice::from_ref(module))
            );
        }
        before = Some(token);
    }
    Ok(())
}

/// A bracket that is open, or the text outside of all.
#[derive(Debug, Clone, Copy)]
struct Level {
    /// Operators and dots in a row, the last ones.
    chain: usize,
    /// How often what stands here is read.
    read: u64,
    /// How often more, as long as it may be the term of a comprehension, or the left side of an assignment.
    again: u64,
}

#[derive(Debug)]
struct Nesting {
    open: Vec<Level>,
    here: Level,
    /// The depth of the brackets that are open.
    depth: usize,
    read: u64,
    /// Whether the last token wants something to its right.
    is_operator: bool,
}

impl Default for Nesting {
    fn default() -> Self {
        Self {
            open: Vec::new(),
            here: Level {
                chain: 0,
                read: 1,
                again: 1,
            },
            depth: 0,
            read: 0,
            is_operator: false,
        }
    }
}

impl Nesting {
    /// Goes behind a token. The answer says what there is too much of.
    fn token(
        &mut self,
        kind: Kind,
        word: &str,
        starts_line: bool,
        touches: bool,
    ) -> Option<&'static str> {
        let is_operator = match kind {
            Kind::Sign => word.contains(['+', '-', '*', '/', '%', '&', '|', '<', '>', '=', '!']),
            Kind::Word => word == "in",
            _ => false,
        };
        if starts_line && !is_operator && !self.is_operator {
            self.statement();
        }
        self.read = self
            .read
            .saturating_add(self.here.read.saturating_mul(self.here.again));
        match word {
            "[" | "{" | "(" if kind == Kind::Sign => {
                if touches {
                    self.here.chain += 1;
                }
                self.enter(word);
            }
            "]" | "}" | ")" if kind == Kind::Sign => self.leave(),
            "," | ";" if kind == Kind::Sign => {
                self.statement();
                if word == "," {
                    self.here.again = 1;
                }
            }
            _ if is_operator || word == "." => {
                self.here.chain += 1;
                if matches!(word, "|" | "=") {
                    self.here.again = 1;
                }
            }
            _ => {}
        }
        self.is_operator = is_operator;
        if self.depth + self.here.chain > DEEPEST {
            return Some("this is nested too deep");
        }
        (self.read > MOST_READ).then_some("this is nested too deep to be read in reasonable time")
    }

    /// Starts the next statement or element.
    fn statement(&mut self) {
        self.here.chain = 0;
        self.here.again = 2;
    }

    fn enter(&mut self, bracket: &str) {
        let again = match bracket {
            "(" => 1,
            "[" => 2,
            _ => 4,
        };
        self.depth += BRACKET + self.here.chain;
        let inner = Level {
            chain: 0,
            read: self.here.read.saturating_mul(self.here.again),
            again,
        };
        self.open.push(std::mem::replace(&mut self.here, inner));
    }

    fn leave(&mut self) {
        if let Some(outer) = self.open.pop() {
            self.here = outer;
            self.depth = self.depth.saturating_sub(BRACKET + outer.chain);
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn depth_problem(text: &str) -> Option<RegoProblem> {
        check(&Module::new("p.rego", text)).err()
    }

    #[rstest]
    #[case("x := ", "(", "1", ")")]
    #[case("x := ", "count(", "[1]", ")")]
    #[case("x := ", "-", "1", "")]
    #[case("x := 1", "", "", " + 1")]
    #[case("x := 1", "", "", "\n+ 1")]
    #[case("x := 1", "", "", " +\n1")]
    #[case("x := input", "", "", ".a")]
    #[case("x := input", "", "", "[0]")]
    #[case("x := ", "{1} |", "{1}", "")]
    #[case("x := ", "{1 | ", "1", "}")]
    fn what_is_deep_is_refused_with_its_place(
        #[case] start: &str,
        #[case] open: &str,
        #[case] middle: &str,
        #[case] close: &str,
    ) {
        let text = |times: usize| {
            format!(
                "package p\n\n{start}{}{middle}{}\n",
                open.repeat(times),
                close.repeat(times)
            )
        };
        assert_eq!(depth_problem(&text(6)), None);
        let problem = depth_problem(&text(5_000)).unwrap();
        assert!(problem.message.contains("nested too deep"), "{problem}");
        assert!(problem.line >= 3, "{problem}");
    }

    #[test]
    fn what_stands_side_by_side_is_not_deep() {
        let rules = "x := {\"a\": [1, 2, {3}], \"b\": f(input.a.b[0]) + 1}\n".repeat(5_000);
        assert_eq!(depth_problem(&format!("package p\n\n{rules}")), None);
        let items = "{\"a\": [[1]]},\n".repeat(5_000);
        assert_eq!(depth_problem(&format!("package p\n\nx := [{items}]")), None);
    }

    #[test]
    fn what_would_be_read_too_often_is_refused() {
        for (open, close) in [("[", "]"), ("{", "}"), ("{\"a\": ", "}")] {
            let nested = |depth: usize| {
                format!(
                    "package p\n\nx := {}1{}",
                    open.repeat(depth),
                    close.repeat(depth)
                )
            };
            assert_eq!(depth_problem(&nested(8)), None);
            assert!(depth_problem(&nested(30)).is_some());
        }
    }
}
