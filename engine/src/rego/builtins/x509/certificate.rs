//! Certificates and requests for them as values.

use core::net::{Ipv4Addr, Ipv6Addr};

use regorus::Value;

use super::fields::{
    bytes, dotted, identifier, list, list_or_null, number, object, public_key, texts,
};
use crate::crypto::x509::{
    AlternativeNames, Attribute, AttributeValue, Certificate, CertificateRequest, Extension,
    IpRange, Name, Subtrees, Uri,
};

/// A certificate, with its URIs also as texts.
pub(super) fn with_uri_strings(certificate: &Certificate) -> Value {
    let uris = &certificate.says.alternative_names.uris;
    let texts = list_or_null(uris, |uri| Value::from(uri.text.as_str()));
    let mut value = value(certificate);
    if let Ok(fields) = value.as_object_mut() {
        fields.insert(Value::from("URIStrings"), texts);
    }
    value
}

/// A certificate.
pub(super) fn value(certificate: &Certificate) -> Value {
    let says = &certificate.says;
    let names = &says.alternative_names;
    let constraints = &says.name_constraints;
    let basic = says.basic_constraints;
    let path_length = basic.map(|basic| basic.path_length);
    let (key_algorithm, key) = public_key(&certificate.public_key);
    let small = |number: Option<i32>| Value::from(number.unwrap_or(0));
    let is_zero = |number: Option<i32>| Value::from(number == Some(0));
    let id = |id: &Option<Vec<u8>>| id.as_deref().map_or(Value::Null, bytes);
    object([
        ("Raw", bytes(&certificate.raw)),
        ("RawTBSCertificate", bytes(&certificate.raw_signed)),
        (
            "RawSubjectPublicKeyInfo",
            bytes(&certificate.raw_public_key),
        ),
        ("RawSubject", bytes(&certificate.raw_subject)),
        ("RawIssuer", bytes(&certificate.raw_issuer)),
        ("Signature", bytes(&certificate.signature)),
        (
            "SignatureAlgorithm",
            Value::from(u64::from(certificate.signature_algorithm.number)),
        ),
        ("PublicKeyAlgorithm", key_algorithm),
        ("PublicKey", key),
        ("Version", Value::from(u64::from(certificate.version))),
        ("SerialNumber", number(&certificate.serial_number)),
        ("Issuer", name(&certificate.issuer)),
        ("Subject", name(&certificate.subject)),
        (
            "NotBefore",
            Value::from(format!("{}Z", certificate.not_before)),
        ),
        (
            "NotAfter",
            Value::from(format!("{}Z", certificate.not_after)),
        ),
        ("KeyUsage", Value::from(u64::from(says.key_usage))),
        (
            "Extensions",
            list_or_null(&certificate.extensions, extension),
        ),
        ("ExtraExtensions", Value::Null),
        (
            "UnhandledCriticalExtensions",
            list_or_null(&says.unhandled_critical, |id| identifier(id)),
        ),
        (
            "ExtKeyUsage",
            list_or_null(&says.extended_key_usage, |usage| {
                Value::from(u64::from(*usage))
            }),
        ),
        (
            "UnknownExtKeyUsage",
            list_or_null(&says.unknown_extended_key_usage, |id| identifier(id)),
        ),
        ("BasicConstraintsValid", Value::from(basic.is_some())),
        (
            "IsCA",
            Value::from(basic.is_some_and(|basic| basic.is_authority)),
        ),
        (
            "MaxPathLen",
            match path_length {
                Some(None) => Value::from(-1),
                Some(Some(length)) => Value::from(u64::from(length)),
                None => Value::from(0),
            },
        ),
        ("MaxPathLenZero", Value::from(path_length == Some(Some(0)))),
        ("SubjectKeyId", id(&says.subject_key_id)),
        ("AuthorityKeyId", id(&says.authority_key_id)),
        ("OCSPServer", texts(&says.ocsp_servers)),
        ("IssuingCertificateURL", texts(&says.issuing_certificates)),
        ("DNSNames", texts(&names.dns)),
        ("EmailAddresses", texts(&names.emails)),
        ("IPAddresses", addresses(names)),
        ("URIs", list_or_null(&names.uris, uri)),
        (
            "PermittedDNSDomainsCritical",
            Value::from(says.name_constraints_critical),
        ),
        ("PermittedDNSDomains", texts(&constraints.permitted.dns)),
        ("ExcludedDNSDomains", texts(&constraints.excluded.dns)),
        ("PermittedIPRanges", ranges(&constraints.permitted)),
        ("ExcludedIPRanges", ranges(&constraints.excluded)),
        (
            "PermittedEmailAddresses",
            texts(&constraints.permitted.emails),
        ),
        (
            "ExcludedEmailAddresses",
            texts(&constraints.excluded.emails),
        ),
        ("PermittedURIDomains", texts(&constraints.permitted.uris)),
        ("ExcludedURIDomains", texts(&constraints.excluded.uris)),
        ("CRLDistributionPoints", texts(&says.distribution_points)),
        (
            "PolicyIdentifiers",
            says.policies
                .as_deref()
                .map_or(Value::Null, |ids| list(ids, |id| identifier(id))),
        ),
        (
            "Policies",
            list_or_null(says.policies.as_deref().unwrap_or_default(), |id| {
                dotted(id)
            }),
        ),
        ("InhibitAnyPolicy", small(says.inhibit_any_policy)),
        ("InhibitAnyPolicyZero", is_zero(says.inhibit_any_policy)),
        ("InhibitPolicyMapping", small(says.inhibit_policy_mapping)),
        (
            "InhibitPolicyMappingZero",
            is_zero(says.inhibit_policy_mapping),
        ),
        ("RequireExplicitPolicy", small(says.require_explicit_policy)),
        (
            "RequireExplicitPolicyZero",
            is_zero(says.require_explicit_policy),
        ),
        (
            "PolicyMappings",
            list_or_null(&says.policy_mappings, |mapping| {
                object([
                    ("IssuerDomainPolicy", dotted(&mapping.issuer)),
                    ("SubjectDomainPolicy", dotted(&mapping.subject)),
                ])
            }),
        ),
    ])
}

