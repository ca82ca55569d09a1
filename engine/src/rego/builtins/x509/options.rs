//! The options of `crypto.x509.parse_and_verify_certificates_with_options`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use regorus::Value;

use super::super::Failure;
use super::super::moment::nanoseconds;
use super::super::operand::{operand, wrong_type};
use crate::crypto::x509::Options;

/// The names of the usages, in the order of the numbers that Go gives them.
const USAGES: [&str; 14] = [
    "KeyUsageAny",
    "KeyUsageServerAuth",
    "KeyUsageClientAuth",
    "KeyUsageCodeSigning",
    "KeyUsageEmailProtection",
    "KeyUsageIPSECEndSystem",
    "KeyUsageIPSECTunnel",
    "KeyUsageIPSECUser",
    "KeyUsageTimeStamping",
    "KeyUsageOCSPSigning",
    "KeyUsageMicrosoftServerGatedCrypto",
    "KeyUsageNetscapeServerGatedCrypto",
    "KeyUsageMicrosoftCommercialCodeSigning",
    "KeyUsageMicrosoftKernelCodeSigning",
];

/// The time of the decision, and nothing else.
pub(super) fn usual() -> Result<Options, Failure> {
    Ok(Options {
        time: time(nanoseconds()?)?,
        host: String::new(),
        usages: Vec::new(),
    })
}

/// The operand that holds options.
pub(super) fn object(operands: &[Value], at: usize) -> Result<&Value, Failure> {
    match operand(operands, at) {
        object @ Value::Object(_) => Ok(object),
        _ => Err(wrong_type(operands, at, "object")),
    }
}

/// Reads options; one that is not known is an error.
pub(super) fn read(given: &Value) -> Result<Options, Failure> {
    let mut options = usual()?;
    let Value::Object(given) = given else {
        return Ok(options);
    };
    for (name, value) in given.iter() {
        let Value::String(name) = name else {
            continue;
        };
        let number = || {
            let number = match value {
                Value::Number(_) => value.as_i64().ok(),
                _ => None,
            };
            number.ok_or_else(|| Failure::new(format!("'{name}' should be a valid number")))
        };
        match name.as_ref() {
            "DNSName" => match value {
                Value::String(host) => host.trim_matches('"').clone_into(&mut options.host),
                _ => return Err(Failure::new("'DNSName' should be a string")),
            },
            "CurrentTime" => options.time = time(number()?)?,
            // The number is a bound on work, and there is one already.
            "MaxConstraintComparisons" => {
                number()?;
            }
            "KeyUsages" => options.usages = usages(value)?,
            _ => return Err(Failure::new("invalid key option")),
        }
    }
    Ok(options)
}

fn usages(value: &Value) -> Result<Vec<u8>, Failure> {
    let names: Vec<&Value> = match value {
        Value::Array(names) => names.iter().collect(),
        Value::Set(names) => names.iter().collect(),
        _ => return Err(Failure::new("'KeyUsages' should be an Array or Set")),
    };
    let mut usages = Vec::new();
    for name in names {
        let Value::String(name) = name else {
            continue;
        };
        let number = USAGES
            .iter()
            .position(|usage| *usage == name.trim_matches('"'))
            .and_then(|at| u8::try_from(at).ok())
            .ok_or_else(|| Failure::new("invalid entries for 'KeyUsages' found"))?;
        usages.push(number);
    }
    Ok(usages)
}

fn time(nanoseconds: i64) -> Result<DateTime, Failure> {
    Timestamp::from_nanosecond(i128::from(nanoseconds))
        .map(|time| TimeZone::UTC.to_datetime(time))
        .map_err(|_| Failure::new("the time is out of range"))
}
