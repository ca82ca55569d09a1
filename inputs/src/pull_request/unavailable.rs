//! Why a section is not there.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::presence::present;
use super::scalar::Text;

/// Why one section could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// What went wrong, in a few words and without any secret: it is shown in findings.
    pub reason: Text,
    /// The permission that would let it be read, such as `members:read`. Absent: none would, or not
    /// known.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Text")]
    pub permission: Option<Text>,
}

/// Declares a struct with one optional `Gap` for each section, and a table of them.
macro_rules! sections {
    ($(#[$doc:meta])* $all:ident: $($name:ident),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[allow(missing_docs, reason = "each field is a section of the document by its name")]
        pub struct $all {
            $(
                #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
                #[schemars(with = "Gap")]
                pub $name: Option<Gap>,
            )+
        }

        impl $all {
            /// The sections that could not be read, by name.
            pub fn sections(&self) -> Vec<(&'static str, &Gap)> {
                let all = [$((stringify!($name), self.$name.as_ref())),+];
                all.into_iter().filter_map(|(name, gap)| Some((name, gap?))).collect()
            }
        }
    };
}
pub(crate) use sections;

sections!(
    /// For each section that could not be read, why. A section is never both here and in the
    /// document.
    Unavailable:
    auto_merge,
    base_changes,
    checks,
    code_owners,
    commits,
    dependency_changes,
    files,
    labels,
    linked_issues,
    merge,
    merge_queue,
    pushes,
    required_checks,
    review_threads,
    reviews,
    template,
    timeline,
    triggered_by,
);
