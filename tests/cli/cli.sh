#!/bin/bash
# What people meet: help, usage errors, summaries, exit statuses, files that are not right.
. "$(dirname "$0")/../tap.sh"
need jq
capture=$(ls "$TALLYMAN_SRC"/pcaps/*.pcap* | head -n 1)
other=$(ls "$TALLYMAN_SRC"/pcaps/*.pcap* | sed -n 2p)

# fails NAME STATUS PATTERN ARG...: exit status, and a message that matches on stderr
fails() {
	local name=$1 status=$2 pattern=$3
	shift 3
	tallyman "$@" >"$scratch/out" 2>"$scratch/err"
	is $? "$status" "$name: exit status"
	grep -qE -- "$pattern" "$scratch/err"
	ok $? "$name: message"
	sed 's/^/# /' "$scratch/err" | head -n 3
}

tallyman --help | grep -q 'read .*audit capture files'
ok $? "--help lists the verbs"
tallyman --version | grep -qE '^tallyman [0-9.]+ \(nDPI '
ok $? "--version names the protocol library"
tallyman read --help | grep -q -- '--output DIR'
ok $? "read --help lists the options"
[ "$(tallyman read --help | wc -L)" -le 80 ]
ok $? "read --help fits a terminal"

fails "no verb" 2 'usage: tallyman'
fails "unknown verb" 2 "unknown verb 'fly'" fly
fails "no file" 2 'no capture file' read
fails "unknown option" 2 "unknown option '--colour'" read --colour x
fails "missing value" 2 "a value is missing behind '-o'" read x -o
fails "number out of range" 2 "expected a whole number from 1 to 8" read -j 9 "$capture"
fails "wrong time" 2 'expected a time, such as' read --since yesterday "$capture"
fails "wrong timeout" 2 'expected KIND=DURATION' read --timeout tcp=5 "$capture"
fails "wrong filter" 1 'filter' read -f 'tcp prot 80' "$capture"
fails "missing file" 1 'does-not-exist.*No such file' read does-not-exist
fails "missing MMDB" 1 'nowhere.mmdb' read --geo nowhere.mmdb "$capture"
fails "log into a file" 1 'cli.sh' read -q -o "$0" "$capture"

printf 'neither pcap nor anything' >"$scratch/text.pcap"
fails "not a capture" 1 'text.pcap' read "$scratch/text.pcap"
tallyman read --json -o "$scratch/mixed" "$scratch/text.pcap" "$capture" \
	>"$scratch/json" 2>/dev/null
is $? 1 "one bad file of two: exit status"
is "$(jq '.damaged_files, (.packets.read > 0)' "$scratch/json" | tr '\n' ' ')" \
	"1 true " "one bad file of two: the other one is read"

tallyman read -q -o "$scratch/log" "$capture" >"$scratch/out" 2>"$scratch/err"
is "$?,$(cat "$scratch/out" "$scratch/err")" "0," "--quiet says nothing"
is "$(zcat "$scratch"/log/*.gz | jq -r .event_type | tail -n 1)" stats \
	"the log ends with the account"
fails "a log in the way" 1 'already holds' read -q -o "$scratch/log" "$other"

tallyman read --json "$capture" >"$scratch/json"
jq -e '.packets.read == .packets.in_flows + .packets.untracked + .packets.not_ip
	+ .packets.malformed and .files == 1 and .interrupted == false' \
	"$scratch/json" >/dev/null
ok $? "--json adds up"
tallyman read "$capture" >"$scratch/summary"
for word in '^read ' '^time span' '^packets' '^flows' '^protocol ' '^talker'; do
	grep -q "$word" "$scratch/summary"
	ok $? "the summary has '$word'"
done
tallyman read -o - "$capture" 2>"$scratch/err" | jq -es 'length > 0' >/dev/null
ok $? "-o - writes records to standard output"
grep -q '^read ' "$scratch/err"
ok $? "and the summary to standard error"

is "$(cat "$capture" | tallyman read -q -o - - | md5sum)" \
	"$(tallyman read -q -o - "$capture" | md5sum)" "standard input gives the same records"

# nothing in range is no failure
tallyman read --json --since 2100-01-01 "$capture" | jq -e '.packets.read == 0' >/dev/null
ok $? "an empty time range is an empty result"
tallyman read -q -o - "$capture" >/dev/full 2>"$scratch/err"
is $? 1 "a full standard output: exit status"
grep -qi 'no space' "$scratch/err"
ok $? "a full standard output: message"
finish
