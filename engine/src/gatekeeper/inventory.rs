//! The other objects of a run as templates find them below `data.inventory` (Gatekeeper documentation, "Replicating
//! data").

use serde_json::{Map, Value, json};

use super::object::Object;

/// Objects by scope, group and version, kind, and name. One that names no namespace is one of the cluster, as for
/// Gatekeeper's own command line.
pub(crate) fn inventory(objects: &[Value]) -> Value {
    let mut cluster = Map::new();
    let mut namespaces = Map::new();
    for document in objects {
        let object = Object::read(document);
        let version = document.get("apiVersion").and_then(Value::as_str);
        let mut path = vec![version.unwrap_or_default(), object.kind, object.name];
        let place = match object.namespace {
            Some(namespace) => {
                path.insert(0, namespace);
                &mut namespaces
            }
            None => &mut cluster,
        };
        insert(place, &path, document);
    }
    json!({"cluster": cluster, "namespace": namespaces})
}

fn insert(place: &mut Map<String, Value>, path: &[&str], document: &Value) {
    match path {
        [] => {}
        [name] => {
            place.insert((*name).to_owned(), document.clone());
        }
        [folder, rest @ ..] => {
            let next = place.entry(*folder).or_insert_with(|| json!({}));
            if let Value::Object(next) = next {
                insert(next, rest, document);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_lie_by_scope_version_kind_and_name() {
        let object = |version: &str, kind: &str, metadata: Value| json!({"apiVersion": version, "kind": kind, "metadata": metadata});
        let role = object("v1", "Node", json!({"name": "n"}));
        let a = object(
            "apps/v1",
            "Deployment",
            json!({"name": "a", "namespace": "shop"}),
        );
        let b = object(
            "apps/v1",
            "Deployment",
            json!({"name": "b", "namespace": "shop"}),
        );
        assert_eq!(
            inventory(&[role.clone(), a.clone(), b.clone()]),
            json!({
                "cluster": {"v1": {"Node": {"n": role}}},
                "namespace": {"shop": {"apps/v1": {"Deployment": {"a": a, "b": b}}}}
            })
        );
    }
}
