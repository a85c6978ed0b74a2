# Functions for tests that are shell scripts; source it. Results go to standard output as
# TAP, everything else to standard error.
#
# TALLYMAN (program under test), TALLYMAN_SRC (source tree) and TALLYMAN_BUILD (build tree)
# come from the makefile; TALLYMAN_WRAP may name a command to run the program under.
set -u

tap_count=0
tap_failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

tallyman() {
	${TALLYMAN_WRAP:-} "$TALLYMAN" "$@"
}

# ok STATUS NAME: one result
ok() {
	tap_count=$((tap_count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $2"
	fi
}

# is GOT EXPECTED NAME
is() {
	[ "$1" = "$2" ]
	local status=$?
	[ $status -eq 0 ] || printf '# got:      %s\n# expected: %s\n' "$1" "$2"
	ok $status "$3"
}

# skip NAME REASON
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# skip_all REASON: nothing here can run
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# need COMMAND...: without one of them, nothing here can run
need() {
	local c
	for c in "$@"; do
		command -v "$c" >/dev/null || skip_all "$c is not installed"
	done
}

finish() {
	echo "1..$tap_count"
	[ $tap_failed -eq 0 ]
	exit
}
