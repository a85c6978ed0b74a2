# Fixtures of make-pcaps: HTTP, TLS, QUIC, SSH and other applications.

fixtures+=(
	"http|r:c0|| curl and socat against nginx: keep-alive, pipelined requests, HEAD, POST, ranges, chunked and compressed answers, 100-continue, 301, 304, 400, 401, 404, 405, 503, HTTP/1.0, requests split over segments, other port, IPv6, h2c"
	"tls|r:c0|| openssl s_client and curl: TLS 1.2 and 1.3, SNI, ALPN, resumption, client certificate, refused versions and names"
	"quic|r:c0|| gtlsclient against gtlsserver: HTTP/3 over QUIC, version 1 and 2, IPv4 and IPv6"
	"ssh|r:c0|| ssh against sshd: a command, an unknown key and a password refused, compressed output on another port, no key exchange in common, IPv6"
	"apps|r:c0|| redis, memcached, MQTT, NTP, SNMP, syslog and TFTP"
)

web()
{
	client curl -s --resolve "www.tally.test:80:$S4" --resolve "www.tally.test:8080:$S4" \
		--resolve "www.tally.test:443:$S4" "$@"
}

# say HOST PORT: what comes in goes out raw, and the connection stays for the answer.
say()
{
	timeout 5 ip netns exec "$tag-c" socat -t1 - "TCP:$1:$2,nodelay" > /dev/null 2>&1 || true
}

request()
{
	printf '%s %s HTTP/1.1\r\nHost: www.tally.test\r\nUser-Agent: %s\r\n%s\r\n' \
		"$1" "$2" "${3:-socat}" "${4:-}"
}

record_http()
{
	local site=http://www.tally.test
	service_nginx
	web $site/ $site/a.txt $site/b.html $site/missing
	web -I $site/a.txt
	web --compressed -A 'quay browser/1.0' $site/b.html
	web -d 'name=crane&load=12' -e $site/form $site/echo
	web -H 'Expect: 100-continue' -d "$(page 60)" $site/echo
	web -r 100-299 $site/a.txt
	web -z '2038-01-01' $site/a.txt
	web $site/old $site/private $site/broken
	web -X DELETE $site/a.txt
	web -X OPTIONS $site/
	web -0 $site/a.txt
	web "$site:8080/a.txt?q=hello%20world&lang=de"
	client curl -g "http://[$S6]/a.txt"
	web --http2-prior-knowledge "http://$S4:8081/a.txt"
	web -u crane:secret -b id=1234 $site/index.html
	web -x "http://$S4:8080" http://proxied.tally.test/index.html
	{ request GET / && request GET /a.txt && request HEAD /b.html && request GET /missing; } | say $S4 80
	{ for part in 'GET /a.t' 'xt HT' $'TP/1.1\r' $'\nHost: www.ta' $'lly.test\r\n\r' $'\n'; do
		printf '%s' "$part"
		sleep 0.05
	done; } | say $S4 80
	printf 'this is no request\r\n\r\n' | say $S4 80
	{ request POST /echo socat $'Transfer-Encoding: chunked\r\n' && printf '4\r\nload\r\n3\r\n 12\r\n0\r\n\r\n'; } | say $S4 80
}

handshake()
{
	client openssl s_client -connect "$S4:$1" "${@:2}"
}

record_tls()
{
	local session=$work/session
	service_nginx
	serve s openssl s_server -accept 8443 -cert "$work/cert.pem" -key "$work/key.pem" -www \
		-alpn http/1.1 -Verify 1 -min_protocol TLSv1.2 -servername www.tally.test \
		-servername_fatal -cert2 "$work/cert.pem" -key2 "$work/key.pem"
	listening s 8443
	handshake 443 -tls1_2 -servername www.tally.test -alpn h2,http/1.1 -sess_out "$session"
	handshake 443 -tls1_2 -servername www.tally.test -sess_in "$session"
	handshake 443 -tls1_3 -servername api.tally.test -alpn h2
	handshake 443 -tls1_3 -groups P-384 -servername www.tally.test
	handshake 443 -noservername
	handshake 443 -tls1_1 -cipher DEFAULT:@SECLEVEL=0
	handshake 443 -tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305 -alpn postgresql
	handshake 8443 -tls1_3 -servername www.tally.test -cert "$work/cert.pem" -key "$work/key.pem"
	handshake 8443 -tls1_2 -servername www.tally.test
	handshake 8443 -tls1_2 -servername other.tally.test -cert "$work/cert.pem" -key "$work/key.pem"
	handshake 80 -tls1_3
	web -k https://www.tally.test/a.txt https://www.tally.test/missing
	web -k --http1.1 --tls-max 1.2 https://www.tally.test/b.html
	client curl -k -g "https://[$S6]/a.txt"
	web https://www.tally.test/
}

