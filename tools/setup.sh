# Installs what the build and the tests need, and says so. Sourced by ./dev; does nothing when all is there.
debian_packages="g++ cmake ninja-build libtbb-dev libprotozero-dev libflatbuffers-dev flatbuffers-compiler libxbyak-dev
  libxxhash-dev libfmt-dev libcli11-dev nlohmann-json3-dev libgtest-dev libgmock-dev clang-format-14 clang-tidy-14
  python3-dev python3-venv git"
optional_packages="libdnnl-dev"  # not in every Ubuntu: the oneDNN provider is then left out

setup() {
  local missing="" package
  for package in $debian_packages; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing="$missing $package"
  done
  for package in $optional_packages; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" && continue
    [ -n "$(apt-cache madison "$package" 2>/dev/null)" ] || [ ! -e .venv/setup_done ] && missing="$missing $package"
  done
  if [ -n "$missing" ]; then
    echo "setup: installing$missing"
    local sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq
    for package in $optional_packages; do
      [ -n "$(apt-cache madison "$package" 2>/dev/null)" ] || { missing="${missing/$package/}"; echo "setup: $package is not to be had here; its provider is left out"; }
    done
    [ -z "${missing// /}" ] || $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null
  fi
  if ! cmp -s tools/requirements.txt .venv/setup_done; then
    echo "setup: Python environment .venv with $(grep -vc '^#' tools/requirements.txt) packages"
    [ -x .venv/bin/python ] || python3 -m venv .venv
    .venv/bin/pip install -q --disable-pip-version-check -r tools/requirements.txt
    cp tools/requirements.txt .venv/setup_done
  fi
}