/// A request for a certificate.
pub(super) fn request(request: &CertificateRequest) -> Value {
    let names = &request.alternative_names;
    let (key_algorithm, key) = public_key(&request.public_key);
    object([
        ("Raw", bytes(&request.raw)),
        ("RawTBSCertificateRequest", bytes(&request.raw_signed)),
        ("RawSubjectPublicKeyInfo", bytes(&request.raw_public_key)),
        ("RawSubject", bytes(&request.raw_subject)),
        ("Version", Value::from(u64::from(request.version))),
        ("Signature", bytes(&request.signature)),
        (
            "SignatureAlgorithm",
            Value::from(u64::from(request.signature_algorithm.number)),
        ),
        ("PublicKeyAlgorithm", key_algorithm),
        ("PublicKey", key),
        ("Subject", name(&request.subject)),
        ("Attributes", list_or_null(&request.attributes, attribute)),
        ("Extensions", list_or_null(&request.extensions, extension)),
        ("ExtraExtensions", Value::Null),
        ("DNSNames", texts(&names.dns)),
        ("EmailAddresses", texts(&names.emails)),
        ("IPAddresses", addresses(names)),
        ("URIs", list_or_null(&names.uris, uri)),
    ])
}

fn attribute(attribute: &Attribute) -> Value {
    let pair = |(kind, value): &(Vec<u64>, AttributeValue)| {
        let value = match value {
            AttributeValue::Bytes(value) => bytes(value),
            AttributeValue::Flag(value) => Value::from(*value),
            AttributeValue::Text(value) => Value::from(value.as_str()),
            AttributeValue::Other => Value::Null,
        };
        object([("Type", identifier(kind)), ("Value", value)])
    };
    object([
        ("Type", identifier(&attribute.identifier)),
        ("Value", list(&attribute.values, |value| list(value, pair))),
    ])
}

fn extension(extension: &Extension) -> Value {
    object([
        ("Id", identifier(&extension.identifier)),
        ("Critical", Value::from(extension.critical)),
        ("Value", bytes(&extension.value)),
    ])
}

fn name(name: &Name) -> Value {
    let all = |kind| {
        let values: Vec<String> = name.values(kind).map(str::to_owned).collect();
        texts(&values)
    };
    let last = |kind| Value::from(name.values(kind).last().unwrap_or_default());
    let attribute = |(kind, value): &(Vec<u64>, String)| {
        object([
            ("Type", identifier(kind)),
            ("Value", Value::from(value.as_str())),
        ])
    };
    object([
        ("Country", all(6)),
        ("Organization", all(10)),
        ("OrganizationalUnit", all(11)),
        ("Locality", all(7)),
        ("Province", all(8)),
        ("StreetAddress", all(9)),
        ("PostalCode", all(17)),
        ("SerialNumber", last(5)),
        ("CommonName", last(3)),
        ("Names", list_or_null(&name.attributes, attribute)),
        ("ExtraNames", Value::Null),
    ])
}

fn uri(uri: &Uri) -> Value {
    let text = |text: &String| Value::from(text.as_str());
    object([
        ("Scheme", text(&uri.scheme)),
        ("Opaque", text(&uri.opaque)),
        (
            "User",
            if uri.has_user {
                object([])
            } else {
                Value::Null
            },
        ),
        ("Host", text(&uri.host)),
        ("Path", text(&uri.path)),
        ("RawPath", text(&uri.raw_path)),
        ("OmitHost", Value::from(uri.omit_host)),
        ("ForceQuery", Value::from(uri.force_query)),
        ("RawQuery", text(&uri.raw_query)),
        ("Fragment", text(&uri.fragment)),
        ("RawFragment", text(&uri.raw_fragment)),
    ])
}

fn addresses(names: &AlternativeNames) -> Value {
    list_or_null(&names.ips, |ip| address(ip))
}

fn ranges(trees: &Subtrees) -> Value {
    list_or_null(&trees.ips, |range: &IpRange| {
        object([
            ("IP", address(&range.address)),
            ("Mask", bytes(&range.mask)),
        ])
    })
}

fn address(bytes: &[u8]) -> Value {
    let text = if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        Ipv4Addr::from(four).to_string()
    } else if let Ok(sixteen) = <[u8; 16]>::try_from(bytes) {
        let address = Ipv6Addr::from(sixteen);
        address
            .to_ipv4_mapped()
            .map_or_else(|| address.to_string(), |address| address.to_string())
    } else {
        return Value::Null;
    };
    Value::from(text)
}
