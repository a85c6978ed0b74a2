#!/bin/bash
# The records of the bundled captures, compared exactly with what is kept here.
# After an intended change: tests/golden/golden.sh --update, and read the difference.
cd "$(dirname "$0")" || exit 1
if [ "${1:-}" = --update ]; then
	src=$(cd ../.. && pwd)
	: "${TALLYMAN:=$src/build/tallyman}"
	for capture in "$src"/pcaps/*.pcap*; do
		name=$(basename "$capture")
		"$TALLYMAN" read -q -o - "$capture" 2>/dev/null | gzip -9n >"$name.ndjson.gz"
	done
	exit
fi
. ../tap.sh
for capture in "$TALLYMAN_SRC"/pcaps/*.pcap*; do
	name=$(basename "$capture")
	if [ ! -f "$name.ndjson.gz" ]; then
		ok 1 "$name: has golden records"
		continue
	fi
	zcat "$name.ndjson.gz" >"$scratch/expected"
	tallyman read -q -o - "$capture" >"$scratch/got" 2>/dev/null
	diff -u "$scratch/expected" "$scratch/got" | cut -c 1-400 | head -n 20 | sed 's/^/# /'
	cmp -s "$scratch/expected" "$scratch/got"
	ok $? "$name"
done
finish
