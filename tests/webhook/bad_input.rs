//! What is no request, or none that can be judged, is answered all the same.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use http_body::{Body as HttpBody, Frame};
use rstest::rstest;
use serde_json::{Value, json};
use soc2gate_webhook::admission::Incoming;
use soc2gate_webhook::args::FailureMode;
use soc2gate_webhook::body::LIMIT;

use crate::service::{Service, Setup, UID, gate, pod, review};

/// A review of which a part was changed.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut review = review("CREATE", &pod(false));
    change(&mut review);
    review.to_string()
}

fn cut_off() -> String {
    let whole = review("CREATE", &pod(false)).to_string();
    // Objects of JSON are ordered here: the uid stands at the end.
    whole.strip_suffix("}}").unwrap().to_owned()
}

fn nested(levels: usize) -> String {
    let deep = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    changed(|review| review["request"]["object"]["spec"]["deep"] = json!("DEEP"))
        .replace("\"DEEP\"", &deep)
}

#[rstest]
#[case::not_json("not json".to_owned(), "", 400, "not JSON")]
#[case::empty(String::new(), "", 400, "cut off")]
#[case::not_an_object("[]".to_owned(), "", 400, "no AdmissionReview")]
#[case::cut_off(cut_off(), UID, 400, "cut off")]
#[case::deeply_nested(nested(10_000), UID, 400, "128 levels")]
#[case::too_many_values(changed(|r| r["request"]["object"]["spec"]["many"] = json!(vec![json!([]); 200_001])), UID, 400, "too many values")]
#[case::v1beta1(changed(|r| r["apiVersion"] = json!("admission.k8s.io/v1beta1")), UID, 400, "admissionReviewVersions")]
#[case::other_kind(changed(|r| r["kind"] = json!("Pod")), UID, 400, "no AdmissionReview")]
#[case::no_request(changed(|r| r["request"] = Value::Null), "", 400, "no request")]
#[case::no_uid(changed(|r| r["request"]["uid"] = json!("")), "", 400, "no uid")]
#[case::no_user(changed(|r| r["request"]["userInfo"] = Value::Null), UID, 400, "userInfo.username")]
#[case::nameless_user(changed(|r| r["request"]["userInfo"]["username"] = json!("")), UID, 400, "userInfo.username")]
#[case::unknown_operation(changed(|r| r["request"]["operation"] = json!("PATCH")), UID, 400, "CREATE, UPDATE, DELETE or CONNECT")]
#[case::dry_run_is_text(changed(|r| r["request"]["dryRun"] = json!("yes")), UID, 400, "dryRun")]
#[case::no_object(changed(|r| r["request"]["object"] = Value::Null), UID, 400, "without object")]
#[case::no_resource(changed(|r| r["request"]["resource"] = Value::Null), UID, 400, "resource")]
#[case::object_is_a_list(changed(|r| r["request"]["object"] = json!([])), UID, 400, "another kind")]
#[case::object_of_other_kind(changed(|r| r["request"]["object"]["kind"] = json!("ConfigMap")), UID, 400, "another kind")]
#[case::object_of_other_group(changed(|r| r["request"]["object"]["apiVersion"] = json!("x/v1")), UID, 400, "another kind")]
#[case::object_of_other_namespace(changed(|r| r["request"]["object"]["metadata"]["namespace"] = json!("x")), UID, 400, "another namespace")]
#[case::object_of_other_name(changed(|r| r["request"]["object"]["metadata"]["name"] = json!("x")), UID, 400, "another name")]
#[case::metadata_is_text(changed(|r| r["request"]["object"]["metadata"] = json!("x")), UID, 400, "metadata must be")]
#[case::no_old_object(changed(|r| r["request"]["operation"] = json!("UPDATE")), UID, 400, "oldObject")]
#[case::no_removed_object(changed(|r| r["request"]["operation"] = json!("DELETE")), UID, 400, "oldObject")]
#[tokio::test]
async fn it_is_answered_with_a_denial_that_helps(
    #[case] body: String,
    #[case] uid: &str,
    #[case] code: u16,
    #[case] told: &str,
) {
    let response = Service::plain().ask_body(Body::from(body)).await;
    assert_eq!(response["uid"], uid, "{response:#}");
    assert_eq!(response["allowed"], false);
    assert_eq!(response["status"]["code"], code);
    assert_eq!(response["auditAnnotations"]["failure"], "bad_request");
    let message = response["status"]["message"].as_str().unwrap();
    assert!(message.contains(told), "{message}");
}

