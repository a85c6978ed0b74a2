# Compares two dissections of one capture, line by line: tshark's fields (names in
# `fields`, several values of a field joined by commas), then those of packet_dump.
# Prints each disagreement, and at the end how many packets were compared.
#
# Where a packet is in a packet, the decoder tells of the innermost, tshark of all; an
# ICMP error's quoted packet is the last in tshark's lists and is taken off first.
BEGIN {
	FS = "\t"
	n_theirs = split(fields, theirs, " ")
	split("0 1 2 3 4 5 6 7 8 9 a b c d e f", digits, " ")
	for (i = 1; i <= 16; i++)
		digit[digits[i]] = i - 1
}

function number(text,    value, i) {
	if (substr(text, 1, 2) != "0x")
		return text + 0
	for (i = 3; i <= length(text); i++)
		value = value * 16 + digit[tolower(substr(text, i, 1))]
	return value
}

# The last value of a field of tshark's, after `drop` values are taken off its end. What
# an error quotes may have a packet inside as well, and so may a tunnel packet that is a
# fragment, into which the decoder does not look.
function last(name, drop,    n, list) {
	n = split(t[name], list, ",") - drop
	if ((drop || o["more"]) && o["tunnels"] == "" && n > 1)
		n = 1
	return n > 0 ? list[n] : ""
}

function first(name,    list) {
	return split(t[name], list, ",") > 0 ? list[1] : ""
}

function wrong(what, their, our) {
	if (++shown <= 8)
		printf "# packet %s: %s: tshark %s, here %s\n", o["number"], what, their, our
	bad = 1
}

function same(what, their, our) {
	if (their != "" && number(their) != number(our))
		wrong(what, their, our)
}

function same_text(what, their, our) {
	if (their != our)
		wrong(what, their, our)
}

function compare_ip(quoted) {
	if (o["src"] ~ /:/) {
		same_text("source", last("ipv6.src", quoted), o["src"])
		same_text("destination", last("ipv6.dst", quoted), o["dst"])
		same("hop limit", last("ipv6.hlim", quoted), o["ttl"])
		if (last("ipv6.plen", quoted) > 0 && o["anomalies"] !~ /ip.truncated/)
			same("length", last("ipv6.plen", quoted) + 40, o["l3_len"])
		return
	}
	same_text("source", last("ip.src", quoted), o["src"])
	same_text("destination", last("ip.dst", quoted), o["dst"])
	same("ttl", last("ip.ttl", quoted), o["ttl"])
	same("fragment offset", last("ip.frag_offset", quoted) * 8, o["frag_offset"])
	same("more fragments", last("ip.flags.mf", quoted), o["more"])
	if (last("ip.len", quoted) > 0 && o["anomalies"] !~ /ip.truncated/)
		same("length", last("ip.len", quoted), o["l3_len"])
	if (last("ip.proto", quoted) != 51)
		same("protocol", last("ip.proto", quoted), o["proto"])
}

function compare_ports(name) {
	same("source port", last(name ".srcport", 0), o["sport"])
	same("destination port", last(name ".dstport", 0), o["dport"])
}

function compare_tcp() {
	compare_ports("tcp")
	same("sequence number", last("tcp.seq_raw", 0), o["tcp_seq"])
	same("acknowledgement", last("tcp.ack_raw", 0), o["tcp_ack"])
	same("window", last("tcp.window_size_value", 0), o["tcp_window"])
	same("flags", number(last("tcp.flags", 0)) % 256, o["tcp_flags"])
	same("mss", last("tcp.options.mss_val", 0), o["tcp_mss"])
	same("payload", last("tcp.len", 0), o["payload_len"])
}

function compare_icmp(name, id, quoted) {
	same("type", first(name ".type"), o["icmp_type"])
	same("code", first(name ".code"), o["icmp_code"])
	if (!quoted) {
		same("id", first(id), o["icmp_id"])
		return
	}
	if (o["quote_sport"] == o["quote_dport"])
		return
	if (t["tcp.srcport"] != "")
		same("quoted port", last("tcp.srcport", 0), o["quote_sport"])
	else
		same("quoted port", last("udp.srcport", 0), o["quote_sport"])
}

function compare_l4(quoted) {
	if (o["proto"] == 6)
		compare_tcp()
	else if (o["proto"] == 17) {
		compare_ports("udp")
		if (o["frag_offset"] == 0 && o["anomalies"] !~ /udp.length/ &&
		    number(last("udp.length", 0)) >= 8 && !o["more"])
			same("payload", last("udp.length", 0) - 8, o["payload_len"])
	} else if (o["proto"] == 132)
		compare_ports("sctp")
	else if (o["proto"] == 1)
		compare_icmp("icmp", "icmp.ident", quoted)
	else if (o["proto"] == 58)
		compare_icmp("icmpv6", "icmpv6.echo.identifier", quoted)
}

function compare_vlans(    list, n, i, text) {
	n = split(t["ieee8021ad.id"] "," t["vlan.id"], list, ",")
	for (i = 1; i <= n; i++)
		if (list[i] != "" && list[i] != 0)
			text = text (text == "" ? "" : ",") list[i]
	if (o["anomalies"] !~ /vlan.depth/)
		same_text("vlans", text, o["vlans"])
}

# Every identifier must be among tshark's.
function compare_tunnels(    list, n, i, part, values, k, m, found) {
	n = split(o["tunnels"], list, ",")
	for (i = 1; i <= n; i++) {
		split(list[i], part, ":")
		if (!(part[1] in identifier) || (part[1] == "gre" && part[2] == 0))
			continue
		found = 0
		m = split(t[identifier[part[1]]], values, ",")
		for (k = 1; k <= m; k++)
			if (number(values[k]) == part[2])
				found = 1
		if (!found)
			wrong("tunnel", t[identifier[part[1]]], list[i])
	}
}

NR == 1 {
	identifier["vxlan"] = "vxlan.vni"
	identifier["geneve"] = "geneve.vni"
	identifier["gre"] = "gre.key"
	identifier["mpls"] = "mpls.label"
	identifier["pppoe"] = "pppoe.session_id"
	identifier["gtpu"] = "gtp.teid"
	identifier["erspan2"] = identifier["erspan3"] = "erspan.spanid"
	for (i = n_theirs + 1; i <= NF; i++)
		ours[i] = $i
	next
}

{
	for (i = 1; i <= n_theirs; i++)
		t[theirs[i]] = $i
	for (i = n_theirs + 1; i <= NF; i++)
		o[ours[i]] = $i
	bad = 0
	packets++
	quoted = o["quote_src"] != "" ? 1 : 0
	if (t["frame.number"] != o["number"])
		wrong("number", t["frame.number"], o["number"])
	if (o["result"] == "ip") {
		compare_ip(quoted)
		if (o["has_l4"])
			compare_l4(quoted)
		compare_vlans()
		compare_tunnels()
	} else if (o["reason"] == "arp") {
		same("operation", last("arp.opcode", 0), o["reason_number"])
		compare_vlans()
	} else if (o["result"] == "not_ip" && (t["ip.src"] != "" || t["ipv6.src"] != ""))
		wrong("result", "IP", o["reason"] " " o["reason_number"])
	wrongs += bad
}

END {
	printf "# %d packets compared, %d differ\n", packets, wrongs
	exit wrongs > 0 || packets == 0
}
