#!/usr/bin/env bash
# Gives this machine what the named parts need, and does nothing where it is already there:
#   deploy/bootstrap.sh venv zbar font chromium postgresql
#
# venv is .venv, exactly as uv.lock says; the others are system packages, installed as root or with a
# sudo that asks no password. Where that is not allowed it says so and goes on, except when CI=true:
# there a part that is missing would only hide tests that did not run.
#
#   APT=no         installs no system package
#   PYTHON=PATH    makes .venv with this interpreter
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'bootstrap: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# ---- system packages

may_install() {
    [ "${APT:-yes}" != no ] && command -v apt-get >/dev/null || return 1
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

updated=no
apt_install() { # NAME...: one package, under the first of its names that this release knows
    local name as=()
    may_install || return 1
    [ "$(id -u)" = 0 ] || as=(sudo -n)
    if [ "$updated" = no ]; then
        "${as[@]}" apt-get update -qq >&2 || say "apt-get update failed; going on with the old package lists"
        updated=yes
    fi
    for name; do
        apt-cache show "$name" >/dev/null 2>&1 || continue
        say "installing the system package $name"
        "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
            -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install "$name" </dev/null >/dev/null 9<&- && return 0
    done
    return 1
}

lacking() { # SENTENCE...: a system package could not be had
    if [ "${CI:-}" = true ]; then die "$@"; else say "$@"; fi
}

has_zbar() { .venv/bin/python -c 'import ctypes; ctypes.CDLL("libzbar.so.0")' 2>/dev/null; }

has_font() {
    if command -v fc-list >/dev/null; then
        [ -n "$(fc-list :lang=zh-cn family)" ]
    else
        [ -n "$(find /usr/share/fonts /usr/local/share/fonts "${HOME:-/nonexistent}/.local/share/fonts" \
            \( -iname '*wqy*' -o -iname '*cjk*' -o -iname '*sourcehan*' \) -print -quit 2>/dev/null)" ]
    fi
}

has_chromium() {
    local name path
    for name in chromium google-chrome google-chrome-stable; do
        # a snap sees neither /tmp nor this tree, so it does not count
        path=$(command -v "$name") && [[ $path != /snap/* ]] && return 0
    done
    return 1
}

has_postgresql() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; }

need_zbar() {
    has_zbar || apt_install libzbar0 libzbar0t64 ||
        lacking "libzbar0 (reads QR codes) is missing: 'apt-get install libzbar0' as root adds it. Going on without."
}

need_font() {
    has_font || apt_install fonts-wqy-zenhei ||
        lacking "no Chinese font found: 'apt-get install fonts-wqy-zenhei' as root adds one. Going on; Chinese in pictures may show as boxes."
}

need_chromium() {
    has_chromium && return
    if grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null; then
        lacking "Ubuntu has Chromium only as a snap, which cannot run the browser tests: install Google Chrome's own .deb. Going on; the browser tests are left out."
    else
        apt_install chromium ||
            lacking "Chromium is missing: 'apt-get install chromium' as root adds it. Going on; the browser tests are left out."
    fi
}

need_postgresql() {
    has_postgresql || apt_install postgresql ||
        die "PostgreSQL is missing: 'apt-get install postgresql' as root adds it."
}

# ---- .venv

# The same bounds as requires-python in pyproject.toml.
right_version() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }
has_ensurepip() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

find_python() { # prints the path of the interpreter; one that can make a venv by itself comes first
    local name test
    for test in has_ensurepip true; do
        for name in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
            if right_version "$name" && "$test" "$name"; then
                "$name" -c 'import sys; print(sys.executable)'
                return
            fi
        done
    done
    return 1
}

create_venv() {
    local python
    if ! python=$(find_python); then
        [ -z "${PYTHON:-}" ] || die "PYTHON=$PYTHON is not a Python 3.11, 3.12 or 3.13."
        apt_install python3.13 python3.12 python3.11 || true
        python=$(find_python) || die "no Python 3.11, 3.12 or 3.13 found. Install one ('apt-get install python3.11' on Debian 12 and Ubuntu 22.04, 'python3.12' on Ubuntu 24.04; elsewhere 'uv python install 3.13') or name it: make ... PYTHON=/path/to/python3.12"
    fi
    if ! has_ensurepip "$python" && [[ $python == /usr/bin/* ]]; then
        # Debian keeps the half of venv that installs pip in a package of its own
        apt_install "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" || true
    fi
    say "making .venv with $python"
    rm -rf .venv
    if has_ensurepip "$python"; then
        "$python" -m venv .venv
    elif command -v uv >/dev/null; then
        uv venv --quiet --seed --python "$python" .venv
    elif "$python" -m virtualenv --version >/dev/null 2>&1; then
        "$python" -m virtualenv --quiet .venv
    elif command -v virtualenv >/dev/null; then
        virtualenv --quiet --python "$python" .venv
    elif "$python" -m pip --version >/dev/null 2>&1; then
        # pip can fill a venv from outside, which leaves the user's own packages alone
        "$python" -m venv --without-pip .venv
        "$python" -m pip --python .venv/bin/python install --quiet pip
    else
        die "$python cannot make a virtual environment, and this user may not install packages. Ask for 'apt-get install python3-venv', or install virtualenv or uv, then run make again."
    fi
}

uv_requirement() { # the uv of uv.lock, with its hashes, as a requirements file
    .venv/bin/python - <<'PYTHON'
import tomllib

with open("uv.lock", "rb") as lock:
    (uv,) = (package for package in tomllib.load(lock)["package"] if package["name"] == "uv")
print(f"uv=={uv['version']}", *(f"--hash={wheel['hash']}" for wheel in uv["wheels"]))
PYTHON
}

install_uv() {
    local wanted
    wanted=$(uv_requirement)
    [[ $wanted == "uv==$(.venv/bin/uv --version 2>/dev/null | cut -d' ' -f2) "* ]] && return
    printf '%s\n' "$wanted" >.venv/requirements-uv.txt
    if .venv/bin/python -m pip --version >/dev/null 2>&1; then
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: \
            --require-hashes -r .venv/requirements-uv.txt
    else # a .venv that uv made has no pip
        .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r .venv/requirements-uv.txt
    fi
}

sync_venv() {
    say "installing the packages of uv.lock into .venv"
    install_uv || die "uv could not be installed: does this machine reach its package index?"
    [ -w "${HOME:-/nonexistent}" ] || export UV_NO_CACHE=1 # service accounts have no home
    export UV_PROJECT_ENVIRONMENT=.venv UV_PYTHON_DOWNLOADS=never
    unset VIRTUAL_ENV
    .venv/bin/uv sync --frozen --quiet --python .venv/bin/python && return
    # uv asks the index written in uv.lock; pip asks the mirror that this machine may be set up with
    say "uv could not; trying pip with the same versions and hashes"
    .venv/bin/uv export --frozen --quiet --no-emit-project -o .venv/requirements.txt >/dev/null
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --use-pep517 --require-hashes \
        -r .venv/requirements.txt || die "the packages could not be installed: does this machine reach its package index?"
}

need_venv() {
    local stamp
    # The path is part of it because the scripts in .venv/bin contain it.
    stamp=$(pwd; sha256sum uv.lock pyproject.toml)
    if right_version .venv/bin/python; then
        [ "$(cat .venv/.stamp 2>/dev/null)" != "$stamp" ] || return 0
        [ ! -e .venv/.stamp ] || [ "$(head -n1 .venv/.stamp)" = "$(pwd)" ] || create_venv
    else
        create_venv
    fi
    sync_venv
    printf '%s\n' "$stamp" >.venv/.stamp
}

# Two makes at once would write the same .venv; the second waits here. (A server that apt-get starts
# must not inherit the lock, hence 9<&- above.)
exec 9<uv.lock
flock 9

[ $# -gt 0 ] || set -- venv
for part; do
    case $part in
    venv | zbar | font | chromium | postgresql) "need_$part" ;;
    *) die "no such part: $part" ;;
    esac
done
