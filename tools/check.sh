# Suites and checks. Sourced by ./dev. Every part adds to `passed` and `failed`.
passed=0
failed=0

count() {  # name, command…: one check that passes or fails
  local name=$1
  shift
  if "$@" >build/check.log 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
    tail -40 build/check.log
  fi
}

unit_tests() {  # preset, filter
  local out status=0
  mkdir -p build
  out=build/unit_$1.log
  build/$1/bin/tenon_tests --gtest_brief=1 --gtest_filter="$2" >$out 2>&1 || status=$?
  local good bad
  good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' $out | head -1)
  bad=$(sed -n 's/^ *\([0-9]*\) FAILED TESTS\?$/\1/p' $out | head -1)
  [ "$status" = 0 ] || { bad=${bad:-1}; grep -v '^\[ *OK' $out | tail -60; }
  echo "unit tests ($1): ${good:-0} passed, ${bad:-0} failed"
  passed=$((passed + ${good:-0}))
  failed=$((failed + ${bad:-0}))
}

suite() {  # a Python suite whose last line is `N passed, N failed`
  local line
  line=$(PYTHONPATH=build/dev/python .venv/bin/python "$@" 2>&1 | tee build/suite.log | tail -1) || true
  echo "$(basename "$1" .py): $line"
  if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    [ "${BASH_REMATCH[2]}" = 0 ] || tail -30 build/suite.log
  else
    failed=$((failed + 1))
    tail -30 build/suite.log
  fi
}

python_suites() { [ ! -d build/dev/python/tenon ] || ls tests/run_*.py; }

run_tests() {
  local filter=${1:-}
  if [ "$filter" = onnx ]; then
    shift
    PYTHONPATH=build/dev/python exec .venv/bin/python tests/run_onnx_node_tests.py "$@"
  fi
  unit_tests dev "*$filter*"
  for file in $(python_suites); do
    [[ $file == *"$filter"* ]] && suite "$file"
  done
  finish
}

format() {
  local files
  files=$(git ls-files -co --exclude-standard '*.cpp' '*.h')
  if [ "${1:-}" = --check ]; then clang-format-14 --dry-run -Werror $files; else clang-format-14 -i $files; fi
}

readmes_are_short() {
  local bad=0 file
  for file in $(git ls-files 'src/*/README.md' '*/README.md'); do
    [ "$(wc -l <"$file")" -le 15 ] || { echo "$file has more than 15 lines"; bad=1; }
  done
  return $bad
}

finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}

check_all() {
  mkdir -p build
  count "formatting (./dev fmt mends it)" format --check
  count "arrows between folders" .venv/bin/python tools/check_layers.py
  count "lengths of READMEs" readmes_are_short
  build dev
  unit_tests dev '*'
  for file in $(python_suites); do suite "$file"; done
  build asan
  unit_tests asan '*'
  build no_onednn
  unit_tests no_onednn '*'
  finish
}
