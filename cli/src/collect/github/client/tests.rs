use std::net::TcpListener;

use rstest::rstest;
use serde_json::{Value, json};

use super::stand_in::{CANARY, Server, answer, client};
use super::*;

const FACTS: &str = r#"{"data": {"repository": {"name": "shop"}}}"#;

fn get(github: &GitHub) -> Result<Value, Failure> {
    github.get("the thing", "/thing").map(|(value, _)| value)
}

#[test]
fn a_request_carries_the_token_and_names_the_program() {
    let server = Server::start(|_, _| answer(200, &[], "{}"));
    let (github, _) = server.client(60);
    get(&github).unwrap();
    github
        .query("it", "query { x }", &json!({"n": 1}))
        .unwrap_err();
    let requests = server.requests();
    assert_eq!(requests[0].path, "/thing");
    assert_eq!(requests[1].path, "/graphql");
    assert_eq!(requests[1].method, "POST");
    let body: Value = serde_json::from_str(&requests[1].body).unwrap();
    assert_eq!(body, json!({"query": "query { x }", "variables": {"n": 1}}));
    for request in requests {
        let headers = request.headers.to_ascii_lowercase();
        assert!(headers.contains(&format!("authorization: bearer {CANARY}")));
        assert!(headers.contains("user-agent: soc2gate/"));
        assert_eq!(headers.matches("x-github-api-version").count(), 1);
    }
}

#[rstest]
#[case(500)]
#[case(502)]
#[case(503)]
#[case(504)]
fn a_server_that_recovers_is_asked_again(#[case] status: u16) {
    let server = Server::start(move |_, before| match before {
        0 | 1 => answer(status, &[], "<html>"),
        _ => answer(200, &[], "{}"),
    });
    let (github, clock) = server.client(60);
    assert_eq!(get(&github), Ok(json!({})));
    assert_eq!(server.requests().len(), 3);
    assert_eq!(clock.waits(), [498, 996], "each wait is longer");
    assert!(clock.told().is_empty(), "short waits are not worth a word");
}

#[test]
fn a_server_that_does_not_recover_is_given_up() {
    let server = Server::start(|_, _| answer(502, &[], ""));
    let (github, clock) = server.client(60);
    let failure = get(&github).unwrap_err();
    assert!(
        matches!(failure, Failure::Failed { attempts: 6, .. }),
        "{failure:?}"
    );
    assert_eq!(server.requests().len(), 6);
    assert!(
        clock.told()[0].starts_with("waiting 2 s for another attempt:"),
        "{:?}",
        clock.told()
    );
}

#[test]
fn waits_end_before_the_deadline() {
    let server = Server::start(|_, _| answer(502, &[], ""));
    let (github, clock) = server.client(2);
    let failure = get(&github).unwrap_err();
    assert!(
        matches!(failure, Failure::Failed { attempts: 3, .. }),
        "{failure:?}"
    );
    assert_eq!(clock.waits(), [498, 996]);
}

#[test]
fn an_answer_that_is_cut_short_is_asked_for_again() {
    let server = Server::start(|_, before| match before {
        0 => "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\": …cut".to_owned(),
        1 => "HTTP/1.1 200 O…cut".to_owned(),
        2 => "…cut".to_owned(),
        _ => answer(200, &[], "{}"),
    });
    let (github, _) = server.client(60);
    assert_eq!(get(&github), Ok(json!({})));
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn a_server_that_is_not_there_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (github, clock) = client(&address, 60);
    let failure = get(&github).unwrap_err();
    let expected = Failure::Unreachable {
        host: "127.0.0.1".to_owned(),
        why: "it refuses the connection",
    };
    assert_eq!(failure, expected);
    assert_eq!(clock.waits().len(), 3);
}

#[test]
fn a_rate_limit_is_waited_for_where_the_deadline_allows() {
    let limited = |server: &Server, seconds: u64| {
        let (github, clock) = server.client(seconds);
        (get(&github), clock)
    };
    let headers = [("retry-after", "20")];
    let server = Server::start(move |_, before| match before % 2 {
        0 => answer(429, &headers, ""),
        _ => answer(200, &[], "{}"),
    });
    let (found, clock) = limited(&server, 60);
    assert_eq!(found, Ok(json!({})));
    assert_eq!(clock.waits(), [20_000]);
    assert_eq!(
        clock.told(),
        ["waiting 20 s for the end of GitHub's secondary rate limit"]
    );
    let (found, clock) = limited(&server, 20);
    let resets = "2026-11-23T09:00:20Z".parse().ok();
    assert_eq!(
        found,
        Err(Failure::RateLimit {
            secondary: true,
            resets
        })
    );
    assert!(clock.waits().is_empty(), "there is no use in waiting");
}

