//! What may not be concluded from what an organisation does not show.

use rstest::rstest;
use serde_json::{Value, json};

use super::{Extent, Reached, collect_organization, list_repositories};
use crate::collect::github::client::stand_in::{Server, answer};

/// A server with answers by path, without the query; what is not among them is 404.
fn server(answers: &[(&str, Value)]) -> Server {
    let all: Vec<(String, Value)> = answers
        .iter()
        .map(|(path, body)| ((*path).to_owned(), body.clone()))
        .collect();
    Server::start(move |request, _| {
        let path = request.path.split('?').next().unwrap_or_default();
        match all.iter().find(|(known, _)| known == path) {
            Some((_, body)) => answer(200, &[], &body.to_string()),
            None => answer(404, &[], r#"{"message": "Not Found"}"#),
        }
    })
}

fn whole(answers: &[(&str, Value)]) -> Value {
    let server = server(answers);
    let (github, _) = server.client(60);
    let document = collect_organization(&github, "acme", &Reached::new(true)).unwrap();
    serde_json::to_value(document).unwrap()
}

#[test]
fn what_is_not_shown_is_explained_and_never_empty() {
    let document = whole(&[("/orgs/acme", json!({"login": "acme", "public_repos": 0}))]);
    let unavailable = document["unavailable"].as_object().unwrap();
    assert_eq!(unavailable.len(), 13, "{unavailable:#?}");
    assert!(unavailable.keys().all(|name| document.get(name).is_none()));
}

#[rstest]
#[case("alice", true, true)]
#[case("soc2gate[bot]", false, true)]
#[case("stranger", false, false)]
fn owners_are_all_only_for_who_is_shown_members(
    #[case] login: &str,
    #[case] is_member: bool,
    #[case] known: bool,
) {
    let graphql = json!({"data": {
        "viewer": {"login": login},
        "organization": {"viewerIsAMember": is_member, "membersWithRole": {"totalCount": 7}},
    }});
    let document = whole(&[
        ("/orgs/acme", json!({"login": "acme", "public_repos": 0})),
        ("/orgs/acme/members", json!([{"login": "olga", "id": 1}])),
        ("/graphql", graphql),
    ]);
    assert_eq!(document.get("admins").is_some(), known);
    assert_eq!(document.get("member_count").is_some(), known);
    assert_eq!(document.get("single_sign_on"), None, "null may be hidden");
}

#[rstest]
#[case(json!({"public_repos": 1, "total_private_repos": 1}), Extent::All)]
#[case(json!({"public_repos": 2, "total_private_repos": 1}), Extent::Some(3))]
#[case(json!({"public_repos": 1, "owned_private_repos": 2}), Extent::Some(3))]
#[case(json!({"public_repos": 3}), Extent::Some(3))]
#[case(json!({"public_repos": 1}), Extent::Uncounted)]
fn a_listing_is_compared_with_the_count(#[case] counts: Value, #[case] expected: Extent) {
    let mut organization = counts;
    organization["login"] = json!("acme");
    let listed = json!([{"full_name": "acme/b"}, {"full_name": "acme/a"}]);
    let server = server(&[("/orgs/acme", organization), ("/orgs/acme/repos", listed)]);
    let (github, _) = server.client(60);
    let listing = list_repositories(&github, "acme").unwrap();
    assert_eq!(listing.extent, expected);
    assert_eq!(listing.repositories, ["acme/a", "acme/b"]);
}

#[test]
fn a_name_that_cannot_be_leads_nowhere() {
    let counts = json!({"login": "acme", "public_repos": 2, "total_private_repos": 0});
    let listed = json!([{"full_name": "acme/../x"}, {"full_name": "acme/a"}]);
    let named = server(&[("/orgs/acme", counts), ("/orgs/acme/repos", listed)]);
    let (github, _) = named.client(60);
    let listing = list_repositories(&github, "acme").unwrap();
    assert_eq!(listing.repositories, ["acme/a"]);
    assert_eq!(listing.extent, Extent::Some(2));
    let renamed = server(&[("/orgs/acme", json!({"login": "../x", "public_repos": 0}))]);
    let (github, _) = renamed.client(60);
    assert!(collect_organization(&github, "acme", &Reached::new(true)).is_err());
}

#[test]
fn members_count_as_linked_only_where_all_identities_were_read() {
    let members = json!({
        "pageInfo": {"hasNextPage": false, "endCursor": null},
        "nodes": [{"login": "Alice", "databaseId": 1}, {"login": "bob", "databaseId": 2}],
    });
    let of = |identities: Value| {
        let provider = json!({"issuer": null, "externalIdentities": identities});
        let organization = json!({"membersWithRole": members, "samlIdentityProvider": provider});
        let document = whole(&[
            ("/orgs/acme", json!({"login": "acme", "public_repos": 0})),
            ("/graphql", json!({"data": {"organization": organization}})),
        ]);
        document["single_sign_on"].clone()
    };
    let page = |nodes: Value| json!({"pageInfo": {"hasNextPage": false, "endCursor": null}, "nodes": nodes});
    let known = of(page(json!([{"user": {"login": "alice"}}, {"user": null}])));
    assert_eq!(
        known["unlinked_members"]["items"],
        json!([{"login": "bob", "id": 2}])
    );
    for broken in [Value::Null, page(json!([null])), json!({"nodes": []})] {
        let read = of(broken);
        assert_eq!(read.get("unlinked_members"), None);
        assert!(read["unavailable"]["unlinked_members"]["reason"].is_string());
    }
}
