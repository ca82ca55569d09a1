//! Whether certificates lead from a leaf to a root (RFC 5280 section 6), in the steps of Go's library.

use std::collections::BTreeSet;

use jiff::civil::DateTime;

use super::certificate::Certificate;
use super::host;
use crate::crypto::Malformed;
use crate::crypto::public_key::PublicKey;

/// How many signatures are checked at most in the search for a chain.
const MAX_SIGNATURES: u32 = 100;

/// How many comparisons of names with constraints there are at most in the search.
const MAX_COMPARISONS: u64 = 250_000;

/// The usage that is asked for, unless it is said otherwise: to be a server.
const SERVER: u8 = 1;

/// The usage that stands for all.
const ANY: u8 = 0;

const SIGN_CERTIFICATES: u32 = 1 << 5;

/// What a chain must fit.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// In UTC.
    pub(crate) time: DateTime,
    /// The host that the leaf must stand for; empty where it does not matter.
    pub(crate) host: String,
    /// The extended key usages of which one must be permitted by the whole chain.
    pub(crate) usages: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    Leaf,
    Intermediate,
    Root,
}

/// The chain from the last certificate to the first, which is trusted, over those between them.
pub(crate) fn verify_chain<'a>(
    certificates: &'a [Certificate],
    options: &Options,
) -> Result<Vec<&'a Certificate>, Malformed> {
    let [root, intermediates @ .., leaf] = certificates else {
        return Err(Malformed(
            "must supply at least two certificates to be able to verify",
        ));
    };
    let mut comparisons = MAX_COMPARISONS;
    check(leaf, Position::Leaf, &[], options, &mut comparisons)?;
    if !options.host.is_empty() && !host::covers(&leaf.says.alternative_names, &options.host) {
        return Err(Malformed("x509: certificate is not valid for the host"));
    }
    let mut search = Search {
        root,
        intermediates,
        options,
        signatures: 0,
        comparisons,
    };
    let chain = if leaf.raw == root.raw {
        permits_usage(&[leaf], &options.usages).then(|| vec![leaf])
    } else {
        search.chain(&mut vec![leaf])
    };
    chain.ok_or(Malformed("x509: certificate signed by unknown authority"))
}

struct Search<'a, 'o> {
    root: &'a Certificate,
    intermediates: &'a [Certificate],
    options: &'o Options,
    signatures: u32,
    /// How many are left.
    comparisons: u64,
}

