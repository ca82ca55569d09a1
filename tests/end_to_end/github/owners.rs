//! The owners of changed paths: from the base branch, with the members of teams, or not known.

use super::*;

/// A control that reads the owners, so that they are asked for.
const READER: &str = "# METADATA\n# title: t\n# description: d\n# scope: package\n# custom:\n#   id: OWN-01\n#   severity: high\n#   inputs: [{kind: pull_request}]\n#   frameworks: {soc2: [CC8.1]}\n#   remediation: r\npackage own.owners\n\nimport rego.v1\n\ndeny contains {\"message\": \"nobody owns it\"} if count(input.object.code_owners.owners) == 0\n\nunknown contains {\"message\": \"no members\"} if {\n\tsome owner in input.object.code_owners.owners\n\towner.members == null\n}\n\nunknown contains {\"message\": \"no owners\"} if not input.object.code_owners\n";

/// The owners in the document, and the verdict of the control that reads them.
fn owners(server: &Server) -> (Value, String) {
    let policies = folder(&[("own/owners.rego", READER)]);
    let path = policies.path().join("own");
    let run = judge(server, &["--policies", path.to_str().unwrap()]);
    let saved = run.saved.as_ref().unwrap();
    (saved["code_owners"].clone(), run.verdict("OWN-01"))
}

fn members(found: &Value) -> Value {
    let mut members = found["owners"][0]["members"].clone();
    if let Some(members) = members.as_array_mut() {
        members.sort_by_key(|login| login.as_str().unwrap().to_owned());
    }
    members
}

#[test]
fn a_team_stands_for_its_members_and_those_of_the_teams_below() {
    let teams = json!({"web": {"members": ["bob"], "repositories": {"shop": "WRITE"},
        "teams": {"styles": {"members": ["carol"], "teams": {"icons": {"members": ["dora"]}}}}}});
    let Some(server) = Server::start(&World::ordinary().teams(&teams)) else {
        return;
    };
    let (found, verdict) = owners(&server);
    assert_eq!(found["path"], ".github/CODEOWNERS");
    assert_eq!(members(&found), json!(["bob", "carol", "dora"]));
    assert_eq!(found["owners"][0]["can_write"], true);
    assert_eq!(found["files"]["items"].as_array().unwrap().len(), 40);
    assert_eq!(verdict, "pass");
}

#[test]
fn a_large_team_is_read_to_its_end() {
    let logins: Vec<String> = (0..230).map(|at| format!("member-{at:03}")).collect();
    let teams = json!({"web": {"members": logins, "repositories": {"shop": "WRITE"}}});
    let Some(server) = Server::start(&World::ordinary().teams(&teams)) else {
        return;
    };
    let (found, verdict) = owners(&server);
    assert_eq!(members(&found), json!(logins));
    assert_eq!(verdict, "pass");
}

/// A team that cannot be seen is not a team without members.
#[test]
fn the_members_of_a_private_team_are_not_known() {
    let secret = json!({"web": {"members": ["bob"], "privacy": "SECRET", "repositories": {"shop": "WRITE"}}});
    let web = json!({"web": {"members": ["bob"], "repositories": {"shop": "WRITE"}}});
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    for (teams, token) in [
        (&secret, json!({})),
        (&web, json!({"without": ["members"]})),
        (&json!({"other": ["bob"]}), json!({})),
    ] {
        let mut world = World::ordinary().teams(teams).token(&token);
        // Who approved on behalf of a team that is gone is another matter.
        let reviews = json!([{"author": "bob"}, {"author": "carol"}]);
        world = world.pull_request(json!({"reviews": reviews, "timeline": []}));
        server.begin(&world);
        let (found, verdict) = owners(&server);
        assert_eq!(members(&found), Value::Null, "{token}: {found}");
        assert_ne!(found["owners"][0]["can_write"], true, "{token}");
        assert_eq!(verdict, "unknown", "{token}");
    }
    // GitHub ignores a secret team, also where the token sees it.
    server.begin(
        &World::ordinary()
            .teams(&secret)
            .token(&json!({"seesSecretTeams": true})),
    );
    let (found, _) = owners(&server);
    assert_eq!(found["owners"][0]["can_write"], false);
}

/// A change cannot choose who owns it.
#[test]
fn owners_are_read_from_the_base() {
    let commits = json!([{"author": "alice", "files": {
        ".github/CODEOWNERS": "* @mallory\n",
        "src/a.txt": "a\n",
    }}]);
    let fields = json!({"commits": commits, "reviews": [{"author": "bob"}]});
    let Some(server) = Server::start(&World::ordinary().pull_request(fields)) else {
        return;
    };
    let (found, _) = owners(&server);
    let names: Vec<&Value> = found["owners"]
        .as_array()
        .unwrap()
        .iter()
        .map(|owner| &owner["name"])
        .collect();
    assert_eq!(names, [&json!("@acme/web")]);
}

#[test]
fn no_file_of_owners_is_a_fact() {
    let world = World::ordinary()
        .repository(json!({"commits": [{"id": "base", "files": {"README.md": "x\n"}}]}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let (found, verdict) = owners(&server);
    assert_eq!(
        (&found["path"], &found["owners"]),
        (&Value::Null, &json!([]))
    );
    assert_eq!(verdict, "fail");
}

/// GraphQL cuts long texts; the whole file comes by REST.
#[test]
fn a_long_file_of_owners_is_read_whole() {
    let rules = format!("{}* @acme/web\n", "# nothing\n".repeat(60_000));
    let files = json!([{"id": "base", "files": {"README.md": "x\n", "CODEOWNERS": rules}}]);
    let Some(server) = Server::start(&World::ordinary().repository(json!({"commits": files})))
    else {
        return;
    };
    let (found, verdict) = owners(&server);
    assert_eq!(found["path"], "CODEOWNERS");
    assert_eq!(found["owners"][0]["name"], "@acme/web");
    assert_eq!(verdict, "pass");
}
