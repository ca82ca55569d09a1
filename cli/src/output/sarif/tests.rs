use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::output::{Format, fixture};

fn log(run: &fixture::Run) -> Value {
    serde_json::from_str(&run.render(Format::Sarif)).unwrap()
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().unwrap()
}

#[test]
fn every_finding_and_unknown_is_a_result() {
    insta::assert_json_snapshot!(results(&log(&fixture::run())), @r#"
    [
      {
        "kind": "fail",
        "level": "error",
        "locations": [
          {
            "logicalLocations": [
              {
                "fullyQualifiedName": "kubernetes/apps/Deployment/shop/web",
                "kind": "resource"
              }
            ],
            "physicalLocation": {
              "artifactLocation": {
                "uri": "deploy/web.yaml"
              },
              "region": {
                "endColumn": 55,
                "endLine": 10,
                "startColumn": 39,
                "startLine": 10
              }
            }
          }
        ],
        "message": {
          "text": "container \"web\" is privileged"
        },
        "partialFingerprints": {
          "soc2gate/v1": "60b6169c5da1fa4e7b55ee423cf6240402507146ce6e0f7219ac18cf5cdd9221"
        },
        "properties": {
          "enforcement": "deny",
          "path": "spec.template.spec.containers[0].securityContext.privileged",
          "status": "fail"
        },
        "ruleId": "WRK-04",
        "ruleIndex": 0
      },
      {
        "kind": "fail",
        "level": "error",
        "locations": [
          {
            "logicalLocations": [
              {
                "fullyQualifiedName": "kubernetes/apps/Deployment/shop/web",
                "kind": "resource"
              }
            ],
            "physicalLocation": {
              "artifactLocation": {
                "uri": "deploy/web.yaml"
              },
              "region": {
                "endColumn": 45,
                "endLine": 13,
                "startColumn": 29,
                "startLine": 13
              }
            }
          }
        ],
        "message": {
          "text": "container \"log\" has a secret in its environment"
        },
        "partialFingerprints": {
          "soc2gate/v1": "c1201cc1d284f5bd5aecd4db9bec064f432c5709d2355fd0a3e150eefe19f801"
        },
        "properties": {
          "enforcement": "deny",
          "path": "spec.template.spec.containers[1].env[0].value",
          "status": "fail"
        },
        "ruleId": "WRK-04",
        "ruleIndex": 0
      },
      {
        "kind": "fail",
        "level": "error",
        "locations": [
          {
            "logicalLocations": [
              {
                "fullyQualifiedName": "kubernetes/apps/Deployment/shop/web",
                "kind": "resource"
              }
            ],
            "physicalLocation": {
              "artifactLocation": {
                "uri": "deploy/web.yaml"
              },
              "region": {
                "endColumn": 47,
                "endLine": 13,
                "startColumn": 1,
                "startLine": 1
              }
            }
          }
        ],
        "message": {
          "text": "could not decide: the seccomp profile is not known"
        },
        "partialFingerprints": {
          "soc2gate/v1": "37970bd8b2e4e5a48b5036c213f03b982dee4cf510d204a96b1b6e446dd60555"
        },
        "properties": {
          "enforcement": "deny",
          "status": "unknown"
        },
        "ruleId": "WRK-04",
        "ruleIndex": 0
      },
      {
        "kind": "fail",
        "level": "note",
        "locations": [
          {
            "logicalLocations": [
              {
                "fullyQualifiedName": "kubernetes/apps/Deployment/shop/web",
                "kind": "resource"
              }
            ],
            "physicalLocation": {
              "artifactLocation": {
                "uri": "deploy/web.yaml"
              },
              "region": {
                "endColumn": 38,
                "endLine": 12,
                "startColumn": 9,
                "startLine": 12
              }
            }
          }
        ],
        "message": {
          "text": "image is named by tag"
        },
        "partialFingerprints": {
          "soc2gate/v1": "1708c62d001e9a3ca64d00734f4987cfb9dce20eedda641d1784fb2c081b5891"
        },
        "properties": {
          "enforcement": "deny",
          "path": "spec.template.spec.containers[1].image",
          "status": "fail"
        },
        "ruleId": "SUP-02",
        "ruleIndex": 1,
        "suppressions": [
          {
            "justification": "EXC-2026-004 (OPS-12), approved by ciso@example.com until 2026-12-31 00:00 UTC",
            "kind": "external",
            "status": "accepted"
          }
        ]
      },
      {
        "kind": "fail",
        "level": "error",
        "locations": [
          {
            "logicalLocations": [
              {
                "fullyQualifiedName": "kubernetes/batch/Job/shop/migrate",
                "kind": "resource"
              }
            ],
            "physicalLocation": {
              "artifactLocation": {
                "uri": "deploy/web.yaml"
              },
              "region": {
                "endColumn": 43,
                "endLine": 3,
                "startColumn": 1,
                "startLine": 1
              }
            }
          }
        ],
        "message": {
          "text": "could not decide: the pod template is missing"
        },
        "partialFingerprints": {
          "soc2gate/v1": "5f3cce7ecbc8fdb78a2ce3116e917bba1287d866d7b585a5c22ffaab34d96022"
        },
        "properties": {
          "enforcement": "deny",
          "path": "spec",
          "status": "unknown"
        },
        "ruleId": "WRK-04",
        "ruleIndex": 0
      }
    ]
    "#);
}

#[test]
fn every_control_is_a_rule() {
    insta::assert_json_snapshot!(log(&fixture::run())["runs"][0]["tool"]["driver"]["rules"][0], @r#"
    {
      "defaultConfiguration": {
        "level": "error"
      },
      "fullDescription": {
        "text": "Containers are not privileged, in every environment."
      },
      "help": {
        "markdown": "**What to do.** Change the pod template: leave the setting out, or ask for an exception that names this workload and expires.\n\nContainers are not privileged, in every environment.\n\n**SOC 2 criteria:** CC6.1, CC6.8\n\n- [Kubernetes](https://kubernetes.io/docs/)",
        "text": "Change the pod template: leave the setting out, or ask for an exception that names this workload and expires.\n\nContainers are not privileged, in every environment.\n\nSOC 2 criteria: CC6.1, CC6.8"
      },
      "helpUri": "https://kubernetes.io/docs/",
      "id": "WRK-04",
      "name": "Wrk04",
      "properties": {
        "precision": "high",
        "security-severity": "8.0",
        "tags": [
          "security",
          "soc2",
          "soc2/CC6.1",
          "soc2/CC6.8"
        ]
      },
      "shortDescription": {
        "text": "Containers are not privileged"
      }
    }
    "#);
}

#[test]
fn every_diagnostic_is_a_notification() {
    let log = log(&fixture::run());
    insta::assert_json_snapshot!(log["runs"][0]["invocations"], @r#"
    [
      {
        "executionSuccessful": false,
        "startTimeUtc": "2026-11-23T09:00:00Z",
        "toolExecutionNotifications": [
          {
            "descriptor": {
              "id": "SG1006",
              "index": 0
            },
            "level": "error",
            "locations": [
              {
                "physicalLocation": {
                  "artifactLocation": {
                    "uri": "deploy/bad%20file.yaml"
                  },
                  "region": {
                    "endColumn": 8,
                    "endLine": 3,
                    "startColumn": 7,
                    "startLine": 3
                  }
                }
              }
            ],
            "message": {
              "text": "a mapping value is not allowed here; correct the syntax; a Helm or Kustomize source must be rendered first: `helm template … | soc2gate check -`"
            }
          },
          {
            "descriptor": {
              "id": "SG3007",
              "index": 2
            },
            "level": "warning",
            "locations": [
              {
                "physicalLocation": {
                  "artifactLocation": {
                    "uri": "exceptions.yaml"
                  },
                  "region": {
                    "endColumn": 6,
                    "endLine": 4,
                    "startColumn": 5,
                    "startLine": 4
                  }
                }
              }
            ],
            "message": {
              "text": "exception EXC-2026-001 matched nothing; remove it if its subjects comply or are gone"
            }
          },
          {
            "descriptor": {
              "id": "SG1011",
              "index": 1
            },
            "level": "note",
            "locations": [
              {
                "physicalLocation": {
                  "artifactLocation": {
                    "uri": "README.md"
                  },
                  "region": {
                    "endColumn": 2,
                    "endLine": 1,
                    "startColumn": 1,
                    "startLine": 1
                  }
                }
              }
            ],
            "message": {
              "text": "holds no Kubernetes object; nothing to do; name the kind with --input-kind if it should have been judged"
            }
          },
          {
            "level": "note",
            "message": {
              "text": "3 findings not listed: a control lists at most 100 on one subject"
            }
          }
        ]
      }
    ]
    "#);
    insta::assert_json_snapshot!(log["runs"][0]["tool"]["driver"]["notifications"], @r#"
    [
      {
        "fullDescription": {
          "text": "a file does not parse"
        },
        "help": {
          "text": "correct the syntax; a Helm or Kustomize source must be rendered first: `helm template … | soc2gate check -`"
        },
        "id": "SG1006",
        "name": "Syntax",
        "shortDescription": {
          "text": "a file does not parse"
        }
      },
      {
        "fullDescription": {
          "text": "a file holds nothing that the gate judges"
        },
        "help": {
          "text": "nothing to do; name the kind with --input-kind if it should have been judged"
        },
        "id": "SG1011",
        "name": "NotASubject",
        "shortDescription": {
          "text": "a file holds nothing that the gate judges"
        }
      },
      {
        "fullDescription": {
          "text": "an exception matched nothing in this run"
        },
        "help": {
          "text": "remove it if its subjects comply or are gone"
        },
        "id": "SG3007",
        "name": "ExceptionUnused",
        "shortDescription": {
          "text": "an exception matched nothing in this run"
        }
      }
    ]
    "#);
}

#[test]
fn results_name_their_rules() {
    let log = log(&fixture::run());
    for result in results(&log) {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(
            log["runs"][0]["tool"]["driver"]["rules"][index]["id"],
            result["ruleId"]
        );
    }
}

#[test]
fn fingerprints_differ_between_results_and_stay_when_lines_move() {
    let fingerprints = |run: &fixture::Run| -> Vec<String> {
        results(&log(run))
            .iter()
            .map(|result| result["partialFingerprints"].to_string())
            .collect()
    };
    let before = fixture::run();
    let mut after = before.clone();
    for decision in &mut after.decisions {
        for finding in decision
            .verdicts
            .iter_mut()
            .flat_map(|verdict| &mut verdict.findings)
        {
            if let Some(location) = &mut finding.location {
                location.line += 40;
                location.end_line += 40;
            }
        }
    }
    assert_ne!(results(&log(&before)), results(&log(&after)));
    assert_eq!(fingerprints(&before), fingerprints(&after));
    let distinct: BTreeSet<String> = fingerprints(&before).into_iter().collect();
    assert_eq!(distinct.len(), results(&log(&before)).len());
}

#[test]
fn the_results_that_matter_most_are_kept() {
    let mut run = fixture::run();
    let last = run.decisions.len() - 1;
    let record = fixture::many_findings(&run, MOST_RESULTS / 100 + 1, Enforcement::Record);
    let deny = fixture::many_findings(&run, 1, Enforcement::Deny);
    run.decisions
        .splice(..=last, record.into_iter().chain(deny));
    run.subjects = vec![run.subjects[0].clone(); run.decisions.len()];
    let log = log(&run);
    assert_eq!(results(&log).len(), MOST_RESULTS);
    let errors = results(&log)
        .iter()
        .filter(|result| result["level"] == "error")
        .count();
    assert_eq!(errors, 100);
    let said = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(said.contains("200 results left out here"), "{said}");
}

#[test]
fn what_looks_like_a_link_is_none() {
    assert_eq!(message("[here](http://x)").text, r"\[here\](http://x)");
    assert_eq!(message("spec.containers[0]").text, "spec.containers[0]");
}
