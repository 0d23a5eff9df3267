#!/usr/bin/env bash
# Make sure a Chromium binary is there for the report's tests. Does nothing if one is found.
# Without apt-get or without the right to use it the tests of the page are skipped, visibly.
set -euo pipefail

for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null 2>&1; then
    echo "Chromium: $(command -v "$name")"
    exit 0
  fi
done

if ! command -v apt-get >/dev/null 2>&1; then
  echo "No Chromium and no apt-get: install Chromium by hand to run the report's browser tests." >&2
  exit 0
fi

run=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1 || ! sudo -n true 2>/dev/null; then
    echo "No Chromium and no right to install it: run 'sudo apt-get install chromium fonts-noto-cjk'." >&2
    exit 0
  fi
  run=(sudo -n)
fi

export DEBIAN_FRONTEND=noninteractive
# Without a network the other tests still matter: say so and go on.
if ! "${run[@]}" apt-get update -qq ||
  ! "${run[@]}" apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk; then
  echo "Chromium could not be installed: the report's browser tests will be skipped." >&2
fi
