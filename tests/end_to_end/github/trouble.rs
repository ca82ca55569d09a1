//! GitHub fails, is slow, or says no for now.

use super::*;

const FILES: &str = "GET /repos/acme/shop/pulls/42/files";

fn with(fault: Value) -> Option<Server> {
    Server::start(&World::ordinary().fault(fault))
}

fn statuses(server: &Server) -> Vec<i64> {
    let requests = server.requests();
    requests
        .iter()
        .map(|request| request["status"].as_i64().unwrap())
        .collect()
}

#[test]
fn a_failure_that_ends_is_tried_again() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    judge(&server, &[]);
    let without = statuses(&server).len();
    for fault in [
        json!({"match": FILES, "nth": 1, "status": 502, "body": "<html>Bad gateway</html>"}),
        json!({"match": "POST /graphql", "nth": 1, "status": 502, "body": "<html>Bad gateway</html>"}),
        json!({"match": FILES, "nth": 1, "status": 500}),
        json!({"match": "POST /graphql", "nth": 1, "cut": 200}),
        json!({"match": FILES, "nth": 1, "close": true}),
    ] {
        server.begin(&World::ordinary().fault(fault.clone()));
        let run = judge(&server, &[]);
        assert_eq!(
            (run.code, run.codes()),
            (0, vec![]),
            "{fault}: {}",
            run.errors
        );
        assert_eq!(statuses(&server).len(), without + 1, "{fault}");
    }
}

#[test]
fn a_failure_that_does_not_end_decides_nothing() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    for fault in [
        json!({"match": "POST /graphql", "status": 500}),
        json!({"match": "POST /graphql", "cut": 200}),
        json!({"match": FILES, "status": 503}),
    ] {
        server.begin(&World::ordinary().fault(fault.clone()));
        judge(&server, &["--github-timeout", "8"]).undecided("SG7008");
        let attempts = statuses(&server).len();
        assert!((3..=8).contains(&attempts), "{fault}: {attempts}");
    }
}

#[test]
fn a_query_that_github_could_not_run_decides_nothing() {
    let body = json!({"data": null, "errors": [{
        "message": "Something went wrong while executing your query. Please include `0000:0000` when reporting this issue.",
    }]});
    let fault = json!({"match": "POST /graphql", "status": 200, "body": body});
    let Some(server) = with(fault) else { return };
    let run = judge(&server, &[]);
    assert_eq!(run.code, 2, "{}", run.errors);
    assert!(run.saved.is_none());
}

#[test]
fn the_end_of_a_secondary_rate_limit_is_awaited() {
    let body = json!({"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."});
    let fault = json!({"match": FILES, "nth": 1, "status": 403, "headers": {"retry-after": "2"}, "body": body});
    let Some(server) = with(fault) else { return };
    let start = std::time::Instant::now();
    let run = judge(&server, &[]);
    assert_eq!((run.code, run.codes()), (0, vec![]), "{}", run.errors);
    assert!(start.elapsed() >= std::time::Duration::from_secs(2));
    assert!(run.errors.contains("waiting 2 s"), "{}", run.errors);
    assert_eq!(statuses(&server)[0], 403);
}

#[test]
fn a_rate_limit_beyond_the_deadline_decides_nothing() {
    let secondary = json!({"message": "You have exceeded a secondary rate limit."});
    let primary = json!({"message": "API rate limit exceeded for installation ID 1."});
    let spent = json!({"x-ratelimit-limit": "1000", "x-ratelimit-remaining": "0", "x-ratelimit-used": "1000", "x-ratelimit-reset": "4102444800"});
    let graphql = json!({"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}]});
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    for fault in [
        json!({"match": FILES, "status": 403, "headers": {"retry-after": "3600"}, "body": secondary}),
        json!({"match": FILES, "status": 429, "headers": {"retry-after": "3600"}, "body": secondary}),
        json!({"match": FILES, "status": 403, "headers": spent, "body": primary}),
        json!({"match": "POST /graphql", "status": 200, "headers": spent, "body": graphql}),
    ] {
        server.begin(&World::ordinary().fault(fault.clone()));
        let start = std::time::Instant::now();
        judge(&server, &[]).undecided("SG7007");
        assert!(
            start.elapsed() < std::time::Duration::from_secs(20),
            "{fault}"
        );
    }
}

#[test]
fn an_answer_that_comes_too_late_decides_nothing() {
    let Some(server) = with(json!({"match": "POST /graphql", "delay": 20_000})) else {
        return;
    };
    let start = std::time::Instant::now();
    let run = judge(&server, &["--github-timeout", "2"]);
    assert_eq!(run.code, 2);
    assert!(
        ["SG7008", "SG7009"].contains(&&*run.codes()[0]),
        "{:?}",
        run.codes()
    );
    assert!(start.elapsed() < std::time::Duration::from_secs(15));
}

#[test]
fn an_answer_of_another_shape_decides_nothing() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    for body in [
        json!("<html>Sign in to the proxy</html>"),
        json!([]),
        json!({}),
        json!({"data": null}),
        json!({"data": {"repository": {"pullRequest": {"number": "42"}}}}),
    ] {
        let fault = json!({"match": "POST /graphql", "status": 200, "body": body});
        server.begin(&World::ordinary().fault(fault));
        let run = judge(&server, &[]);
        assert_eq!(run.code, 2, "{body}: {}", run.report);
        assert!(run.saved.is_none(), "{body}");
    }
}

/// Another host does not get the token.
#[test]
fn a_redirect_to_another_host_is_not_followed() {
    let Some(other) = Server::start(&World::ordinary()) else {
        return;
    };
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    for status in [301, 302, 307, 308] {
        let location = format!("{}/repos/acme/shop/pulls/42/files", other.address);
        let fault = json!({"match": FILES, "status": status, "headers": {"location": location}, "body": ""});
        server.begin(&World::ordinary().fault(fault));
        let run = judge(&server, &[]);
        let Some(saved) = run.saved else {
            assert_eq!(run.code, 2, "{status}: {}", run.report);
            continue;
        };
        assert!(saved.get("files").is_none(), "{status}");
        assert!(saved["unavailable"]["files"]["reason"].is_string());
    }
    assert_eq!(other.requests(), Vec::<Value>::new());
}

#[test]
fn nobody_there_decides_nothing() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    let run = judge_as(&server, &["--github-timeout", "5"], |command| {
        // Port 9 discards; nothing listens there.
        command.env("GITHUB_API_URL", "http://127.0.0.1:9");
    });
    run.undecided("SG7003");
}

#[test]
fn a_head_that_moves_meanwhile_is_read_anew() {
    let file = |oid: &str| {
        json!([{
            "sha": "0".repeat(40), "filename": "a.txt", "status": "added", "additions": 1, "deletions": 0, "changes": 1,
            "contents_url": format!("https://api.github.com/repos/acme/shop/contents/a.txt?ref={oid}"),
        }])
    };
    let other = file(&"9".repeat(40));
    let once = json!({"match": FILES, "nth": 1, "status": 200, "body": other});
    let Some(server) = with(once) else { return };
    let run = judge(&server, &[]);
    assert_eq!((run.code, run.codes()), (0, vec![]), "{}", run.report);
    let saved = run.saved.unwrap();
    assert_eq!(saved["files"]["items"].as_array().unwrap().len(), 40);

    let always = json!({"match": FILES, "status": 200, "body": other});
    server.begin(&World::ordinary().fault(always));
    judge(&server, &[]).undecided("SG7011");
}
