#!/bin/sh
# unpacked.sh PACKAGE FOLDER: a package's programs for the tests, unpacked and not installed.
# chrony installed would take the place of this machine's own time service.
set -eu
command -v apt-get >/dev/null 2>&1 || exit 0
[ ! -d "$2" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
if ! (cd "$work" && apt-get -q -o APT::Sandbox::User=root download "$1" >/dev/null); then
    echo "$1 could not be fetched; tests that need it are skipped, and say so." >&2
    exit 0
fi
mkdir -p "$2"
dpkg-deb -x "$work"/*.deb "$2"
