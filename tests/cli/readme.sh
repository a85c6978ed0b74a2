#!/bin/bash
# The session in the README is what the program prints today, but for speed and sizes.
. "$(dirname "$0")/../tap.sh"
cd "$TALLYMAN_SRC" || exit 1

sed -n '/^\$ build\/tallyman read/,/^```/p' README.md | sed '1d;$d' |
	grep -vE '^(read|log) ' >"$scratch/expected"
tallyman read pcaps/worm-propagation.pcap.gz -o "$scratch/audit" |
	grep -vE '^(read|log) ' >"$scratch/got"
[ -s "$scratch/expected" ] && diff -u "$scratch/expected" "$scratch/got" | sed 's/^/# /'
cmp -s "$scratch/expected" "$scratch/got"
ok $? "the summary in the README"

if command -v jq >/dev/null; then
	sed -n '/^```json/,/^```/p' README.md | sed '1d;$d' | jq -cS . >"$scratch/record"
	zcat "$scratch"/audit/*.gz | jq -cS . | grep -qxF -f "$scratch/record"
	ok $? "the record in the README"
else
	skip "the record in the README" "jq is not installed"
fi
finish
