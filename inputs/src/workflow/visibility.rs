//! Which values of a workflow may be shown in excerpts, and which are kept as evidence. Environment values, inputs and
//! scripts can hold secrets.

use soc2gate_source::Segment;

/// Fields whose values name actions, images, runners and environments.
const SHOWN: &[&str] = &[
    "container",
    "environment",
    "image",
    "on",
    "runs-on",
    "secrets",
    "shell",
    "timeout-minutes",
    "using",
    "uses",
];

/// Inputs of actions that say what is checked out.
const SHOWN_INPUTS: &[&str] = &["persist-credentials", "ref", "repository"];

/// Lists of events, branches and runners.
const SHOWN_LISTS: &[&str] = &[
    "branches",
    "branches-ignore",
    "needs",
    "on",
    "runs-on",
    "tags",
    "tags-ignore",
    "types",
    "workflows",
];

/// Folders whose values are never shown, whatever they are called.
const HIDDEN_BELOW: &[&str] = &["env", "inputs", "outputs", "with"];

/// The values that may be shown.
pub(super) fn visible(path: &[Segment]) -> bool {
    match path {
        [.., Segment::Key(with), Segment::Key(input)] if with == "with" => {
            return SHOWN_INPUTS.contains(&input.as_str());
        }
        _ if is_hidden(path) => return false,
        _ => {}
    }
    match path {
        [.., Segment::Key(list), Segment::Index(_)] => SHOWN_LISTS.contains(&list.as_str()),
        [Segment::Key(map), Segment::Key(_)]
        | [
            Segment::Key(_),
            Segment::Key(_),
            Segment::Key(map),
            Segment::Key(_),
        ] if map == "permissions" => true,
        [.., Segment::Key(map), Segment::Key(key)] if map == "environment" && key == "name" => true,
        [.., Segment::Key(key)] => key == "permissions" || SHOWN.contains(&key.as_str()),
        _ => false,
    }
}

fn is_hidden(path: &[Segment]) -> bool {
    path.iter()
        .any(|segment| matches!(segment, Segment::Key(key) if HIDDEN_BELOW.contains(&key.as_str())))
}

/// The values that are kept as evidence. Of all others the expressions are kept (see
/// [`Withholder::workflow`](crate::Withholder::workflow)).
pub(super) fn stored(path: &[Segment]) -> bool {
    visible(path)
}
