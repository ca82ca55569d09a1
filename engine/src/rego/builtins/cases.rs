//! What the built-ins of collections, numbers, strings, networks and graphs give, as OPA gives it.

use rstest::rstest;
use serde_json::{Value as Json, json};

use super::{Failure, all};

fn call(name: &str, operands: &Json) -> Result<Json, Failure> {
    let operands: Vec<regorus::Value> = operands
        .as_array()
        .unwrap()
        .iter()
        .map(|operand| regorus::Value::from(operand.clone()))
        .collect();
    let builtin = all().find(|builtin| builtin.name == name).unwrap();
    assert_eq!(usize::from(builtin.arity), operands.len());
    (builtin.call)(&operands).map(|value| serde_json::to_value(value).unwrap())
}

#[rstest]
#[case("count", json!(["ä😀"]), json!(2))]
#[case("sum", json!([[1, 2.5]]), json!(3.5))]
#[case("product", json!([[]]), json!(1))]
#[case("max", json!([[1, "a", [0]]]), json!([0]))]
#[case("sort", json!([[{"a": 1}, "b", 2, null]]), json!([null, 2, "b", {"a": 1}]))]
#[case("any", json!([[false, true]]), json!(true))]
#[case("array.slice", json!([[1, 2, 3], -1, 2]), json!([1, 2]))]
#[case("array.slice", json!([[1, 2], 5, 7]), json!([]))]
#[case("array.flatten", json!([[1, [2, [3]], []]]), json!([1, 2, [3]]))]
#[case("bits.and", json!([7.0, 3]), json!(3))]
#[case("bits.rsh", json!([-8, 1]), json!(-4))]
#[case("bits.negate", json!([5]), json!(-6))]
#[case("to_number", json!(["-1.5e1"]), json!(-15))]
#[case("round", json!([-2.5]), json!(-3))]
#[case("numbers.range", json!([2, -1]), json!([2, 1, 0, -1]))]
#[case("numbers.range_step", json!([1, 6, 2]), json!([1, 3, 5]))]
#[case("format_int", json!([-255.9, 16]), json!("-ff"))]
#[case("indexof", json!(["äöü", "ü"]), json!(2))]
#[case("indexof_n", json!(["aaa", "aa"]), json!([0, 1]))]
#[case("upper", json!(["ßäᾳ"]), json!("ßÄᾼ"))]
#[case("lower", json!(["İΣ"]), json!("iσ"))]
#[case("split", json!(["äb", ""]), json!(["ä", "b"]))]
#[case("substring", json!(["äbc", 1, -1]), json!("bc"))]
#[case("substring", json!(["äbc", 9, 1]), json!(""))]
#[case("strings.count", json!(["aaa", "aa"]), json!(1))]
#[case("strings.count", json!(["ab", ""]), json!(3))]
#[case("strings.replace_n", json!([{"a": "x", "aa": "y"}, "aab"]), json!("xxb"))]
#[case("strings.any_suffix_match", json!([["ab", "cd"], "d"]), json!(true))]
#[case("trim", json!(["xxaxx", "x"]), json!("a"))]
#[case("object.get", json!([{"a": [1, {"b": 2}]}, ["a", 1, "b"], 0]), json!(2))]
#[case("object.union_n", json!([[{"a": {"b": 2}}, {"a": 4}, {"a": {"c": 3}}]]), json!({"a": {"c": 3}}))]
#[case("object.subset", json!([[1, 2, 3], [2, 3]]), json!(true))]
#[case("object.subset", json!([{"a": {"b": 1, "c": 2}}, {"a": {"c": 2}}]), json!(true))]
#[case("json.filter", json!([{"a": {"b": 1, "c": [5, 6]}}, ["a/c/1"]]), json!({"a": {"c": [6]}}))]
#[case("json.remove", json!([{"a": {"b": 1, "c": [5, 6]}, "x/y": 1}, ["a/c/0", "x~1y"]]), json!({"a": {"b": 1, "c": [6]}}))]
#[case("graph.reachable", json!([{"a": ["b"], "b": ["a", "nope"]}, ["a"]]), json!(["a", "b"]))]
#[case("graph.reachable_paths", json!([{"a": ["b", "c"], "b": ["a"], "c": []}, ["a"]]), json!([["a", "b"], ["a", "c"]]))]
#[case("net.cidr_contains", json!(["::ffff:10.0.0.0/104", "10.1.2.3"]), json!(true))]
#[case("net.cidr_intersects", json!(["10.0.0.0/25", "10.0.0.64/25"]), json!(true))]
#[case("net.cidr_is_valid", json!(["010.0.0.0/8"]), json!(false))]
#[case("net.cidr_is_valid", json!([1]), json!(false))]
#[case("net.cidr_merge", json!([["10.0.0.0/25", "10.0.0.128/25", "10.0.3.0/24"]]), json!(["10.0.0.0/24", "10.0.3.0/24"]))]
#[case("net.cidr_merge", json!([["10.0.0.0/8", "::/0"]]), json!(["::/0"]))]
#[case("net.cidr_merge", json!([["1.2.3.4"]]), json!(["1.2.3.4/8"]))]
#[case("net.cidr_contains_matches", json!([{"x": "10.0.0.0/8"}, ["10.1.1.1", "11.0.0.1"]]), json!([["x", 0]]))]
#[case("net.cidr_expand", json!(["10.0.0.254/31"]), json!(["10.0.0.254", "10.0.0.255"]))]
#[case("uuid.parse", json!(["00000000-0000-0000-0000-000000000000"]), json!({"variant": "Reserved", "version": 0}))]
fn values_are_those_of_opa(#[case] name: &str, #[case] operands: Json, #[case] wanted: Json) {
    assert_eq!(call(name, &operands), Ok(wanted));
}

