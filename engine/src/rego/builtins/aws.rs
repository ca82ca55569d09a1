//! `providers.aws.sign_req`: AWS Signature Version 4 over a request, as headers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use regorus::Value;
use regorus::value::Object;
use sha2::{Digest, Sha256};

use super::operand::{bad_operand, number, object, operand};
use super::url::Url;
use super::{Builtin, Failure, builtin};
use crate::rego::value::RegoValue;

pub(super) const BUILTINS: &[Builtin] = &[builtin("providers.aws.sign_req", 3, sign_request)];

/// Headers that a proxy may change, which are left out of the signature.
const UNSIGNED_HEADERS: &[&str] = &["authorization", "user-agent", "x-amzn-trace-id"];

/// What a request may have: the parameters of `http.send`.
const REQUEST_PARAMETERS: &[&str] = &[
    "body",
    "cache",
    "cache_ignored_headers",
    "caching_mode",
    "enable_redirect",
    "force_cache",
    "force_cache_duration_seconds",
    "force_json_decode",
    "force_yaml_decode",
    "headers",
    "max_retry_attempts",
    "method",
    "raise_error",
    "raw_body",
    "timeout",
    "tls_ca_cert",
    "tls_ca_cert_env_variable",
    "tls_ca_cert_file",
    "tls_client_cert",
    "tls_client_cert_env_variable",
    "tls_client_cert_file",
    "tls_client_key",
    "tls_client_key_env_variable",
    "tls_client_key_file",
    "tls_insecure_skip_verify",
    "tls_server_name",
    "tls_use_system_certs",
    "url",
];

/// What signs a request.
struct Signer<'a> {
    access_key: &'a str,
    secret_key: &'a str,
    session_token: &'a str,
    region: &'a str,
    service: &'a str,
    payload_is_signed: bool,
}

fn sign_request(operands: &[Value]) -> Result<Value, Failure> {
    let request = object(operands, 0)?;
    let signer = Signer::new(object(operands, 1)?)?;
    number(operands, 2)?;
    let time = operand(operands, 2)
        .as_i64()
        .ok()
        // No request was ever signed before 1970.
        .filter(|nanoseconds| *nanoseconds >= 0)
        .and_then(|nanoseconds| Timestamp::from_nanosecond(nanoseconds.into()).ok())
        .ok_or_else(|| bad_operand(2, "could not convert time_ns value into a unix timestamp"))?;
    check_parameters(request)?;
    let headers = match request.get(&Value::from("headers")) {
        None => BTreeMap::new(),
        Some(Value::Object(headers)) => headers
            .iter()
            .map(|(name, value)| {
                (
                    text_of(Some(name)).to_owned(),
                    text_of(Some(value)).to_owned(),
                )
            })
            .collect(),
        Some(_) => return Err(bad_operand(0, "must have headers as an object")),
    };
    let url = Url::parse(text(request, "url")).ok_or_else(|| Failure::new("the url is invalid"))?;
    let signed = signer.sign(
        text(request, "method"),
        &url,
        &body(request)?,
        headers,
        time,
    );
    let headers: Object = signed
        .into_iter()
        .map(|(name, value)| (Value::from(name), Value::from(value)))
        .collect();
    let mut request = request.clone();
    request.extend([(Value::from("headers"), Value::from(headers))]);
    Ok(Value::from(request))
}

fn text_of(value: Option<&Value>) -> &str {
    match value {
        Some(Value::String(text)) => text,
        _ => "",
    }
}

fn text<'a>(fields: &'a Object, name: &str) -> &'a str {
    text_of(fields.get(&Value::from(name)))
}

/// Checks that the named fields are there and strings.
fn check_strings(fields: &Object, at: usize, names: &[&str], what: &str) -> Result<(), Failure> {
    let found = |name: &str| fields.get(&Value::from(name));
    let missing: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| found(name).is_none())
        .collect();
    if !missing.is_empty() {
        let problem = format!("missing required {what} parameters(s): {missing:?}");
        return Err(bad_operand(at, &problem));
    }
    let invalid: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !matches!(found(name), Some(Value::String(_))))
        .collect();
    if !invalid.is_empty() {
        let problem = format!("invalid values for required {what} parameters(s): {invalid:?}");
        return Err(bad_operand(at, &problem));
    }
    Ok(())
}

fn check_parameters(request: &Object) -> Result<(), Failure> {
    check_strings(request, 0, &["method", "url"], "request")?;
    let is_known = |key: &Value| match key {
        Value::String(name) => REQUEST_PARAMETERS.contains(&&**name),
        _ => false,
    };
    if request.keys().all(is_known) {
        Ok(())
    } else {
        Err(bad_operand(0, "invalid request parameters(s)"))
    }
}