record_quic()
{
	service_nginx
	serve s gtlsserver -q -d "$work/www" '*' 4433 "$work/key.pem" "$work/cert.pem"
	sleep 1
	client gtlsclient -q --exit-on-all-streams-close --sni=www.tally.test $S4 4433 https://www.tally.test/a.txt
	client gtlsclient -q --exit-on-all-streams-close --sni=api.tally.test -n 2 $S4 4433 https://api.tally.test/index.html https://api.tally.test/b.html
	client gtlsclient -q --exit-on-all-streams-close -v 0x709a50c4 $S4 4433 https://www.tally.test/a.txt
	client gtlsclient -q --exit-on-all-streams-close --sni=www.tally.test $S6 4433 https://www.tally.test/index.html
}

shell()
{
	client ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes "$@"
}

record_ssh()
{
	service_sshd 22
	service_sshd 2222
	shell -i "$work/ssh/user" root@$S4 'echo hello; uname; sleep 0.3; echo bye'
	shell -i "$work/ssh/stranger" root@$S4 true
	shell -i "$work/ssh/stranger" -o PreferredAuthentications=password nobody@$S4 true
	shell -i "$work/ssh/user" -p 2222 -C -c aes128-ctr -m hmac-sha2-256 root@$S4 "cat $work/ssh/host.pub; head -c 20000 /dev/zero"
	shell -i "$work/ssh/user" -o KexAlgorithms=diffie-hellman-group1-sha1 root@$S4 true
	shell -i "$work/ssh/user" root@"$S6" id
}

record_apps()
{
	service_stores
	local order
	for order in 'SET crane 12' 'LPUSH queue a b c' 'LRANGE queue 0 -1' 'INFO clients' 'BADCMD'; do
		# each row is a list of words
		# shellcheck disable=SC2086
		client redis-cli -h $S4 $order
	done
	printf 'set load 0 60 2\r\n12\r\nget load\r\nstats\r\nquit\r\n' | say $S4 11211
	serve c mosquitto_sub -h $S4 -t 'crane/#' -C 3 -q 1 -i watcher
	sleep 0.3
	client mosquitto_pub -h $S4 -t crane/1 -m lifted -q 0
	client mosquitto_pub -h $S4 -t crane/2 -m lowered -q 1 -i driver
	client mosquitto_pub -h $S4 -t crane/3 -m parked -q 2 -r
	printf 'local stratum 8\nallow\ncmdport 0\npidfile %s/chrony.pid\nbindcmdaddress /\n' "$work" > "$work/chrony.conf"
	serve s chronyd -d -x -u root -f "$work/chrony.conf"
	printf 'rocommunity quay\nsysdescr crane controller\nsysname crane\nagentaddress udp:%s:161\n' $S4 > "$work/snmpd.conf"
	serve s snmpd -f -C -c "$work/snmpd.conf" -Lf /dev/null -I -smux,mteTrigger,mteTriggerConf -p "$work/snmpd.pid"
	serve s socat -u UDP-RECV:514 /dev/null
	mkdir -p "$work/tftp" && page 30 > "$work/tftp/boot.txt"
	serve s dnsmasq -k -C /dev/null --port=0 --user=root --pid-file= --enable-tftp --tftp-root="$work/tftp" --tftp-no-fail
	listening s 161 -u
	listening s 69 -u
	client chronyd -Q -t 3 -x -u root "server $S4 iburst maxsamples 2" "pidfile $work/c.pid"
	client snmpget -v2c -c quay -t 1 $S4 SNMPv2-MIB::sysDescr.0 .1.3.6.1.2.1.1.5.0
	client snmpget -v1 -c wrong -t 1 -r 0 $S4 .1.3.6.1.2.1.1.5.0
	client logger -n $S4 -P 514 -d -t crane 'load lifted'
	client curl -s "tftp://$S4/boot.txt"
	client curl -s "tftp://$S4/absent"
}
