//! Which requests reach the webhook, and what follows where it does not answer.

use super::*;

/// Every webhook of every rendering that has more than the defaults, and of the plain manifest.
fn configurations() -> Vec<(String, Vec<Value>)> {
    let mut texts = vec![("plain manifest".to_owned(), plain_manifest())];
    if let Some(tools) = tools() {
        for (name, values) in [
            ("defaults", "{}"),
            ("closed namespaces", CLOSED),
            (
                "nobody excluded",
                "webhook: {excludedUsers: [], excludedNamespaces: []}\nuninstall: {enabled: false}",
            ),
        ] {
            texts.push((name.to_owned(), render(&tools, values).unwrap()));
        }
    }
    texts
        .into_iter()
        .map(|(name, text)| {
            let objects = objects(&text);
            let configuration = of_kind(&objects, "ValidatingWebhookConfiguration")[0];
            (name, configuration["webhooks"].as_array().unwrap().clone())
        })
        .collect()
}

const CLOSED: &str = "webhook: {failClosedNamespaces: [shop, soc2gate-system]}";

#[test]
fn every_webhook_has_the_safe_shape() {
    for (name, webhooks) in configurations() {
        assert!(webhooks.len() >= 2, "{name}");
        for webhook in &webhooks {
            assert_eq!(webhook["matchPolicy"], "Equivalent", "{name}");
            assert_eq!(webhook["sideEffects"], "NoneOnDryRun", "{name}");
            assert_eq!(webhook["admissionReviewVersions"], json!(["v1"]), "{name}");
            assert!(
                (3..=10).contains(&webhook["timeoutSeconds"].as_u64().unwrap()),
                "{name}"
            );
            // By a label on an object whoever writes it would choose not to be judged.
            assert_eq!(webhook["objectSelector"], Value::Null, "{name}");
            assert!(
                webhook["matchConditions"]
                    .as_array()
                    .is_none_or(|all| !all.is_empty())
            );
            assert!(
                !selects(webhook, NAMESPACE),
                "{name}: the namespace of the webhook is judged"
            );
        }
        // The broad one lets requests pass while nobody answers.
        let broad = webhooks
            .iter()
            .max_by_key(|webhook| webhook["rules"].as_array().unwrap().len());
        let closed = |webhook: &&Value| webhook["failurePolicy"] == "Fail";
        assert!(webhooks.iter().any(|webhook| closed(&webhook)), "{name}");
        if name != "closed namespaces" {
            assert_eq!(broad.unwrap()["failurePolicy"], "Ignore", "{name}");
        }
    }
}

/// A request: operation, group, resource with its subresource, namespace.
type Request<'a> = (&'a str, &'a str, &'a str, &'a str);

const JUDGED: &[Request<'_>] = &[
    ("CREATE", "", "pods", "shop"),
    ("UPDATE", "", "pods/ephemeralcontainers", "shop"),
    ("CONNECT", "", "pods/exec", "shop"),
    ("CONNECT", "", "pods/attach", "shop"),
    ("CONNECT", "", "pods/portforward", "shop"),
    ("UPDATE", "", "pods/resize", "shop"),
    ("CREATE", "", "pods/eviction", "shop"),
    ("UPDATE", "", "services/status", "shop"),
    ("CREATE", "", "serviceaccounts/token", "shop"),
    ("UPDATE", "apps", "deployments/scale", "shop"),
    ("UPDATE", "apps", "statefulsets/scale", "shop"),
    ("UPDATE", "", "replicationcontrollers/scale", "shop"),
    ("UPDATE", "example.com", "things/scale", "shop"),
    ("UPDATE", "apps", "deployments", "shop"),
    ("CREATE", "batch", "cronjobs", "shop"),
    ("CREATE", "", "secrets", "shop"),
    ("DELETE", "", "secrets", "shop"),
    (
        "DELETE",
        "rbac.authorization.k8s.io",
        "rolebindings",
        "shop",
    ),
    ("CREATE", "", "namespaces", "shop"),
    ("CREATE", "networking.k8s.io", "ingresses", "shop"),
    ("CREATE", "storage.k8s.io", "storageclasses", ""),
    ("CREATE", "", "persistentvolumes", ""),
    (
        "CREATE",
        "rbac.authorization.k8s.io",
        "clusterrolebindings",
        "",
    ),
    ("UPDATE", "rbac.authorization.k8s.io", "roles", "shop"),
    (
        "UPDATE",
        "rbac.authorization.k8s.io",
        "roles",
        "kube-system",
    ),
];