#[tokio::test]
async fn it_is_let_in_only_where_that_was_asked_for() {
    let setup = Setup {
        on_failure: FailureMode::Allow,
        ..Setup::default()
    };
    let service = Service::new(gate(&["WRK-01"], "version: 1\n"), setup);
    let response = service.ask_body(Body::from("not json")).await;
    assert_eq!(response["allowed"], true);
    assert!(
        response["warnings"][0]
            .as_str()
            .unwrap()
            .contains("without a decision")
    );
    // What can be judged is.
    let response = service.ask(&review("CREATE", &pod(true))).await;
    assert_eq!(response["allowed"], false);
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_judged() {
    let large = changed(|review| {
        // Before the uid would be too far for what is kept: the API server writes it first.
        review["request"]["object"]["metadata"]["annotations"] = json!({"a": "x".repeat(LIMIT)});
    });
    let large = format!(
        r#"{{"request":{{"uid":"{UID}"}},{}"#,
        large.strip_prefix('{').unwrap()
    );
    let response = Service::plain().ask_body(Body::from(large)).await;
    assert_eq!(response["uid"], UID);
    assert_eq!(response["status"]["code"], 413);
}

#[tokio::test]
async fn another_content_type_is_not_judged() {
    let response = Service::plain()
        .ask_incoming(Incoming {
            content_type: Some("application/yaml".to_owned()),
            timeout: None,
            body: Body::from(review("CREATE", &pod(false)).to_string()),
        })
        .await;
    assert_eq!(response["uid"], UID);
    assert_eq!(response["status"]["code"], 415);
}

/// A body that begins and never ends.
struct Endless(Option<Bytes>);

impl HttpBody for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.0.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None => Poll::Pending,
        }
    }
}

#[tokio::test]
async fn a_slow_body_is_answered_in_time() {
    let service = Service::plain();
    let began = Instant::now();
    let start = format!(r#"{{"request":{{"uid":"{UID}","object":"#);
    let response = service
        .ask_incoming(Incoming {
            content_type: Some("application/json".to_owned()),
            timeout: Some(Duration::from_millis(600)),
            body: Body::new(Endless(Some(start.into()))),
        })
        .await;
    assert_eq!(response["uid"], UID);
    assert_eq!(response["status"]["code"], 504);
    assert!(began.elapsed() < Duration::from_millis(600));
}

#[tokio::test]
async fn one_too_many_is_answered() {
    let setup = Setup {
        in_flight: 0,
        ..Setup::default()
    };
    let service = Service::new(gate(&["WRK-01"], "version: 1\n"), setup);
    let response = service.ask(&review("CREATE", &pod(false))).await;
    assert_eq!(response["uid"], UID);
    assert_eq!(response["allowed"], false);
    assert_eq!(response["status"]["code"], 503);
    assert_eq!(service.metrics.shed.get(), 1);
}

#[tokio::test]
async fn judging_that_takes_too_long_is_answered_in_time() {
    let setup = Setup {
        judging: |body, policies, judge, now| {
            std::thread::sleep(Duration::from_secs(2));
            soc2gate_webhook::judging::judge_bytes(body, policies, judge, now)
        },
        ..Setup::default()
    };
    let service = Service::new(gate(&["WRK-01"], "version: 1\n"), setup);
    let began = Instant::now();
    let response = service
        .ask_incoming(Incoming {
            content_type: Some("application/json".to_owned()),
            timeout: Some(Duration::from_secs(1)),
            body: Body::from(review("CREATE", &pod(false)).to_string()),
        })
        .await;
    assert_eq!(response["uid"], UID);
    assert_eq!(response["status"]["code"], 504);
    assert!(began.elapsed() < Duration::from_secs(1));
}

/// As long as nobody can wait.
#[tokio::test]
async fn a_timeout_without_end_is_one_that_ends() {
    let service = Service::new(gate(&["WRK-01"], "version: 1\n"), Setup::default());
    let response = service
        .ask_incoming(Incoming {
            content_type: Some("application/json".to_owned()),
            timeout: Some(Duration::MAX),
            body: Body::from(review("CREATE", &pod(false)).to_string()),
        })
        .await;
    assert_eq!(
        (&response["uid"], &response["allowed"]),
        (&json!(UID), &json!(true))
    );
}
