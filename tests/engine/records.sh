#!/bin/bash
# Every record of every bundled capture is what the schema says, whatever the options.
. "$(dirname "$0")/../tap.sh"
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null ||
	skip_all "Debian's python3-jsonschema is not installed"

# valid NAME ARG...
valid() {
	local name=$1
	shift
	tallyman read -q -o - "$@" 2>/dev/null >"$scratch/records"
	[ -s "$scratch/records" ] &&
		"$TALLYMAN_SRC/tests/audit/validate-records" \
			"$TALLYMAN_SRC/docs/schema/event.schema.json" "$scratch/records" >&2
	ok $? "$name"
}

for capture in "$TALLYMAN_SRC"/pcaps/*.pcap*; do
	tallyman read -q -o - "$capture" 2>/dev/null
done >"$scratch/all"
"$TALLYMAN_SRC/tests/audit/validate-records" \
	"$TALLYMAN_SRC/docs/schema/event.schema.json" "$scratch/all" >&2
ok $? "the records of each capture"
valid "one timeline" "$TALLYMAN_SRC/pcaps"
valid "24 flows at once" --max-flows 24 "$TALLYMAN_SRC/pcaps"
valid "interim records" --timeout interim=100ms --timeout udp-new=1s "$TALLYMAN_SRC/pcaps"
finish