#[test]
fn graphql_says_200_where_its_rate_limit_is_used_up_or_it_failed() {
    let server = Server::start(|_, before| match before {
        0 => answer(
            200,
            &[
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "1795424410"),
            ],
            r#"{"errors": [{"type": "RATE_LIMITED", "message": "…"}]}"#,
        ),
        1 => answer(
            200,
            &[],
            r#"{"data": null, "errors": [{"message": "Something went wrong"}]}"#,
        ),
        _ => answer(200, &[], FACTS),
    });
    let (github, clock) = server.client(60);
    let found = github.query("it", "query { x }", &Value::Null).unwrap();
    assert_eq!(found.data["repository"]["name"], "shop");
    assert_eq!(clock.waits(), [11_000, 996]);
}

#[test]
fn pages_and_redirects_stay_on_the_server() {
    let server = Server::start(|request, _| {
        let host = request.headers.to_ascii_lowercase();
        let host = host
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .unwrap()
            .trim()
            .to_owned();
        let link = |target: String| [("link", target), ("x", String::new())];
        match request.path.as_str() {
            "/moved" => answer(301, &[("location", "/thing")], ""),
            "/gone" => answer(302, &[("location", "https://elsewhere.example.com/")], ""),
            "/circle" => answer(302, &[("location", "/circle")], ""),
            "/first" => {
                let [(name, value), _] = link(format!(
                    "<http://{host}/second?page=2>; rel=\"next\", <x>; rel=\"last\""
                ));
                answer(200, &[(name, &value)], "{}")
            }
            "/lure" => {
                let [(name, value), _] =
                    link("<https://elsewhere.example.com/second>; rel=\"next\"".to_owned());
                answer(200, &[(name, &value)], "{}")
            }
            _ => answer(200, &[], "{}"),
        }
    });
    let (github, _) = server.client(60);
    let get = |path: &str| github.get::<Value>("it", path);
    assert_eq!(get("/moved"), Ok((json!({}), None)));
    assert_eq!(
        get("/first"),
        Ok((json!({}), Some("/second?page=2".to_owned())))
    );
    for path in ["/gone", "/circle", "/lure"] {
        assert!(matches!(get(path), Err(Failure::Answer { .. })), "{path}");
    }
}

#[test]
fn what_is_no_answer_is_refused() {
    let server = Server::start(|request, _| match request.path.as_str() {
        "/html" => answer(200, &[], "<html>"),
        "/long" => format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{{",
            MAX_BYTES + 1
        ),
        _ => answer(200, &[], "[]"),
    });
    let (github, _) = server.client(60);
    for path in ["/html", "/long"] {
        let failure = github.get::<Value>("it", path).unwrap_err();
        assert!(
            matches!(failure, Failure::Answer { .. }),
            "{path}: {failure:?}"
        );
    }
    let failure = github.query("it", "", &Value::Null).unwrap_err();
    assert!(matches!(failure, Failure::Answer { .. }), "{failure:?}");
}

#[test]
fn no_failure_repeats_the_token() {
    let lead = format!("https://elsewhere.example.com/{CANARY}");
    let echo = [
        ("x-accepted-github-permissions", CANARY),
        ("location", lead.as_str()),
        ("www-authenticate", CANARY),
    ];
    let echo: Vec<(String, String)> = echo
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect();
    let server = Server::start(move |request, _| {
        let headers: Vec<(&str, &str)> =
            echo.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let status = request.path.trim_start_matches('/').parse().unwrap_or(200);
        let body = json!({"message": CANARY, "errors": [{"message": CANARY, "type": CANARY, "path": [CANARY]}]});
        answer(status, &headers, &body.to_string())
    });
    let mut shown = String::new();
    for status in [
        301, 400, 401, 403, 404, 410, 418, 422, 429, 500, 502, 503, 504,
    ] {
        let (github, clock) = server.client(60);
        let failure = github
            .get::<Vec<Value>>("it", &format!("/{status}"))
            .unwrap_err();
        shown += &format!(
            "{failure} {failure:?} {} {:?}\n",
            failure.diagnostic(),
            clock.told()
        );
    }
    let (github, _) = server.client(60);
    let failure = github.get::<Vec<Value>>("it", "/200").unwrap_err();
    shown += &format!("{failure} {failure:?}\n");
    let failure = github.query("it", "", &Value::Null).unwrap_err();
    shown += &format!("{failure} {failure:?} {:?}\n", failure.diagnostic());
    assert!(shown.contains("401") && shown.contains("502"), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn a_silent_server_is_given_up() {
    let server = Server::start(|_, _| {
        std::thread::sleep(Duration::from_secs(5));
        answer(200, &[], "{}")
    });
    let (github, _) = server.client(60);
    let github = GitHub {
        timeout: Duration::from_millis(300),
        ..github
    };
    let failure = get(&github).unwrap_err();
    assert!(
        matches!(failure, Failure::Failed { .. } | Failure::TimedOut { .. }),
        "{failure:?}"
    );
}
