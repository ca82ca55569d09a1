//! Built-ins that would make a decision differ from run to run, as functions of the decision.

use std::cell::RefCell;

use jiff::Timestamp;
use regorus::Value;
use sha2::{Digest, Sha256};

use super::operand::{integer, operand};
use super::{Builtin, Failure, budget, builtin};

thread_local! {
    static CURRENT: RefCell<Option<Moment>> = const { RefCell::new(None) };
}

/// The clock and the seed of a decision.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    nanoseconds: i64,
    seed: String,
    strict: bool,
}

impl Moment {
    /// A decision's clock, and the id of its subject as its seed.
    pub(crate) fn new(now: Timestamp, subject: &str) -> Self {
        let nanoseconds = i64::try_from(now.as_nanosecond()).unwrap_or(i64::MAX);
        Self {
            nanoseconds,
            seed: subject.to_owned(),
            strict: true,
        }
    }

    /// The same, with built-ins that are undefined where they fail, as OPA has them unless it is told otherwise.
    pub(crate) fn lenient(self) -> Self {
        Self {
            strict: false,
            ..self
        }
    }

    /// Runs an evaluation with this clock and seed, on this thread.
    pub(crate) fn during<T>(&self, evaluate: impl FnOnce() -> T) -> T {
        budget::reset();
        CURRENT.with(|current| *current.borrow_mut() = Some(self.clone()));
        let result = evaluate();
        CURRENT.with(|current| *current.borrow_mut() = None);
        result
    }

    /// Whether an evaluation is running on this thread.
    pub(crate) fn is_set() -> bool {
        CURRENT
            .try_with(|current| current.try_borrow().is_ok_and(|current| current.is_some()))
            .unwrap_or(false)
    }

    /// Whether the failure of a built-in is an error, in the evaluation of this thread.
    pub(super) fn is_strict() -> bool {
        CURRENT.with(|current| current.borrow().as_ref().is_none_or(|moment| moment.strict))
    }

    fn digest(&self, key: &Value) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.seed.as_bytes());
        hasher.update([0]);
        hasher.update(key.to_string().as_bytes());
        hasher.finalize().into()
    }
}

/// The time of the decision that is being made, in nanoseconds since 1970.
pub(super) fn nanoseconds() -> Result<i64, Failure> {
    with(|moment| Ok(moment.nanoseconds))
}

/// The seed of the decision that is being made.
pub(super) fn seed() -> Result<String, Failure> {
    with(|moment| Ok(moment.seed.clone()))
}

/// The clock, and chance that is none.
pub(super) const BUILTINS: &[Builtin] = &[
    builtin("time.now_ns", 0, |_| {
        with(|moment| Ok(Value::from(moment.nanoseconds)))
    }),
    builtin("uuid.rfc4122", 1, |operands| {
        with(|moment| uuid(moment, operand(operands, 0)).ok_or(Failure::Undefined))
    }),
    builtin("rand.intn", 2, |operands| {
        with(|moment| intn(moment, operands))
    }),
];

fn with<T>(value: impl FnOnce(&Moment) -> Result<T, Failure>) -> Result<T, Failure> {
    CURRENT.with(|current| {
        let current = current.borrow();
        let moment = current
            .as_ref()
            .ok_or_else(|| Failure::new("no decision is being made"))?;
        value(moment)
    })
}

/// A version 4 UUID (RFC 9562 section 5.4) whose random bits come from the seed and the key.
fn uuid(moment: &Moment, key: &Value) -> Option<Value> {
    use std::fmt::Write as _;
    let digest = moment.digest(key);
    let mut text = String::with_capacity(36);
    for (at, byte) in digest.iter().take(16).enumerate() {
        let byte = match at {
            6 => (byte & 0x0f) | 0x40,
            8 => (byte & 0x3f) | 0x80,
            _ => *byte,
        };
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        write!(text, "{byte:02x}").ok()?;
    }
    Some(Value::from(text))
}

/// A number from 0 to just below the second operand, the same for the same first operand.
fn intn(moment: &Moment, operands: &[Value]) -> Result<Value, Failure> {
    let limit = integer(operands, 1)?.unsigned_abs();
    let digest = moment.digest(operand(operands, 0));
    let (first, _) = digest.split_first_chunk::<8>().ok_or(Failure::Undefined)?;
    let number = u64::from_be_bytes(*first);
    Ok(Value::from(number.checked_rem(limit).unwrap_or(0)))
}