#[rstest]
#[case("count", json!([null]))]
#[case("sum", json!([["x"]]))]
#[case("array.slice", json!([[1], 0.5, 1]))]
#[case("bits.or", json!([7.2, 1]))]
#[case("bits.lsh", json!([1, -1]))]
#[case("to_number", json!(["Inf"]))]
#[case("numbers.range", json!([1, 1.5]))]
#[case("format_int", json!([1, 3]))]
#[case("concat", json!([",", [1]]))]
#[case("strings.replace_n", json!([{"a": 1}, "a"]))]
#[case("object.remove", json!([{}, 1]))]
#[case("json.remove", json!([{}, [1]]))]
#[case("graph.reachable", json!([{}, 1]))]
#[case("net.cidr_contains", json!([1, "10.0.0.1"]))]
#[case("time.clock", json!([null]))]
fn operands_of_the_wrong_type_are_told(#[case] name: &str, #[case] operands: Json) {
    let failure = call(name, &operands).unwrap_err();
    assert!(matches!(failure, Failure::Type(_)), "{failure:?}");
}

#[rstest]
#[case("to_number", json!(["1_000"]))]
#[case("indexof", json!(["a", ""]))]
#[case("substring", json!(["a", -1, 1]))]
#[case("numbers.range_step", json!([1, 2, 0]))]
#[case("net.cidr_contains", json!(["10.0.0.0/33", "x"]))]
#[case("net.cidr_merge", json!([["::1"]]))]
fn what_cannot_be_computed_is_an_error(#[case] name: &str, #[case] operands: Json) {
    let failure = call(name, &operands).unwrap_err();
    assert!(matches!(failure, Failure::Builtin(_)), "{failure:?}");
}

#[rstest]
#[case("numbers.range", json!([0, i64::MAX]))]
#[case("net.cidr_expand", json!(["::/0"]))]
#[case("bits.lsh", json!([1, i64::MAX]))]
#[case("product", json!([vec![json!(1e18); 6000]]))]
#[case("replace", json!(["y".repeat(20_000), "", "x".repeat(20_000)]))]
fn what_would_take_much_time_or_memory_ends_the_evaluation(
    #[case] name: &str,
    #[case] operands: Json,
) {
    let failure = call(name, &operands).unwrap_err();
    assert!(matches!(failure, Failure::Exceeded(_)), "{failure:?}");
}

#[test]
fn paths_of_a_long_graph_end_in_an_error() {
    let graph: Json = (0..2_000)
        .map(|number: u32| (number.to_string(), json!([(number + 1).to_string()])))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let result = call("graph.reachable_paths", &json!([graph, ["0"]]));
    assert!(matches!(result, Err(Failure::Exceeded(_))), "{result:?}");
}

#[test]
fn nothing_is_the_largest_of_nothing() {
    assert_eq!(call("max", &json!([[]])), Err(Failure::Undefined));
}
