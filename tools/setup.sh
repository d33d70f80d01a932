#!/usr/bin/env bash
# Installs what is missing to build and test; `setup.sh lint` and `setup.sh bench` what those commands need besides.
# A stamp remembers what was asked for, so that the next call costs nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${1:-build} in
  build)
    packages=(g++ cmake ninja-build git python3 python3-dev python3-venv clang-format-14 flatbuffers-compiler
      libflatbuffers-dev libtbb-dev libxxhash-dev libfmt-dev libprotozero-dev libxbyak-dev libcli11-dev
      nlohmann-json3-dev libgtest-dev libgmock-dev)
    requirements=tools/requirements.txt ;;
  lint) packages=(clang-tidy-14) requirements=/dev/null ;;
  bench) packages=() requirements=tools/requirements_bench.txt ;;
  *) echo "setup: knows lint and bench, not '$1'" >&2; exit 2 ;;
esac

stamp=.venv/setup_${1:-build}
wanted=$(grep -E '^(ID|VERSION_ID)=' /etc/os-release; cat tools/setup.sh "$requirements")
[ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && exit 0

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# oneDNN is optional, and version 3 (that of newer distributions) has another interface than the one we use.
onednn() {
  if installed libdnnl-dev; then return; fi
  if [[ "$(apt-cache policy libdnnl-dev)" == *'Candidate: 2.'* ]]; then
    apt_install libdnnl-dev
  else
    echo "setup: there is no oneDNN 2 here; its kernels are left out, ours do its work"
  fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "setup: neither root nor sudo; please run as root: $*" >&2
    exit 1
  fi
}

apt_install() {
  echo "setup: installing $*"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq install -y \
    --no-install-recommends "$@" >/dev/null
}

if command -v apt-get >/dev/null; then
  missing=()
  for package in "${packages[@]}"; do installed "$package" || missing+=("$package"); done
  if [ ${#missing[@]} -gt 0 ]; then
    as_root apt-get -qq update || echo "setup: the package lists could not be refreshed, trying as they are" >&2
    apt_install "${missing[@]}"
  fi
  if [ "${1:-build}" = build ]; then onednn; fi
  python=/usr/bin/python3  # python3-dev belongs to it
else
  echo "setup: no apt-get here; these Debian packages, or their like, must be present: ${packages[*]}" >&2
  python=python3
fi

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  echo "setup: making .venv"
  "$python" -m venv --clear .venv
fi
if [ -s "$requirements" ]; then
  echo "setup: installing into .venv: $(grep -vE '^(#|$)' "$requirements" | xargs)"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$requirements"
fi
echo "$wanted" >"$stamp"
