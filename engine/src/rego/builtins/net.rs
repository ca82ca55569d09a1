//! `net.cidr_*`: addresses and networks as Go's `net` reads them. An IPv4 address mapped into IPv6 is an IPv4 address.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::BTreeSet;

use regorus::Value;

use super::budget::exceeded;
use super::operand::{bad_operand, operand, string};
use super::{Builtin, Failure, builtin};

/// How many addresses a network that is expanded has at most: those of an IPv4 `/16`.
const MOST_ADDRESSES: u128 = 65_536;

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("net.cidr_contains", 2, contains),
    builtin("net.cidr_overlap", 2, contains),
    builtin("net.cidr_contains_matches", 2, contains_matches),
    builtin("net.cidr_intersects", 2, intersects),
    builtin("net.cidr_expand", 1, expand),
    builtin("net.cidr_is_valid", 1, is_valid),
    builtin("net.cidr_merge", 1, merge),
];

/// The addresses from one to another, of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Network {
    is_v6: bool,
    first: u128,
    last: u128,
}

/// Where IPv4 addresses are mapped into IPv6: `::ffff:0:0/96`.
const MAPPED: u128 = 0xffff << 32;

/// An address as its family's number.
fn number(address: IpAddr) -> (bool, u128) {
    match address.to_canonical() {
        IpAddr::V4(address) => (false, u128::from(u32::from(address))),
        IpAddr::V6(address) => (true, u128::from(address)),
    }
}

fn width(is_v6: bool) -> u32 {
    if is_v6 { 128 } else { 32 }
}

impl Network {
    /// A network from its address and the length of its prefix.
    fn new((is_v6, address): (bool, u128), prefix: u32) -> Self {
        let host = host_mask(width(is_v6).saturating_sub(prefix));
        Self {
            is_v6,
            first: address & !host,
            last: address | host,
        }
    }

    /// A network such as `10.0.0.0/8`.
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let prefix: u32 = prefix.parse().ok()?;
        match address {
            IpAddr::V4(_) => (prefix <= 32).then(|| Self::new(number(address), prefix)),
            IpAddr::V6(full) => {
                (prefix <= 128).then_some(())?;
                let network = Self::new((true, u128::from(full)), prefix);
                // Whole networks of mapped addresses are IPv4 networks.
                if prefix >= 96 && full.to_ipv4_mapped().is_some() {
                    return Some(Self::new(number(address), prefix - 96));
                }
                Some(network)
            }
        }
    }

    fn contains(&self, other: &Self) -> bool {
        self.is_v6 == other.is_v6 && self.first <= other.first && other.last <= self.last
    }

    /// Turns an IPv4 network into the IPv6 network that it is mapped to.
    fn map(&mut self) {
        if !self.is_v6 {
            self.is_v6 = true;
            self.first |= MAPPED;
            self.last |= MAPPED;
        }
    }

    /// Turns the IPv6 network of mapped IPv4 addresses back into theirs.
    fn unmap(&mut self) {
        let host = host_mask(32);
        if self.is_v6 && self.first & !host == MAPPED && self.last & !host == MAPPED {
            self.is_v6 = false;
            self.first &= host;
            self.last &= host;
        }
    }

    fn address(&self, number: u128) -> String {
        if self.is_v6 {
            Ipv6Addr::from(number).to_string()
        } else {
            Ipv4Addr::from(u32::try_from(number).unwrap_or_default()).to_string()
        }
    }
}

/// A mask of the lowest bits.
fn host_mask(bits: u32) -> u128 {
    1_u128
        .checked_shl(bits)
        .map_or(u128::MAX, |mask| mask.wrapping_sub(1))
}

fn network(text: &str) -> Result<Network, Failure> {
    Network::parse(text).ok_or_else(|| Failure::new(format!("invalid CIDR address: {text}")))
}

/// An address alone, or a network.
fn address_or_network(text: &str) -> Result<Network, Failure> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(Network::new(number(address), 128));
    }
    Network::parse(text).ok_or_else(|| {
        Failure::new(format!(
            "not a valid textual representation of an IP address or CIDR: {text}"
        ))
    })
}

fn contains(operands: &[Value]) -> Result<Value, Failure> {
    let outer = network(string(operands, 0)?)?;
    let inner = string(operands, 1)?;
    Ok(Value::Bool(outer.contains(&address_or_network(inner)?)))
}

/// The text of a candidate: a string, or the first item of an array.
fn candidate(value: &Value, at: usize) -> Result<&str, Failure> {
    match value {
        Value::String(text) => Ok(text),
        Value::Array(items) => match items.first() {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(bad_operand(0, "must be string")),
            None => Err(no_candidate(at)),
        },
        _ => Err(no_candidate(at)),
    }
}

fn no_candidate(at: usize) -> Failure {
    Failure::new(format!(
        "operand {}: element must be string or non-empty array",
        at + 1
    ))
}

