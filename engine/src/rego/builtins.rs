//! Built-ins that would make a decision differ from run to run, as functions of the decision.

use std::cell::RefCell;

use jiff::Timestamp;
use regorus::{Engine, Value};
use sha2::{Digest, Sha256};

thread_local! {
    static CURRENT: RefCell<Option<Moment>> = const { RefCell::new(None) };
}

/// The clock and the seed of a decision.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    nanoseconds: i64,
    seed: String,
}

impl Moment {
    /// A decision's clock, and the id of its subject as its seed.
    pub(crate) fn new(now: Timestamp, subject: &str) -> Self {
        let nanoseconds = i64::try_from(now.as_nanosecond()).unwrap_or(i64::MAX);
        Self {
            nanoseconds,
            seed: subject.to_owned(),
        }
    }

    /// Runs an evaluation with this clock and seed, on this thread.
    pub(crate) fn during<T>(&self, evaluate: impl FnOnce() -> T) -> T {
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

    fn digest(&self, key: &Value) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.seed.as_bytes());
        hasher.update([0]);
        hasher.update(key.to_string().as_bytes());
        hasher.finalize().into()
    }
}

/// Replaces the built-ins of the same names; regorus looks extensions up first.
pub(super) fn install(engine: &mut Engine) {
    // An extension of a new engine cannot be there already, the one error that this call has.
    let _ = engine.add_extension(
        "time.now_ns".to_owned(),
        0,
        Box::new(|_| with(|m| Some(Value::from(m.nanoseconds)))),
    );
    let _ = engine.add_extension(
        "uuid.rfc4122".to_owned(),
        1,
        Box::new(|arguments| with(|m| uuid(m, arguments.first()?))),
    );
    let _ = engine.add_extension(
        "rand.intn".to_owned(),
        2,
        Box::new(|arguments| with(|m| intn(m, &arguments))),
    );
}

fn with(value: impl FnOnce(&Moment) -> Option<Value>) -> anyhow::Result<Value> {
    CURRENT.with(|current| {
        let current = current.borrow();
        let moment = current
            .as_ref()
            .ok_or_else(|| anyhow::anyhow!("no decision is being made"))?;
        Ok(value(moment).unwrap_or(Value::Undefined))
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

/// A number from 0 to just below the second argument, the same for the same first argument.
fn intn(moment: &Moment, arguments: &[Value]) -> Option<Value> {
    let limit = arguments.get(1)?.as_i64().ok()?.unsigned_abs();
    let digest = moment.digest(arguments.first()?);
    let (first, _) = digest.split_first_chunk::<8>()?;
    let number = u64::from_be_bytes(*first);
    Some(Value::from(number.checked_rem(limit).unwrap_or(0)))
}
