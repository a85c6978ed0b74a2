#!/bin/bash
# A capture long enough that threads wait for each other gives the same bytes with any
# number of workers: pipes fill, watermarks lag, ticks meet batches half sent.
. "$(dirname "$0")/../tap.sh"
mix=$TALLYMAN_BUILD/bench/tallyman-mix
[ -x "$mix" ] || skip_all "bench/tallyman-mix is not built"

"$mix" -n 200000 -f 200000 -o "$scratch/mix.pcap" "$TALLYMAN_SRC"/pcaps/{apps,dns,http,tls,ssh}.pcap.gz \
	>/dev/null 2>&1
ok $? "the mix"
expected=$(tallyman read -q -j 1 -o - "$scratch/mix.pcap" | md5sum)
for j in 2 5 8 8; do
	is "$(tallyman read -q -j $j -o - "$scratch/mix.pcap" | md5sum)" "$expected" "-j $j"
done
expected=$(tallyman read -q -j 1 --max-flows 2000 -o - "$scratch/mix.pcap" | md5sum)
for j in 2 8; do
	is "$(tallyman read -q -j $j --max-flows 2000 -o - "$scratch/mix.pcap" | md5sum)" \
		"$expected" "-j $j with 2000 flows"
done
finish
