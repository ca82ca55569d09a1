//! What there is to find fault with.

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CheckKind {
    /// A call of something that is no function.
    UnknownFunction,
    /// A call of a function that cannot be replayed or that reaches out.
    ForbiddenFunction,
    /// A call with too few or too many arguments.
    WrongArity,
    /// A variable that nothing binds.
    UnsafeVariable,
    /// A reference into `data` where nothing is.
    UnknownReference,
    /// A rule of a control that must be a set and is not.
    NotASet,
    /// A rule that depends on itself.
    Recursion,
    /// A parameter that METADATA does not declare.
    UndeclaredParameter,
    /// Rules or imports that cannot stand beside each other.
    Conflict,
    /// A default whose value is computed.
    IllegalDefault,
    /// A rule that is nothing but its name.
    BareName,
}
