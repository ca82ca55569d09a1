//! Requests that a real API server sent.

use std::fs;

use axum::body::Body;
use serde_json::Value;

use crate::service::{LIBRARY, Service, Setup, gate};

#[tokio::test]
async fn every_recorded_request_is_answered_with_its_uid() {
    let named = std::env::var_os("SOC2GATE_CORPORA").filter(|folder| !folder.is_empty());
    let Some(folder) = named else {
        eprintln!("notice: skipped, SOC2GATE_CORPORA names no folder");
        return;
    };
    let all: Vec<&str> = LIBRARY
        .controls()
        .iter()
        .map(|control| control.id.0.as_str())
        .collect();
    let service = Service::new(gate(&all, "version: 1\n"), Setup::default());
    let (mut answered, mut allowed) = (0, 0);
    for entry in fs::read_dir(std::path::Path::new(&folder).join("admission-reviews")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let request: Value = serde_json::from_slice(&bytes).unwrap();
        let response = service.ask_body(Body::from(bytes)).await;
        assert_eq!(
            response["uid"],
            request["request"]["uid"],
            "{}",
            path.display()
        );
        let failure = &response["auditAnnotations"]["failure"];
        assert!(failure.is_null(), "{}: {response:#}", path.display());
        answered += 1;
        allowed += usize::from(response["allowed"] == true);
    }
    assert!(
        answered > 60 && allowed > 10 && allowed < answered,
        "{answered} {allowed}"
    );
}
