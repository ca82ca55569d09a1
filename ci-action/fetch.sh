#!/usr/bin/env bash
# Gives the path of the binary: the one that was named, or a download whose checksum was verified before it is unpacked.
# Exit code 2, as of the binary itself: nothing was decided.
set -euo pipefail

fail() {
  echo "::error title=soc2gate::$1"
  exit 2
}

if [[ -n "$INPUT_BINARY" ]]; then
  [[ "$INPUT_BINARY" != *$'\n'* && -f "$INPUT_BINARY" && -x "$INPUT_BINARY" ]] ||
    fail "the input binary names no program that can be run"
  folder="$(cd "$(dirname "$INPUT_BINARY")" && pwd)" || fail "the folder of the input binary cannot be entered"
  echo "binary=$folder/$(basename "$INPUT_BINARY")" >>"$GITHUB_OUTPUT"
  exit 0
fi

[[ "$INPUT_VERSION" =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || fail "the input version is no exact version"
case "$RUNNER_OS-$RUNNER_ARCH" in
  Linux-X64) platform=linux-x86_64 ;;
  Linux-ARM64) platform=linux-aarch64 ;;
  macOS-X64) platform=macos-x86_64 ;;
  macOS-ARM64) platform=macos-aarch64 ;;
  *) fail "there is no binary for this runner: give one with the input binary" ;;
esac

expected="$INPUT_SHA256"
if [[ -z "$expected" ]]; then
  while read -r version for_platform sum; do
    if [[ "$version" == "$INPUT_VERSION" && "$for_platform" == "$platform" ]]; then
      expected="$sum"
    fi
  done <"$GITHUB_ACTION_PATH/checksums.txt"
  [[ -n "$expected" ]] || fail "no checksum is known for version $INPUT_VERSION on $platform: give it with the input sha256"
fi
[[ "$expected" =~ ^[0-9a-f]{64}$ ]] || fail "a checksum is 64 digits of 0 to 9 and a to f: see the input sha256"

folder="$(mktemp -d "$RUNNER_TEMP/soc2gate.XXXXXX")" || fail "there is no room for the download"
archive="$folder/soc2gate.tar.gz"
curl --silent --show-error --fail --location --globoff --proto '=https,file' --proto-redir '=https' \
  --retry 3 --max-time 300 --max-filesize 209715200 --output "$archive" \
  --url "$INPUT_MIRROR/v$INPUT_VERSION/soc2gate-$platform.tar.gz" ||
  fail "version $INPUT_VERSION for $platform cannot be downloaded"
if command -v sha256sum >/dev/null; then
  actual="$(sha256sum <"$archive")" || fail "the checksum of the download cannot be computed"
else
  actual="$(shasum -a 256 <"$archive")" || fail "the checksum of the download cannot be computed"
fi
[[ "${actual%% *}" == "$expected" ]] || fail "the download is not what was released: its checksum differs"
tar -xzf "$archive" -C "$folder" soc2gate || fail "the download cannot be unpacked"
[[ -f "$folder/soc2gate" && -x "$folder/soc2gate" ]] || fail "the download holds no program"
echo "binary=$folder/soc2gate" >>"$GITHUB_OUTPUT"
