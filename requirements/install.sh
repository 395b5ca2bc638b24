#!/usr/bin/env bash
# Make the virtual environment .venv hold the pinned requirement files named, or do nothing if it does already.
# Usage: requirements/install.sh base tensorflow …
# An interrupted installation is started afresh; PYTHON chooses the interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
venv=.venv
busy=$venv/.installing
place=$venv/.made-in  # scripts in an environment name its folder: it does not survive being moved

fail() { echo "error: $*" >&2; exit 1; }

command -v "$python" > /dev/null || fail "found no $python on PATH, expected Python 3.11 or newer (PYTHON=… names one)"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
    || fail "found $("$python" --version), expected Python 3.11 or newer (PYTHON=… names one)"

stamp() { echo "$venv/.installed-$1-$(cksum < "requirements/$1.txt" | tr ' ' '-')"; }

missing=()
for name in "$@"; do
    [ -e "$(stamp "$name")" ] || missing+=("$name")
done
if [ ${#missing[@]} -eq 0 ] && [ ! -e "$busy" ] && [ "$(cat "$place" 2> /dev/null)" = "$PWD" ] && "$venv/bin/python" -c '' 2> /dev/null; then
    exit 0
fi
if [ -e "$busy" ] || [ "$(cat "$place" 2> /dev/null)" != "$PWD" ] || ! "$venv/bin/python" -c '' 2> /dev/null; then
    [ -d "$venv" ] && echo "setup: .venv is unfinished or was moved, starting afresh" || echo "setup: making the virtual environment .venv"
    rm -rf "$venv"
    mkdir "$venv" && touch "$busy"
    pwd > "$place"
    "$python" -m venv "$venv" || fail "python -m venv failed; on Debian and Ubuntu, install python3-venv"
    missing=("$@")
fi
touch "$busy"
echo "setup: installing ${missing[*]} into .venv (the first time takes a minute or two)"
files=()
for name in "${missing[@]}"; do files+=(-r "requirements/$name.txt"); done
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check "${files[@]}"
# `soundworks` and `python -m soundworks` work in the environment, straight from scripts/.
echo "$PWD/scripts" > "$("$venv/bin/python" -c 'import site; print(site.getsitepackages()[0])')/soundworks.pth"
printf '#!/bin/sh\nexec "$(dirname "$0")/python" -m soundworks "$@"\n' > "$venv/bin/soundworks"
chmod +x "$venv/bin/soundworks"
for name in "${missing[@]}"; do
    rm -f "$venv/.installed-$name-"*
    touch "$(stamp "$name")"
done
rm -f "$busy"
echo "setup: done"
