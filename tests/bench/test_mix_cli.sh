#!/bin/sh
# The command line of tallyman-mix: same seed, same bytes; counts; what it refuses.
mix=$TALLYMAN_BUILD/bench/tallyman-mix
pcaps=$TALLYMAN_SRC/pcaps
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
n=0

# check WHAT COMMAND...: one line of TAP
check()
{
	what=$1
	shift
	n=$((n + 1))
	if "$@" > "$work/log" 2>&1; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		sed 's/^/# /' "$work/log"
	fi
}

# exits STATUS COMMAND...
exits()
{
	want=$1
	shift
	"$@" > "$work/out" 2> "$work/err"
	got=$?
	[ "$got" -eq "$want" ] || { echo "status $got, not $want"; cat "$work/err"; return 1; }
}


says()
{
	grep -q "$1" "$2" || { cat "$2"; return 1; }
}

echo 1..14
check "makes a mix" exits 0 "$mix" -n 5000 -s 3 -o "$work/a" "$pcaps/http.pcap.gz" "$pcaps/dns.pcap.gz"
check "says how many packets" says ': 5000 packets, ' "$work/out"
size=$(sed -n 's/.*packets, \([0-9]*\) bytes.*/\1/p' "$work/out")
check "has that many bytes" test "$(wc -c < "$work/a")" -eq $((24 + 5000 * 16 + size))
"$mix" -n 5000 -s 3 -o "$work/b" "$pcaps/http.pcap.gz" "$pcaps/dns.pcap.gz" > "$work/out"
check "same seed, same bytes" cmp "$work/a" "$work/b"
"$mix" -n 5000 -s 4 -o "$work/c" "$pcaps/http.pcap.gz" "$pcaps/dns.pcap.gz" > "$work/out"
check "another seed, other bytes" exits 1 cmp -s "$work/a" "$work/c"
check "mixes a flood in" exits 0 "$mix" -n 1000 -f 500 -r 1000 -v 10.9.9.9 -o "$work/d" "$pcaps/dns.pcap.gz"
check "counts it on top" says ': 1500 packets, ' "$work/out"
check "leaves out what is not Ethernet" exits 0 "$mix" -o "$work/e" "$pcaps/link-raw.pcap.gz" "$pcaps/arp.pcap.gz"
check "says so" says 'link-raw.pcap.gz: left out: not Ethernet' "$work/err"
check "keeps what a cut file has" exits 0 "$mix" -o "$work/f" "$pcaps/format-us.cut.pcap"
gzip -dc "$pcaps/arp.pcap.gz" > "$work/arp"
head -c $((40 + $(od -An -tu4 -j32 -N4 "$work/arp"))) "$work/arp" > "$work/one"
check "goes on when inputs have no length" exits 0 timeout 20 "$mix" -n 3000 -o "$work/i" "$work/one"
check "with all packets" says ': 3000 packets, ' "$work/out"
check "refuses a missing file" exits 1 "$mix" -o "$work/g" "$work/none"
check "refuses a bad number" exits 2 "$mix" -n many -o "$work/h" "$pcaps/arp.pcap.gz"