impl<'a> Search<'a, '_> {
    /// The first chain that goes on from this one, reaches the root and permits the usages.
    fn chain(&mut self, chain: &mut Vec<&'a Certificate>) -> Option<Vec<&'a Certificate>> {
        let root = self.root;
        if self.may_follow(chain, root, Position::Root) {
            let mut whole = chain.clone();
            whole.push(root);
            if permits_usage(&whole, &self.options.usages) && policies_agree(&whole) {
                return Some(whole);
            }
        }
        for intermediate in self.intermediates {
            if self.may_follow(chain, intermediate, Position::Intermediate) {
                chain.push(intermediate);
                let found = self.chain(chain);
                chain.pop();
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    fn may_follow(
        &mut self,
        chain: &[&Certificate],
        candidate: &Certificate,
        position: Position,
    ) -> bool {
        let Some(child) = chain.last() else {
            return false;
        };
        let repeated = chain.iter().any(|certificate| {
            certificate.raw_subject == candidate.raw_subject
                && certificate.raw_public_key == candidate.raw_public_key
                && certificate.says.alternative_names == candidate.says.alternative_names
        });
        if child.raw_issuer != candidate.raw_subject || repeated {
            return false;
        }
        self.signatures += 1;
        self.signatures <= MAX_SIGNATURES
            && signed_by(child, candidate)
            && check(
                candidate,
                position,
                chain,
                self.options,
                &mut self.comparisons,
            )
            .is_ok()
    }
}

fn signed_by(child: &Certificate, parent: &Certificate) -> bool {
    let may_sign = match parent.says.basic_constraints {
        Some(constraints) => constraints.is_authority,
        None => parent.version != 3,
    };
    let usage = parent.says.key_usage;
    let Some(algorithm) = child.signature_algorithm.trusted else {
        return false;
    };
    may_sign
        && (usage == 0 || usage & SIGN_CERTIFICATES != 0)
        && parent.public_key != PublicKey::Unknown
        && parent
            .public_key
            .verify_der(algorithm, &child.raw_signed, &child.signature)
}

/// Refuses a certificate that may not stand after the ones below it.
fn check(
    certificate: &Certificate,
    position: Position,
    below: &[&Certificate],
    options: &Options,
    comparisons: &mut u64,
) -> Result<(), Malformed> {
    let says = &certificate.says;
    if !says.unhandled_critical.is_empty() {
        return Err(Malformed("x509: unhandled critical extension"));
    }
    if options.time < certificate.not_before || options.time > certificate.not_after {
        return Err(Malformed(
            "x509: certificate has expired or is not yet valid",
        ));
    }
    if position != Position::Leaf && !says.name_constraints.is_empty() {
        for certificate in below {
            says.name_constraints
                .check(&certificate.says.alternative_names, comparisons)?;
        }
    }
    let constraints = says.basic_constraints;
    if position == Position::Intermediate
        && !constraints.is_some_and(|constraints| constraints.is_authority)
    {
        return Err(Malformed(
            "x509: certificate is not authorized to sign other certificates",
        ));
    }
    let longest = constraints.and_then(|constraints| constraints.path_length);
    let between = below.len().saturating_sub(1);
    if longest
        .is_some_and(|longest| usize::try_from(longest).is_ok_and(|longest| between > longest))
    {
        return Err(Malformed(
            "x509: too many intermediates for path length constraint",
        ));
    }
    Ok(())
}

/// Whether every certificate that names usages permits one that is asked for, the same all the way.
fn permits_usage(chain: &[&Certificate], usages: &[u8]) -> bool {
    let mut remaining = if usages.is_empty() {
        vec![SERVER]
    } else {
        usages.to_vec()
    };
    if remaining.contains(&ANY) {
        return true;
    }
    for certificate in chain.iter().rev() {
        let (known, unknown) = (
            &certificate.says.extended_key_usage,
            &certificate.says.unknown_extended_key_usage,
        );
        if (known.is_empty() && unknown.is_empty()) || known.contains(&ANY) {
            continue;
        }
        remaining.retain(|usage| known.contains(usage));
        if remaining.is_empty() {
            return false;
        }
    }
    true
}

/// Whether a chain that demands an explicit policy has one (RFC 5280 section 6.1). Mappings of policies are not
/// followed: with them, such a chain is refused.
fn policies_agree(chain: &[&Certificate]) -> bool {
    const ANY_POLICY: &[u64] = &[2, 5, 29, 32, 0];
    let Some((_, below_root)) = chain.split_last() else {
        return false;
    };
    let length = i64::try_from(below_root.len()).unwrap_or(i64::MAX);
    // How many certificates may follow until a policy is demanded, and until the one that stands for all does not.
    let (mut explicit, mut any) = (length + 1, length + 1);
    // None stands for all policies.
    let mut valid: Option<BTreeSet<&[u64]>> = None;
    let mut mapped = false;
    for (at, certificate) in below_root.iter().enumerate().rev() {
        let says = &certificate.says;
        let own = says.policies.as_deref().unwrap_or_default();
        let self_issued = certificate.raw_subject == certificate.raw_issuer;
        let names_any = own.iter().any(|policy| policy == ANY_POLICY);
        if !(names_any && (any > 0 || (at > 0 && self_issued))) {
            let mut common: BTreeSet<&[u64]> = own.iter().map(Vec::as_slice).collect();
            common.remove(ANY_POLICY);
            if let Some(valid) = &valid {
                common.retain(|policy| valid.contains(policy));
            }
            valid = Some(common);
        }
        mapped |= !says.policy_mappings.is_empty();
        if at == 0 || !self_issued {
            explicit -= 1;
            any -= 1;
        }
        match says.require_explicit_policy.map(i64::from) {
            Some(more) if at > 0 || more == 0 => explicit = explicit.min(more),
            _ => {}
        }
        any = any.min(says.inhibit_any_policy.map_or(any, i64::from));
    }
    explicit > 0 || (!mapped && valid.is_none_or(|valid| !valid.is_empty()))
}
