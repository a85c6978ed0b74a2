#!/bin/sh
# Every capture of pcaps/ as the decoder and as tshark see it: addresses, lengths,
# fragments, ports, TCP and ICMP fields, VLANs and tunnel identifiers must agree.
# Other captures: test_tshark.sh FILE...
here=$TALLYMAN_SRC/tests/decode
dump=$TALLYMAN_BUILD/tests/decode/packet_dump
fields="frame.number ip.src ip.dst ip.proto ip.ttl ip.len ip.frag_offset ip.flags.mf
ipv6.src ipv6.dst ipv6.hlim ipv6.plen tcp.srcport tcp.dstport tcp.seq_raw tcp.ack_raw
tcp.flags tcp.window_size_value tcp.len tcp.options.mss_val udp.srcport udp.dstport
udp.length sctp.srcport sctp.dstport icmp.type icmp.code icmp.ident icmpv6.type
icmpv6.code icmpv6.echo.identifier arp.opcode ieee8021ad.id vlan.id vxlan.vni geneve.vni gre.key
mpls.label pppoe.session_id gtp.teid erspan.spanid"

if ! command -v tshark >/dev/null 2>&1; then
	echo "1..0 # SKIP tshark is not installed"
	exit 0
fi
# Files that end in the middle stop the two readers at different places.
[ $# -gt 0 ] || set -- $(ls "$TALLYMAN_SRC"/pcaps/*.pcap* 2>/dev/null | grep -v '\.cut\.')
if [ $# -eq 0 ]; then
	echo "1..0 # SKIP there are no captures in pcaps/"
	exit 0
fi
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

# One option per field.
set_fields() {
	for field in $fields; do
		printf ' -e %s' "$field"
	done
}

# Nothing is put together, so that each frame stands for itself.
dissect() {
	{
		echo header
		tshark -n -r "$1" -o ip.defragment:FALSE -o ipv6.defragment:FALSE \
			-d udp.port==8472,vxlan -d udp.port==4790,vxlan -T fields -E occurrence=a \
			-E aggregator=, $(set_fields) 2>"$tmp/errors"
	} | awk -v n="$(echo $fields | wc -w)" '
		NR == 1 { for (i = 1; i < n; i++) printf "\t"; print ""; next } { print }'
}

echo "1..$#"
n=0
for file; do
	n=$((n + 1))
	dissect "$file" >"$tmp/theirs"
	"$dump" "$file" >"$tmp/ours" 2>>"$tmp/errors"
	if paste "$tmp/theirs" "$tmp/ours" |
		awk -v fields="$fields" -f "$here/compare_tshark.awk" >"$tmp/result"; then
		echo "ok $n - $(basename "$file")"
	else
		echo "not ok $n - $(basename "$file")"
	fi
	cat "$tmp/result"
done
