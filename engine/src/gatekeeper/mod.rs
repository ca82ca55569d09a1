//! Gatekeeper: constraint templates with their constraints, as people apply them to clusters (Gatekeeper
//! documentation, "How to use Gatekeeper" and "Constraint Templates").
//!
//! A constraint is a control. Each template has an evaluator of its own, so that packages of one name do not meet.

mod constraint;
mod evaluate;
mod inventory;
mod label_selector;
mod load;
mod manifest;
mod matching;
mod object;
mod openapi;
mod review;
mod template;

pub(crate) use evaluate::{ConstraintGate, NamespaceLabels, Surroundings};
pub(crate) use inventory::inventory;
pub(crate) use load::{ConstraintSet, load};
