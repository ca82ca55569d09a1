//! Every case of the library, recorded and evaluated again.

use std::path::Path;
use std::sync::Arc;

use soc2gate_engine::{Config, Exceptions, LoadOptions};
use soc2gate_inputs::Withholder;
use soc2gate_ledger::keys::KeyRing;
use soc2gate_ledger::record::{Actor, ActorKind, Event, Record};
use soc2gate_policies::control_folders;

use super::*;

fn actor() -> Actor {
    Actor {
        kind: ActorKind::User,
        id: "tester".to_owned(),
    }
}

fn policies() -> PolicySet {
    PolicySet {
        sources: soc2gate_policies::sources(),
        options: LoadOptions::default(),
    }
}

#[test]
fn every_case_of_the_library_replays() {
    let ring = Arc::new(KeyRing::generate("example.com/test").unwrap());
    let commit = |bytes: &[u8]| ring.commit("value", bytes);
    let set: PolicySet = serde_json::from_slice(&policies().document().unwrap().bytes).unwrap();
    let library = set.load();
    assert_eq!(library.digest(), policies().load().digest());
    let controls = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/controls");
    let (mut same, mut differ) = (0, Vec::new());
    for folder in control_folders(&controls).unwrap() {
        let id = library
            .controls()
            .iter()
            .find(|control| folder.path.join("control.rego").ends_with(&*control.file))
            .map(|control| control.id.0.clone())
            .unwrap();
        for case in &folder.cases {
            let opened = case.open(&library, &id).unwrap();
            let config = case.config.as_ref().map_or_else(Config::default, |path| {
                let text = std::fs::read_to_string(path).unwrap();
                Config::parse("soc2gate.yaml", &text).0
            });
            let settings =
                Settings::new(&config, &Exceptions::default(), std::slice::from_ref(&id));
            let settings: Settings =
                serde_json::from_slice(&settings.document().unwrap().bytes).unwrap();
            let context = StoredContext::of(&opened.siblings, &mut Withholder::new(&commit));
            let recorder =
                Recorder::new(Arc::clone(&ring), actor(), FrontEnd::Check, &opened.gate).unwrap();
            let mut judge = opened.gate.judge(&opened.context);
            for subject in &opened.subjects {
                let decision = judge.judge(subject, opened.now);
                let made = recorder
                    .decision(subject, &decision, &Exceptions::default(), opened.now)
                    .unwrap();
                let entry = made[0].draft.prepare().unwrap().at(7);
                let Event::Decision(decision) = Record::parse(&entry).unwrap().event else {
                    panic!("a decision is recorded as one");
                };
                let input = serde_json::from_slice(&made[0].documents[0].bytes).unwrap();
                let replay = replay(&decision, &library, &settings, input, Some(&context)).unwrap();
                assert!(replay.is_same() || replay.withheld > 0, "{replay:?}");
                if replay.is_same() {
                    same += 1;
                } else {
                    differ.push(format!(
                        "{id} {:?} withheld {} in {}",
                        replay.differences,
                        replay.withheld,
                        case.file.file_name().unwrap().display()
                    ));
                }
            }
        }
    }
    assert!(same > 400, "{same}");
    // They judge the very texts that are not kept: values, titles, descriptions, labels.
    let judges_texts = |difference: &String| {
        ["CHG-08", "CHG-09", "CHG-17", "ENC-13"]
            .iter()
            .any(|id| difference.starts_with(id))
    };
    differ.retain(|difference| !judges_texts(difference));
    assert!(differ.is_empty(), "{differ:#?}");
}
