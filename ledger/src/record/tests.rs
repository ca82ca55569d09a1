//! Records there and back.

use std::collections::BTreeMap;

use super::*;

fn time() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn actor() -> Actor {
    Actor {
        kind: ActorKind::User,
        id: "octo\"cat\u{e9}".to_owned(),
    }
}

/// One event of each kind.
fn events() -> Vec<Event> {
    let text = str::to_owned;
    vec![
        Event::Decision(DecisionMade {
            outcome: text("deny"),
            clock: time(),
            engine: EngineName {
                name: text("soc2gate"),
                version: text("0.1.0"),
            },
            policies: text("sha256:1"),
            settings: text("sha256:2"),
            parameters: text("sha256:3"),
            front_end: text("check"),
            verdicts: vec![VerdictRecord {
                control: text("WRK-01"),
                status: text("fail"),
                enforcement: text("deny"),
                severity: text("high"),
                criteria: vec![text("CC6.1")],
                reasons: vec![FindingRecord {
                    message: text("runs as root\u{2028}"),
                    path: Some(text("spec.template")),
                    line: Some(7),
                }],
                reasons_left_out: 2,
                exception: None,
                known: false,
            }],
            withheld: 4,
        }),
        Event::ExceptionUsed(ExceptionUsed {
            exception: text("EXC-1"),
            control: text("WRK-01"),
            decision: text("00ff"),
            requested_by: text("a"),
            approved_by: text("b"),
            expires_at: time(),
            ticket: Some(text("OPS-1")),
        }),
        Event::ObligationOpened(ObligationOpened {
            obligation: text("o"),
            cause: text("00ff"),
            duty: text("review"),
            due: time(),
        }),
        Event::ObligationClosed(ObligationClosed {
            obligation: text("o"),
            closed_by: text("c"),
            evidence: text("OPS-2"),
        }),
        Event::Gap(Gap {
            from: time(),
            to: time(),
            reason: text("the disk was full"),
            allowed: Some(3),
            denied: None,
        }),
        Event::AccessReview(AccessReview {
            system: text("github"),
            period: text("2026-Q4"),
            started: time(),
            closed: time(),
            decided: BTreeMap::from([(text("keep"), 3), (text("revoke"), 1)]),
            listing: text("sha256:4"),
            closing_listing: text("sha256:5"),
            signed_off_by: text("d"),
        }),
        Event::PolicyChange(ChangedPolicies {
            policies: text("sha256:1"),
            previous: Some(text("sha256:0")),
            controls: vec![text("WRK-01")],
        }),
        Event::ConfigurationChange(ChangedSettings {
            settings: text("sha256:2"),
            parameters: text("sha256:3"),
            previous: None,
        }),
        Event::Attestation(Attestation {
            digests: vec!["sha256:00".into()],
            predicate_type: text("https://slsa.dev/verification_summary/v1"),
            statement_sha256: text("ab"),
            key: text("k"),
        }),
        Event::Canary(Canary {
            control: text("WRK-01"),
            expected: text("deny"),
            observed: text("deny"),
        }),
        Event::KeyRotation(KeyRotation {
            added: text("new"),
            retired: text("old"),
        }),
        Event::Erasure(Erasure {
            reason: text("retention"),
            first: 0,
            last: 9,
            documents: 10,
        }),
        Event::Scan(Scan {
            started: time(),
            ended: time(),
            complete: false,
            problems: vec![text("Secret: 403 Forbidden")],
            policies: text("sha256:1"),
            settings: text("sha256:2"),
            kinds: vec![ScannedKind {
                kind: text("apps/Deployment"),
                judged: 2,
                excluded: 1,
                listed: true,
            }],
            outcomes: BTreeMap::from([(text("deny"), 2)]),
            verdicts: BTreeMap::from([(text("WRK-01"), BTreeMap::from([(text("fail"), 2)]))]),
            drift: BTreeMap::from([(text("bypassed"), 1)]),
            excluded_namespaces: vec![text("kube-system")],
            excluded_kinds: Vec::new(),
            recorded: 2,
        }),
    ]
}

