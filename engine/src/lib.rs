//! The engine of soc2gate: controls and a subject in, a decision out.
//!
//! It does no I/O, reads no clock and knows no network; the same controls, settings, subject and clock give
//! the same [`Decision`], byte for byte. [`Library::load`] reads controls, [`Config::parse`] the settings,
//! [`Gate::new`] makes both ready, and a [`Judge`] of each thread judges [`Subject`]s.

mod baseline;
mod bundle;
mod config;
mod control;
mod crypto;
mod decision;
mod exception;
mod gate;
mod gatekeeper;
mod judge;
mod library;
mod metadata;
mod plain;
mod policy_digest;
mod rego;
mod route;
mod rules;
mod schema;
mod selector;
mod subject;
mod threads;
mod verdict;

pub use baseline::{Baseline, BaselineFile, fingerprint};
pub use bundle::{Bundle, BundleFiles, BundleVerification};
pub use config::{
    Config, Criteria, RawBundleVerification, RawConfig, RawControl, RawControlScope, RawLedger,
    RawRetention, RawScope, SigningAlgorithm,
};
pub use control::{Control, ControlId, ControlInput, Frameworks, Origin, RelatedResource};
pub use crypto::jws::{JwsError, verify_jws};
pub use crypto::x509::certificate_expiry;
pub use decision::{DECISION_SCHEMA, Decision, EngineRef, Outcome, SubjectRef};
pub use exception::{Exception, ExceptionFile, Exceptions, RawException};
pub use gate::{Attention, Context, DEFAULT_BUDGET, Gate, Siblings};
pub use judge::Judge;
pub use library::{Library, PolicySource};
pub use metadata::{Custom, Metadata, ParameterSchema, ParameterType, Scope};
pub use plain::{BaseDocuments, DataConflict, LoadOptions};
pub use rego::{
    Bindings, BodyEnding, BodyTrace, FileCoverage, Reason, RegoEval, RegoEvaluation,
    RegoExpression, RegoQuery, RegoQueryError, RegoResult, RegoTest, RegoTestResult,
    RegoTestRunner, RegoTests, RegoVersion, RuleCoverage, Sides, Stop, Term, builtin_functions,
    eval_rego, is_evaluating, lint_rego, run_rego_query,
};
pub use schema::{json_schema, json_schema_of_output};
pub use selector::Selector;
pub use subject::{Operation, Subject, SubjectKind, SubjectSource};
pub use verdict::{
    Enforcement, ExceptionUse, Finding, Severity, Status, Unknown, UnknownReason, Verdict,
};
