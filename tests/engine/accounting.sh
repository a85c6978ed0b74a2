#!/bin/bash
# Every frame of every bundled capture is accounted for, and what the closing record says
# agrees with the records before it.
. "$(dirname "$0")/../tap.sh"
need jq

# frames = in flows + without a place + not IP + malformed, and each part by its reasons
sums='
.stats.accounting as $a |
def of(class): [$a.reasons[] | select(.class == class) | .frames] | add // 0;
$a.read == $a.in_flows + $a.untracked + $a.not_ip + $a.malformed and
$a.not_ip + $a.malformed == of("not_ip") + of("malformed") + ($a.reasons_other // 0)
'
# packets of the flow records, folded ones included
flows='[.[] | select(.event_type == "flow" and .flow.reason != "interim")
	| .flow.pkts_toserver + .flow.pkts_toclient] | add // 0'

for capture in "$TALLYMAN_SRC"/pcaps/*.pcap* ; do
	name=$(basename "$capture")
	tallyman read -q -o - "$capture" >"$scratch/log" 2>"$scratch/err"
	status=$?
	case $name in
	*.cut.*) is $status 1 "$name: damage is an exit status of 1" ;;
	*) is $status 0 "$name: read" ;;
	esac
	tail -n 1 "$scratch/log" | jq -e "$sums" >/dev/null
	ok $? "$name: the parts add up to the packets"
	is "$(jq -s "$flows" "$scratch/log")" \
		"$(tail -n 1 "$scratch/log" | jq '.stats.accounting.in_flows')" \
		"$name: flow records hold every packet in flows"
done
finish