#[test]
fn the_fields_of_a_decision_stand_in_canonical_order() {
    let Some(Event::Decision(decision)) = events().into_iter().next() else {
        panic!("the first event is a decision");
    };
    let subject = RecordSubject {
        kind: "kubernetes".to_owned(),
        id: "a".to_owned(),
        resource: Some("v1/Pod".to_owned()),
        location: Some("a.yaml:1:1".to_owned()),
        commitment: Some("hmac-sha256:00".to_owned()),
    };
    let bulk = BulkRef {
        name: "input".to_owned(),
        media_type: "application/json".to_owned(),
        sha256: "00".to_owned(),
        size: 1,
    };
    // So they need no sorting, which takes most of the time that writing them takes.
    for written in [
        serde_json::to_vec(&decision),
        serde_json::to_vec(&subject),
        serde_json::to_vec(&bulk),
        serde_json::to_vec(&actor()),
    ] {
        let written = String::from_utf8(written.unwrap()).unwrap();
        assert!(is_canonical(written.as_bytes()), "{written}");
    }
}

#[test]
fn every_kind_goes_there_and_back_in_canonical_json() {
    let kinds: Vec<_> = events().iter().map(Event::kind).collect();
    assert_eq!(kinds, Kind::ALL);
    for (index, event) in (0..).zip(events()) {
        let mut draft = Draft::new(time(), actor(), event).unwrap();
        if index % 2 == 0 {
            draft.subject = Some(RecordSubject {
                kind: "kubernetes".to_owned(),
                id: "kubernetes/apps/Deployment/shop/web".to_owned(),
                resource: None,
                location: Some("a.yaml:1:1".to_owned()),
                commitment: Some("hmac-sha256:00".to_owned()),
            });
            draft.bulk.push(BulkRef {
                name: "input".to_owned(),
                media_type: "application/json".to_owned(),
                sha256: "00".to_owned(),
                size: 12,
            });
        }
        let entry = draft.prepare().unwrap().at(index * 1_000_003);
        let record = Record::parse(&entry).unwrap();
        assert_eq!(record.index, index * 1_000_003);
        assert_eq!(record.id, draft.id);
        assert_eq!(record.event, draft.event);
        assert_eq!(record.subject, draft.subject);
        assert_eq!(record.bulk, draft.bulk);
        assert_eq!(canonical(&record).unwrap(), entry);
        let kind = format!("\"kind\":\"{}\"", record.event.kind().as_str());
        assert!(String::from_utf8(entry).unwrap().contains(&kind));
    }
}

#[test]
fn an_entry_has_at_most_65_535_bytes() {
    let event = |length| {
        Event::ObligationClosed(ObligationClosed {
            obligation: String::new(),
            closed_by: String::new(),
            evidence: "x".repeat(length),
        })
    };
    let fixed = Draft::new(time(), actor(), event(0)).unwrap();
    let fixed = fixed.prepare().unwrap().at(u64::MAX).len();
    let largest = Draft::new(time(), actor(), event(MAX_ENTRY - fixed)).unwrap();
    assert_eq!(largest.prepare().unwrap().at(u64::MAX).len(), MAX_ENTRY);
    let more = Draft::new(time(), actor(), event(MAX_ENTRY - fixed + 1)).unwrap();
    assert_eq!(more.prepare(), Err(RecordError::TooLarge));
}

#[test]
fn what_is_no_record_is_refused() {
    assert_eq!(Record::parse(b""), Err(RecordError::Form));
    assert_eq!(Record::parse(b"{}"), Err(RecordError::Form));
    let draft = Draft::new(time(), actor(), events().remove(4)).unwrap();
    let entry = String::from_utf8(draft.prepare().unwrap().at(0)).unwrap();
    let other = entry.replace("record/v1", "record/v2");
    assert_eq!(Record::parse(other.as_bytes()), Err(RecordError::Schema));
}
