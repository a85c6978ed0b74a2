#!/bin/sh
# The schema, the program's records and names, and the documentation agree; the validator
# finds what is wrong, in the right line and member.
set -u
here=$TALLYMAN_SRC/tests/audit
schema=$TALLYMAN_SRC/docs/schema/event.schema.json
samples=$TALLYMAN_BUILD/tests/audit/sample_records
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

if ! /usr/bin/python3 -c 'import jsonschema' 2>/dev/null ||
	! perl -MMaxMind::DB::Writer::Tree -e 1 2>/dev/null; then
	echo "1..0 # SKIP needs python3-jsonschema and libmaxmind-db-writer-perl"
	exit 0
fi

n=0
# result STATUS NAME: a TAP line
result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' "$work/out"
	fi
}

# refused NAME PATTERN SED: the change makes the validator fail with the pattern
refused() {
	sed "$3" "$work/records" >"$work/changed"
	"$here/validate-records" "$schema" <"$work/changed" >"$work/out" 2>&1
	status=$?
	[ $status -eq 1 ] && grep -qF "$2" "$work/out"
	result $? "$1"
}

echo 1..15
"$here/make-places" "$work/places.mmdb" >"$work/out" 2>&1 &&
	"$samples" "$work/places.mmdb" >"$work/records" 2>"$work/out" &&
	"$samples" names >"$work/names"
result $? "samples are written"
# Everything of a place; coordinates rounded, bytes that JSON must escape.
head -1 "$work/records" >"$work/out"
grep -qF '"geo":{"src":{"country":"DE","country_name":"Germany","city":"Berlin","latitude":52.52,"longitude":-13.4,"asn":64500,"organisation":"Example \"Net\" München"},"dest":{"country":"DE"' \
	"$work/out"
result $? "places are shown"
"$here/validate-records" "$schema" <"$work/records" >"$work/out" 2>&1
result $? "every sample is valid"
jq -e 'type == "object"' "$work/records" >"$work/out" 2>&1
result $? "jq reads every sample"
"$here/check-schema" "$schema" "$work/names" "$work/records" \
	"$TALLYMAN_SRC/docs/log-format.md" >"$work/out" 2>&1
result $? "schema, program and documentation agree"

refused "a member that is not described" "line 2: .flow.colour: is not described" \
	'2s/"flow":{/"flow":{"colour":1,/'
refused "a wrong type" "line 3: .flow_id: '1'" '3s/"flow_id":[0-9]*/"flow_id":"1"/'
refused "a missing member" "line 4: .proto: is missing" '4s/"proto":"UDP",//'
refused "a value out of range" "line 4: .src_port: 70000" \
	'4s/"src_port":[0-9]*/"src_port":70000/'
refused "a member twice" "line 4: not JSON as it should be: twice the member ip_v" \
	'4s/"ip_v":4/"ip_v":4,"ip_v":4/'
refused "an unknown event type" "line 1: .event_type: 'flows'" \
	'1s/"event_type":"flow"/"event_type":"flows"/'
refused "a wrong element" ".queries[0].rrtype: 1 breaks type 'string'" \
	's/"rrtype":"A"}\],"size"/"rrtype":1}],"size"/'
refused "a line that is not JSON" "line 5: not JSON as it should be" '5s/}$//'
refused "an account that does not add up" ".stats.accounting: read is not the sum" \
	's/"read":1000/"read":1001/'
refused "reasons that do not add up" ".stats.accounting.not_ip: 70 is not the sum" \
	's/"reason":"arp","number":1,"frames":20/"reason":"arp","number":1,"frames":21/'