/// What a cluster needs to come up, and what nothing is gained by.
const NEVER: &[Request<'_>] = &[
    ("UPDATE", "coordination.k8s.io", "leases", "kube-node-lease"),
    ("CREATE", "coordination.k8s.io", "leases", "shop"),
    ("CREATE", "", "nodes", ""),
    ("UPDATE", "", "nodes", ""),
    ("UPDATE", "", "nodes/status", ""),
    ("UPDATE", "", "pods/status", "shop"),
    ("CREATE", "", "pods/binding", "shop"),
    ("CREATE", "", "events", "shop"),
    ("CREATE", "events.k8s.io", "events", "shop"),
    ("UPDATE", "", "endpoints", "shop"),
    ("CREATE", "discovery.k8s.io", "endpointslices", "shop"),
    (
        "CREATE",
        "certificates.k8s.io",
        "certificatesigningrequests",
        "",
    ),
    (
        "UPDATE",
        "certificates.k8s.io",
        "certificatesigningrequests/approval",
        "",
    ),
    ("CREATE", "authentication.k8s.io", "tokenreviews", ""),
    ("CREATE", "authorization.k8s.io", "subjectaccessreviews", ""),
    (
        "CREATE",
        "authorization.k8s.io",
        "selfsubjectaccessreviews",
        "",
    ),
    ("CREATE", "apiregistration.k8s.io", "apiservices", ""),
    (
        "UPDATE",
        "apiextensions.k8s.io",
        "customresourcedefinitions/status",
        "",
    ),
    ("CREATE", "networking.k8s.io", "ipaddresses", ""),
    ("CREATE", "storage.k8s.io", "csinodes", ""),
    ("CREATE", "scheduling.k8s.io", "priorityclasses", ""),
    // The namespace of the webhook.
    ("CREATE", "", "pods", NAMESPACE),
    ("CREATE", "", "secrets", NAMESPACE),
    ("UPDATE", "apps", "deployments", NAMESPACE),
    ("UPDATE", "apps", "deployments/scale", NAMESPACE),
    ("CREATE", "batch", "jobs", NAMESPACE),
    ("CREATE", "rbac.authorization.k8s.io", "roles", NAMESPACE),
    ("UPDATE", "", "namespaces", NAMESPACE),
    ("DELETE", "", "namespaces", NAMESPACE),
];

#[test]
fn what_is_judged_reaches_one_webhook_and_what_a_cluster_needs_reaches_none() {
    let mut asked = Vec::new();
    for (name, webhooks) in configurations() {
        for request in JUDGED.iter().chain(NEVER) {
            asked.push((name.clone(), webhooks.clone(), *request));
        }
    }
    let reached = reached(
        &asked
            .iter()
            .map(|(_, webhooks, request)| (webhooks.as_slice(), body(*request)))
            .collect::<Vec<_>>(),
    );
    for ((name, _, request), reached) in asked.iter().zip(reached) {
        let wanted = usize::from(JUDGED.contains(request));
        assert_eq!(reached.len(), wanted, "{name}: {request:?}: {reached:?}");
    }
}

