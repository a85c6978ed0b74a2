#!/bin/bash
# The same input gives the same bytes: with any number of workers, in a second run, and
# with so few places for flows that eviction happens all the time.
. "$(dirname "$0")/../tap.sh"

# variants NAME ARG...: reads with 1, 2, 3 and 8 workers and once more
variants() {
	local name=$1 j
	shift
	tallyman read -q -j 1 -o - "$@" >"$scratch/one" 2>/dev/null
	[ -s "$scratch/one" ]
	ok $? "$name: there are records"
	for j in 1 2 3 8; do
		tallyman read -q -j $j -o - "$@" >"$scratch/other" 2>/dev/null
		cmp -s "$scratch/one" "$scratch/other"
		ok $? "$name: -j $j"
	done
}

pcaps=$TALLYMAN_SRC/pcaps
variants "all captures as one timeline" "$pcaps"
variants "all captures with 24 flows" --max-flows 24 "$pcaps"
for name in scans fragments vxlan dns http; do
	variants $name "$pcaps/$name.pcap.gz"
done

# the files of a log, not only its records
for run in a b; do
	tallyman read -q -j 2 --segment-size 64K -o "$scratch/$run" "$TALLYMAN_SRC/pcaps" \
		2>/dev/null
done
[ -n "$(ls "$scratch/a")" ] && diff -r "$scratch/a" "$scratch/b" >&2
ok $? "two logs of the same input are the same files"
finish
