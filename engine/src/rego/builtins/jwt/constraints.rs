//! `io.jwt.decode_verify`: a token's content where its signature and all constraints hold.

use regorus::Value;

use super::super::Failure;
use super::super::moment::nanoseconds;
use super::super::operand::{operand, string, wrong_type};
use super::fields;
use crate::crypto::algorithm::{Algorithm, Hash, Scheme};
use crate::crypto::jwk::{Key, Material, verification_keys};
use crate::crypto::jws::{Header, Token, object, verified_by};

/// What a token must fit.
struct Constraints {
    keys: Vec<Key>,
    algorithm: String,
    issuer: String,
    audience: String,
    /// Seconds since 1970.
    time: f64,
}

/// Whether the token holds, its header and its payload; these are empty where it does not.
pub(super) fn decode_verify(operands: &[Value]) -> Result<Value, Failure> {
    let unverified = || {
        let empty = Value::new_object();
        Value::from(vec![Value::from(false), empty.clone(), empty])
    };
    let constraints = Constraints::read(operands)?;
    let mut text = string(operands, 0)?.to_owned();
    // A token is longer than the one within it, so this ends.
    loop {
        let token = Token::split(&text)?;
        let header_fields = token.header()?;
        let header = Header::read(&header_fields)?;
        if !constraints.trust(&header, &token)? {
            return Ok(unverified());
        }
        let payload = token.payload()?;
        if header.content_type.eq_ignore_ascii_case("JWT") {
            text = payload;
            continue;
        }
        let payload = fields(object(&payload)?);
        if !constraints.hold(&payload)? {
            return Ok(unverified());
        }
        return Ok(Value::from(vec![
            Value::from(true),
            fields(header_fields),
            payload,
        ]));
    }
}

impl Constraints {
    fn read(operands: &[Value]) -> Result<Self, Failure> {
        let Value::Object(given) = operand(operands, 1) else {
            return Err(wrong_type(operands, 1, "object"));
        };
        let mut constraints = Self {
            keys: Vec::new(),
            algorithm: String::new(),
            issuer: String::new(),
            audience: String::new(),
            time: -1.0,
        };
        let (mut certificate, mut secret) = (None, String::new());
        for (name, value) in given.iter() {
            let Value::String(name) = name else {
                return Err(Failure::new("unknown token validation constraint"));
            };
            let text = || match value {
                Value::String(text) => Ok(text.to_string()),
                _ => Err(Failure::new(format!("{name} constraint: must be a string"))),
            };
            match name.as_ref() {
                "cert" => certificate = Some(verification_keys(&text()?)?),
                "secret" => secret = text()?,
                "alg" => constraints.algorithm = text()?,
                "iss" => constraints.issuer = text()?,
                "aud" => constraints.audience = text()?,
                "time" => constraints.time = seconds(value)?,
                _ => return Err(Failure::new("unknown token validation constraint")),
            }
        }
        constraints.keys = match (certificate, secret.is_empty()) {
            (Some(_), false) => return Err(Failure::new("duplicate key constraints")),
            (None, true) => return Err(Failure::new("no key constraint")),
            (Some(keys), true) => keys,
            (None, false) => vec![Key {
                material: Material::Secret(secret.into_bytes()),
                algorithm: None,
                id: None,
            }],
        };
        if constraints.time < 0.0 {
            constraints.time = seconds(&Value::from(nanoseconds()?))?;
        }
        Ok(constraints)
    }

    /// Whether the header is valid and permitted, and the signature by one of the keys.
    fn trust(&self, header: &Header, token: &Token<'_>) -> Result<bool, Failure> {
        let permitted = self.algorithm.is_empty() || self.algorithm == header.algorithm;
        if !header.is_valid() || !permitted {
            return Ok(false);
        }
        let signature = token.signature()?;
        let algorithm = match header.algorithm.as_str() {
            // The name of RFC 9864 for the only curve that is known here.
            "Ed25519" => Some(Algorithm::new(Scheme::EdDsa, Hash::Sha512)),
            name => Algorithm::named(name),
        };
        Ok(algorithm.is_some_and(|algorithm| {
            verified_by(&self.keys, header, |material| {
                material.verify(algorithm, token.signed(), &signature)
            })
        }))
    }

    /// Whether the registered claims (RFC 7519 section 4.1) are as they must be.
    fn hold(&self, payload: &Value) -> Result<bool, Failure> {
        let claim = |name: &str| match payload {
            Value::Object(claims) => claims.get(&Value::from(name)),
            _ => None,
        };
        if !self.issuer.is_empty() && claim("iss") != Some(&Value::from(self.issuer.as_str())) {
            return Ok(false);
        }
        let audience = match claim("aud") {
            None => self.audience.is_empty(),
            Some(Value::Array(audiences)) => audiences
                .iter()
                .any(|audience| *audience == Value::from(self.audience.as_str())),
            Some(audience) => *audience == Value::from(self.audience.as_str()),
        };
        if !audience {
            return Ok(false);
        }
        let time = Value::from(self.time);
        let alive = match claim("exp") {
            None => true,
            Some(end @ Value::Number(_)) => time < *end,
            Some(_) => return Err(Failure::new("exp value must be a number")),
        };
        if !alive {
            return Ok(false);
        }
        match claim("nbf") {
            None => Ok(true),
            Some(start @ Value::Number(_)) => Ok(time >= *start),
            Some(_) => Err(Failure::new("nbf value must be a number")),
        }
    }
}

/// Nanoseconds as seconds.
fn seconds(value: &Value) -> Result<f64, Failure> {
    let Value::Number(_) = value else {
        return Err(Failure::new("token time constraint: must be a number"));
    };
    // As text, because the value itself gives no float where that would not be exact.
    match value.to_string().parse::<f64>() {
        Ok(nanoseconds) if nanoseconds < 0.0 => {
            Err(Failure::new("token time constraint: must not be negative"))
        }
        Ok(nanoseconds) if nanoseconds.is_finite() => Ok(nanoseconds / 1e9),
        _ => Err(Failure::new("token time constraint: invalid number")),
    }
}