#[test]
fn roles_and_chosen_namespaces_are_closed_while_nobody_answers() {
    let Some(tools) = tools() else { return };
    let objects = objects(&render(&tools, CLOSED).unwrap());
    let webhooks = of_kind(&objects, "ValidatingWebhookConfiguration")[0]["webhooks"]
        .as_array()
        .unwrap()
        .clone();
    let policy = |request: Value| {
        let name = reached(&[(&webhooks, request)]).remove(0).pop()?;
        let webhook = webhooks
            .iter()
            .find(|webhook| webhook["name"] == name.as_str())
            .unwrap();
        webhook["failurePolicy"].as_str().map(str::to_owned)
    };
    let fail = Some("Fail".to_owned());
    let ignore = Some("Ignore".to_owned());
    assert_eq!(policy(body(("CREATE", "", "pods", "shop"))), fail);
    assert_eq!(policy(body(("CREATE", "", "pods", "other"))), ignore);
    assert_eq!(policy(body(("CREATE", "", "pods", "kube-system"))), None);
    assert_eq!(policy(body(("CREATE", "", "namespaces", "shop"))), fail);
    assert_eq!(
        policy(body(("CREATE", "storage.k8s.io", "storageclasses", ""))),
        ignore
    );
    assert_eq!(
        policy(body((
            "CREATE",
            "rbac.authorization.k8s.io",
            "clusterroles",
            ""
        ))),
        fail
    );
    assert_eq!(
        policy(body((
            "CREATE",
            "rbac.authorization.k8s.io",
            "roles",
            "other"
        ))),
        fail
    );

    let mut own = body(("UPDATE", "rbac.authorization.k8s.io", "clusterroles", ""));
    own["name"] = json!("soc2gate-uninstall");
    assert_eq!(
        policy(own.clone()),
        ignore,
        "the chart could not be mended while the webhook is down"
    );
    own["resource"]["resource"] = json!("roles");
    own["namespace"] = json!("shop");
    assert_eq!(
        policy(own),
        fail,
        "a name that is the chart's in another kind"
    );

    let by = |user: &str| {
        let mut request = body(("UPDATE", "rbac.authorization.k8s.io", "clusterroles", ""));
        request["userInfo"]["username"] = json!(user);
        request
    };
    assert_eq!(policy(by("system:apiserver")), None);
    assert_eq!(policy(by("system:apiserver2")), fail);
    assert_eq!(
        policy(by(
            "system:serviceaccount:kube-system:clusterrole-aggregation-controller"
        )),
        None
    );
    assert_eq!(
        policy(by(
            "system:serviceaccount:shop:clusterrole-aggregation-controller"
        )),
        fail
    );

    let mut token = body(("CREATE", "", "serviceaccounts/token", "shop"));
    assert_eq!(policy(token.clone()), fail);
    token["userInfo"]["username"] = json!("system:node:worker-1");
    assert_eq!(
        policy(token),
        None,
        "no pod could start while the webhook is down"
    );
    let mut other = body(("CREATE", "", "serviceaccounts", "shop"));
    other["userInfo"]["username"] = json!("system:node:worker-1");
    assert_eq!(
        policy(other),
        fail,
        "a node may be excused for tokens alone"
    );
}

#[test]
fn no_condition_fails_on_a_recorded_request() {
    let Some(tools) = tools() else { return };
    let Some(corpora) = std::env::var_os("SOC2GATE_CORPORA").filter(|folder| !folder.is_empty())
    else {
        eprintln!("notice: skipped, SOC2GATE_CORPORA names no folder");
        return;
    };
    let folder = Path::new(&corpora).join("admission-reviews");
    let requests: Vec<Value> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .filter_map(|text| serde_json::from_str::<Value>(&text).ok())
        .map(|review| review["request"].clone())
        .filter(Value::is_object)
        .collect();
    assert!(requests.len() > 50);
    let mut asked = Vec::new();
    for (_, webhooks) in configurations() {
        let conditions = webhooks.iter().flat_map(conditions);
        for expression in conditions {
            asked.extend(
                requests
                    .iter()
                    .map(|request| (expression.to_owned(), request.clone())),
            );
        }
    }
    assert!(asked.len() > 500);
    for ((expression, request), result) in asked.iter().zip(evaluate(&tools, &asked)) {
        assert!(result.is_boolean(), "{expression}: {}", request["resource"]);
    }
}

/// A request as the API server describes it to a condition: what is empty is not there.
fn body((operation, group, resource, namespace): Request<'_>) -> Value {
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let mut body = json!({
        "operation": operation,
        "resource": {"group": group, "version": "v1", "resource": resource},
        "userInfo": {"username": "alice", "groups": ["system:authenticated"]},
    });
    for (key, value) in [("subResource", subresource), ("namespace", namespace)] {
        if !value.is_empty() {
            body[key] = json!(value);
        }
    }
    body
}

