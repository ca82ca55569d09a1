#!/usr/bin/env bash
# Runs the gate on the event with the inputs as options. What it judges, shows and decides is the binary's own work.
set -euo pipefail

fail() {
  echo "::error title=soc2gate::$1"
  exit 2
}

[[ "$INPUT_SARIF_FILE$INPUT_REPORT_FILE" != *$'\n'* ]] || fail "a name of a file has more than one line"

arguments=(check event --github-outputs --format github)

lines() {
  local option="$1" line
  while IFS= read -r line; do
    line="${line#"${line%%[![:space:]]*}"}"
    line="${line%"${line##*[![:space:]]}"}"
    [[ -z "$line" ]] || arguments+=("$option=$line")
  done <<<"$2"
}

switch() {
  case "$2" in
    true) arguments+=("$1") ;;
    false | "") ;;
    *) fail "the input ${1#--} is neither true nor false" ;;
  esac
}

lines --path "$INPUT_PATHS"
lines --policies "$INPUT_POLICIES"
[[ -z "$INPUT_CONFIG" ]] || arguments+=("--config=$INPUT_CONFIG")
[[ -z "$INPUT_ORGANIZATION" ]] || arguments+=("--org=$INPUT_ORGANIZATION")
[[ -z "$INPUT_BASELINE" ]] || arguments+=("--baseline=$INPUT_BASELINE")
[[ -z "$INPUT_LEDGER" ]] || arguments+=("--ledger=$INPUT_LEDGER")
switch --new-only "$INPUT_NEW_ONLY"
switch --comment "$INPUT_COMMENT"
switch --check-run "$INPUT_CHECK_RUN"
[[ -z "$INPUT_REPORT_NAME" ]] || arguments+=("--report-name=$INPUT_REPORT_NAME")
if [[ -n "$INPUT_SARIF_FILE" ]]; then
  arguments+=(--format sarif "--output=$INPUT_SARIF_FILE")
  echo "sarif-file=$INPUT_SARIF_FILE" >>"$GITHUB_OUTPUT"
fi
if [[ -n "$INPUT_REPORT_FILE" ]]; then
  arguments+=(--format json "--output=$INPUT_REPORT_FILE")
  echo "report-file=$INPUT_REPORT_FILE" >>"$GITHUB_OUTPUT"
fi

case "$INPUT_FAIL_ON" in
  deny | never) ;;
  *) fail "the input fail-on is neither deny nor never" ;;
esac

case "$INPUT_LEDGER_INIT" in
  true)
    if [[ -n "$INPUT_LEDGER" && "$INPUT_LEDGER" != postgres*://* && ! -e "$INPUT_LEDGER/ledger.json" ]]; then
      "$SOC2GATE" ledger init "--ledger=$INPUT_LEDGER" || fail "the ledger cannot be made"
    fi
    ;;
  false | "") ;;
  *) fail "the input ledger-init is neither true nor false" ;;
esac

code=0
"$SOC2GATE" "${arguments[@]}" || code=$?
# Wrong usage and a program that broke are never let pass.
if [[ "$INPUT_FAIL_ON" == never && "$code" -le 2 ]]; then
  exit 0
fi
exit "$code"