/// The bytes of a body: the raw one, or the JSON of the other one.
fn body(request: &Object) -> Result<Vec<u8>, Failure> {
    if let Some(raw) = request.get(&Value::from("raw_body")) {
        return Ok(text_of(Some(raw)).as_bytes().to_vec());
    }
    let Some(body) = request.get(&Value::from("body")) else {
        return Ok(Vec::new());
    };
    let json = RegoValue(body.clone())
        .to_json()
        .ok_or_else(|| Failure::new("the body has no JSON form"))?;
    let mut text = String::new();
    for letter in json.to_string().chars() {
        // As Go's encoding/json does, for the sake of HTML and JavaScript.
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            _ => text.push(letter),
        }
    }
    Ok(text.into_bytes())
}

impl<'a> Signer<'a> {
    fn new(config: &'a Object) -> Result<Self, Failure> {
        const NAMES: &[&str] = &[
            "aws_access_key",
            "aws_region",
            "aws_secret_access_key",
            "aws_service",
        ];
        check_strings(config, 1, NAMES, "AWS config")?;
        let payload_is_signed = match config.get(&Value::from("disable_payload_signing")) {
            None => true,
            Some(Value::Bool(disabled)) => !disabled,
            Some(_) => {
                return Err(bad_operand(
                    1,
                    "invalid value for 'disable_payload_signing' in AWS config",
                ));
            }
        };
        Ok(Self {
            access_key: text(config, "aws_access_key"),
            secret_key: text(config, "aws_secret_access_key"),
            session_token: text(config, "aws_session_token"),
            region: text(config, "aws_region"),
            service: text(config, "aws_service"),
            payload_is_signed,
        })
    }

    /// The headers of a request with those of its signature.
    fn sign(
        &self,
        method: &str,
        url: &Url,
        body: &[u8],
        headers: BTreeMap<String, String>,
        time: Timestamp,
    ) -> BTreeMap<String, String> {
        let time = time.to_zoned(TimeZone::UTC);
        let date = time.strftime("%Y%m%d").to_string();
        let moment = time.strftime("%Y%m%dT%H%M%SZ").to_string();
        let content = if self.payload_is_signed {
            hex(&Sha256::digest(body))
        } else {
            "UNSIGNED-PAYLOAD".to_owned()
        };
        let mut added = BTreeMap::from([
            ("host".to_owned(), url.host.clone()),
            ("x-amz-date".to_owned(), moment.clone()),
        ]);
        if matches!(self.service, "s3" | "glacier") {
            added.insert("x-amz-content-sha256".to_owned(), content.clone());
        }
        if !self.session_token.is_empty() {
            added.insert(
                "x-amz-security-token".to_owned(),
                self.session_token.to_owned(),
            );
        }
        let mut signed = added.clone();
        for (name, value) in &headers {
            let name = name.to_lowercase();
            if !UNSIGNED_HEADERS.contains(&name.as_str()) {
                signed.insert(name, value.clone());
            }
        }
        let names = signed.keys().cloned().collect::<Vec<_>>().join(";");
        let lines: String = signed
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        let request = format!(
            "{method}\n{}\n{}\n{lines}\n{names}\n{content}",
            url.path, url.query
        );
        let scope = format!("{date}/{}/{}/aws4_request", self.region, self.service);
        let digest = hex(&Sha256::digest(request));
        let to_sign = format!("AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}");
        let signature = hex(&hmac(&self.signing_key(&date), to_sign.as_bytes()));
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope},SignedHeaders={names},Signature={signature}",
            self.access_key
        );
        let mut all = headers;
        all.insert("Authorization".to_owned(), authorization);
        all.extend(added);
        all
    }

    fn signing_key(&self, date: &str) -> [u8; 32] {
        let mut key = hmac(
            format!("AWS4{}", self.secret_key).as_bytes(),
            date.as_bytes(),
        );
        for part in [self.region, self.service, "aws4_request"] {
            key = hmac(&key, part.as_bytes());
        }
        key
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut block = [0_u8; BLOCK];
    let digest;
    let key = if key.len() > BLOCK {
        digest = Sha256::digest(key);
        digest.as_slice()
    } else {
        key
    };
    for (slot, byte) in block.iter_mut().zip(key) {
        *slot = *byte;
    }
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test cases 1 and 6.
    #[test]
    fn hmac_is_that_of_the_standard() {
        assert!(
            hex(&hmac(&[0x0b; 20], b"Hi There")).starts_with("b0344c61d8db38535ca8afceaf0bf12b")
        );
        let long = hmac(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
        );
        assert!(hex(&long).starts_with("60e431591ee0b67f0d8a26aacbf5b77f"));
    }
}