/// The names of the webhooks that each request reaches.
fn reached(asked: &[(&[Value], Value)]) -> Vec<Vec<String>> {
    let mut candidates = Vec::new();
    let mut expressions = Vec::new();
    for (at, (webhooks, request)) in asked.iter().enumerate() {
        let namespace = request["namespace"].as_str();
        let matching = webhooks.iter().filter(|webhook| {
            rules(webhook, request) && namespace.is_none_or(|namespace| selects(webhook, namespace))
        });
        for webhook in matching {
            let first = expressions.len();
            expressions.extend(
                conditions(webhook)
                    .into_iter()
                    .map(|expression| (expression.to_owned(), request.clone())),
            );
            candidates.push((
                at,
                webhook["name"].as_str().unwrap().to_owned(),
                first..expressions.len(),
            ));
        }
    }
    // Without the tools conditions are not evaluated, and nobody asks.
    let results = tools().map(|tools| evaluate(&tools, &expressions));
    let mut reached = vec![Vec::new(); asked.len()];
    for (at, name, range) in candidates {
        let holds = results
            .as_ref()
            .is_none_or(|results| results[range].iter().all(|result| *result == json!(true)));
        if holds {
            reached[at].push(name);
        }
    }
    reached
}

fn conditions(webhook: &Value) -> Vec<&str> {
    let conditions = webhook["matchConditions"].as_array();
    let conditions = conditions.map(Vec::as_slice).unwrap_or_default();
    conditions
        .iter()
        .map(|condition| condition["expression"].as_str().unwrap())
        .collect()
}

/// Whether a rule speaks of a request. `*` among resources leaves subresources out.
fn rules(webhook: &Value, request: &Value) -> bool {
    let resource = request["resource"]["resource"].as_str().unwrap();
    let subresource = request["subResource"].as_str();
    let names = |list: &Value, name: &str| {
        texts(list)
            .iter()
            .any(|listed| *listed == "*" || *listed == name)
    };
    webhook["rules"].as_array().unwrap().iter().any(|rule| {
        let is_named = texts(&rule["resources"]).iter().any(|listed| {
            match (listed.split_once('/'), subresource) {
                (None, None) => *listed == "*" || *listed == resource,
                (Some((kind, part)), Some(wanted)) => {
                    (kind == "*" || kind == resource) && (part == "*" || part == wanted)
                }
                _ => false,
            }
        });
        is_named
            && names(&rule["operations"], request["operation"].as_str().unwrap())
            && names(
                &rule["apiGroups"],
                request["resource"]["group"].as_str().unwrap(),
            )
    })
}

/// Whether a namespace is selected by its name, which Kubernetes keeps as a label that nobody can change.
fn selects(webhook: &Value, namespace: &str) -> bool {
    let selector = &webhook["namespaceSelector"];
    assert_eq!(selector["matchLabels"], Value::Null);
    selector["matchExpressions"]
        .as_array()
        .unwrap()
        .iter()
        .all(|expression| {
            assert_eq!(expression["key"], "kubernetes.io/metadata.name");
            let is_listed = texts(&expression["values"]).contains(&namespace);
            match expression["operator"].as_str().unwrap() {
                "In" => is_listed,
                "NotIn" => !is_listed,
                other => panic!("{other}"),
            }
        })
}

/// What expressions are on requests.
fn evaluate(tools: &Path, asked: &[(String, Value)]) -> Vec<Value> {
    let cases: Vec<Value> = asked
        .iter()
        .map(|(expression, request)| json!({"expression": expression, "request": request}))
        .collect();
    let mut child = Process::new("node")
        .arg(root().join("tests/tools/match_conditions.mjs"))
        .env("SOC2GATE_TEST_TOOLS", tools)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(&serde_json::to_vec(&cases).unwrap())
        .unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let results: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(results.len(), asked.len());
    results
}