/// The networks of an operand, each with what stands for it in the result: the string itself, a place, an element or a
/// key.
fn candidates(operands: &[Value], at: usize) -> Result<Vec<(&str, Value)>, Failure> {
    match operand(operands, at) {
        value @ Value::String(text) => Ok(vec![(&**text, value.clone())]),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(place, item)| Ok((candidate(item, at)?, Value::from(place))))
            .collect(),
        Value::Set(items) => items
            .iter()
            .map(|item| Ok((candidate(item, at)?, item.clone())))
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| Ok((candidate(value, at)?, key.clone())))
            .collect(),
        _ => Ok(Vec::new()),
    }
}

fn contains_matches(operands: &[Value]) -> Result<Value, Failure> {
    let (outer, inner) = (candidates(operands, 0)?, candidates(operands, 1)?);
    let mut matches = BTreeSet::new();
    if outer.is_empty() || inner.is_empty() {
        return Ok(Value::from(matches));
    }
    let outer = networks(outer, network)?;
    let inner = networks(inner, address_or_network)?;
    for (outer, outer_index) in &outer {
        for (inner, inner_index) in &inner {
            if outer.contains(inner) {
                matches.insert(Value::from(vec![outer_index.clone(), inner_index.clone()]));
            }
        }
    }
    Ok(Value::from(matches))
}

fn networks(
    candidates: Vec<(&str, Value)>,
    read: impl Fn(&str) -> Result<Network, Failure>,
) -> Result<Vec<(Network, Value)>, Failure> {
    candidates
        .into_iter()
        .map(|(text, index)| Ok((read(text)?, index)))
        .collect()
}

fn intersects(operands: &[Value]) -> Result<Value, Failure> {
    let left = network(string(operands, 0)?)?;
    let right = network(string(operands, 1)?)?;
    Ok(Value::Bool(left.contains(&right) || right.contains(&left)))
}

fn expand(operands: &[Value]) -> Result<Value, Failure> {
    let network = network(string(operands, 0)?)?;
    if network.last - network.first >= MOST_ADDRESSES {
        return Err(exceeded(format!(
            "the network has more than {MOST_ADDRESSES} addresses"
        )));
    }
    let addresses: BTreeSet<Value> = (network.first..=network.last)
        .map(|number| Value::from(network.address(number)))
        .collect();
    Ok(Value::from(addresses))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the rows of a table are of one type"
)]
fn is_valid(operands: &[Value]) -> Result<Value, Failure> {
    let valid = match operand(operands, 0) {
        Value::String(text) => Network::parse(text).is_some(),
        _ => false,
    };
    Ok(Value::Bool(valid))
}

/// The fewest networks of the same addresses.
fn merge(operands: &[Value]) -> Result<Value, Failure> {
    let items: Vec<&Value> = match operand(operands, 0) {
        Value::Array(items) => items.iter().collect(),
        Value::Set(items) => items.iter().collect(),
        _ => return Err(Failure::new("operand must be an array")),
    };
    let mut networks: Vec<(Network, Option<String>)> = items
        .into_iter()
        .map(|item| match item {
            Value::String(text) => mergeable(text),
            _ => Err(Failure::new("element must be string")),
        })
        .collect::<Result<_, _>>()?;
    // Both families on one line: an IPv4 address is where it is mapped into IPv6.
    for (network, _) in &mut networks {
        network.map();
    }
    networks.sort();
    let mut merged: Vec<(Network, Option<String>)> = Vec::new();
    for (network, written) in networks {
        match merged.last_mut() {
            Some((previous, previous_written))
                if network.first <= previous.last.saturating_add(1) =>
            {
                previous.last = previous.last.max(network.last);
                *previous_written = None;
            }
            _ => merged.push((network, written)),
        }
    }
    let mut result = BTreeSet::new();
    for (mut network, written) in merged {
        network.unmap();
        match written {
            Some(written) => {
                result.insert(Value::from(written));
            }
            None => cover(&network, &mut result),
        }
    }
    Ok(Value::from(result))
}

/// A network to merge, and how it is written where it stays as it is. An IPv4 address alone is in the network of its
/// class, and written with itself.
fn mergeable(text: &str) -> Result<(Network, Option<String>), Failure> {
    let Ok(address) = text.parse::<IpAddr>() else {
        return network(text).map(|network| (network, None));
    };
    let (false, number) = number(address) else {
        return Err(Failure::new("IPv6 invalid: needs prefix length"));
    };
    let prefix = match number >> 24 {
        0..128 => 8,
        128..192 => 16,
        _ => 24,
    };
    let network = Network::new((false, number), prefix);
    let written = format!("{}/{prefix}", network.address(number));
    Ok((network, Some(written)))
}

/// The fewest networks that cover a range of addresses.
fn cover(range: &Network, result: &mut BTreeSet<Value>) {
    let width = width(range.is_v6);
    let mut first = range.first;
    loop {
        // The largest network that starts here and does not reach further than the range.
        let mut bits = first.trailing_zeros().min(width);
        while host_mask(bits) > range.last - first {
            bits -= 1;
        }
        let text = format!("{}/{}", range.address(first), width - bits);
        result.insert(Value::from(text));
        match (first | host_mask(bits)).checked_add(1) {
            Some(next) if next <= range.last => first = next,
            _ => return,
        }
    }
}
