# Fixtures of make-pcaps: what TCP, UDP and SCTP do on good and on bad days.

fixtures+=(
	"tcp-loss|r:c0|| an upload and a download while the router drops every 23rd and every 31st segment behind, or before, the recorder: retransmissions, SACK, gaps that fill"
	"tcp-reorder|r:c0|| a download over two links of different speed: segments out of order, duplicate ACKs"
	"tcp-states|r:c0|| refused, unanswered, reset, half-closed, closed while data is unread, zero window, keep-alive probes, data after the reader left"
	"tcp-midstream|-|| the recording begins in the middle of a connection and ends before it does"
	"tcp-one-way|r:c0|src host $S4| HTTP and DNS, of which only the server's packets were seen"
	"scans|r:c0|| nmap: SYN, connect, FIN, NULL, Xmas, ACK, UDP, protocol and SCTP scans of one host, a ping sweep"
	"sctp|r:c0|| SCTP between user-space stacks (usrsctp): daytime, echo, discard, a port nobody serves"
	"udplite-multicast|r:c0|| UDP-Lite datagrams, IGMP and MLD joins, multicast and broadcast UDP"
)

# The rules see a packet after the recorder on the way in, before it on the way out.
record_tcp_loss()
{
	service_nginx
	serve s socat -u TCP-LISTEN:9000,fork,reuseaddr OPEN:/dev/null
	listening s 9000
	on r nft -f - <<-END
	table ip lossy {
		chain forward { type filter hook forward priority 0;
			tcp dport 9000 meta length > 400 numgen inc mod 23 3 drop
			tcp sport 80 meta length > 400 numgen inc mod 31 5 drop
		}
	}
	END
	page 4000 > "$work/upload"
	quiet ip netns exec "$tag-c" socat -u OPEN:"$work/upload" TCP:$S4:9000
	web http://www.tally.test/big.txt
}

# One in seven segments of the server takes the slow link; the delay of that
# link is the queue of a token bucket.
record_tcp_reorder()
{
	service_nginx
	on s ip route add default via 10.71.3.1 table 7
	on s ip rule add fwmark 7 lookup 7
	on s tc qdisc add dev eth1 root tbf rate 20mbit burst 1600 latency 300ms
	on s nft -f - <<-END
	table ip split {
		chain output { type route hook output priority -150;
			tcp sport 80 meta length > 400 numgen inc mod 7 3 meta mark set 7
		}
	}
	END
	web http://www.tally.test/big.txt
}

tcp_python()
{
	timeout 20 ip netns exec "$tag-c" /usr/bin/env python3 -c "
import socket, struct, time
def go(port):
    s = socket.create_connection(('$S4', port), 3)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s
$1" || true
}

record_tcp_states()
{
	serve s socat TCP-LISTEN:9001,fork,reuseaddr EXEC:cat
	serve s socat -u TCP-LISTEN:9002,fork,reuseaddr,rcvbuf=4096 EXEC:'sleep 5'
	serve s socat TCP-LISTEN:9003,fork,reuseaddr SYSTEM:'echo welcome; sleep 0.5'
	listening s 9001
	listening s 9002
	listening s 9003
	on r nft add table ip deaf
	on r nft add chain ip deaf forward '{ type filter hook forward priority 0; }'
	on r nft add rule ip deaf forward tcp dport 9009 drop
	on r nft add rule ip deaf forward tcp dport 9010 reject with icmp type admin-prohibited
	on r nft add rule ip deaf forward tcp dport 9011 reject with tcp reset
	client socat -u /dev/null TCP:$S4:9099
	client socat -u /dev/null TCP:$S4:9009,connect-timeout=4
	client socat -u /dev/null TCP:$S4:9010,connect-timeout=2
	client socat -u /dev/null TCP:$S4:9011
	tcp_python "s = go(9001); s.sendall(b'one load'); s.recv(99)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); s.close()"
	tcp_python "s = go(9001); s.sendall(b'half a load'); s.shutdown(socket.SHUT_WR)
while s.recv(99): pass"
	tcp_python "s = go(9003); time.sleep(0.2); s.close()"
	tcp_python "s = go(9001); s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1); s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
time.sleep(3.2); s.close()"
	tcp_python "s = go(9002); s.setblocking(False); n = 0; end = time.time() + 3
while time.time() < end:
    try: n += s.send(b'x' * 8192)
    except BlockingIOError: time.sleep(0.05)
s.close()"
	tcp_python "s = go(9003); s.sendall(b'early'); time.sleep(1)
try: s.sendall(b'late'); time.sleep(0.2); s.sendall(b'too late')
except OSError: pass"
	tcp_python "s = go(9001); s.send(b'!', socket.MSG_OOB); s.sendall(b'urgent or not'); s.recv(99); s.close()"
}

record_tcp_midstream()
{
	serve s socat TCP-LISTEN:9001,fork,reuseaddr EXEC:cat
	listening s 9001
	{ for i in $(seq 20); do echo "load $i" && sleep 0.1; done; } |
		timeout 10 ip netns exec "$tag-c" socat -t2 - TCP:$S4:9001,nodelay > /dev/null &
	sleep 0.5
	recorder_start tcp-midstream r:c0 ''
	sleep 0.6
	recorder_stop
	wait $!
}

record_tcp_one_way()
{
	service_nginx
	service_dns
	ask @$S4 A www.tally.test
	ask @$S4 A missing.tally.test
	web http://www.tally.test/a.txt http://www.tally.test/b.html
	client socat -u /dev/null TCP:$S4:9099
}

record_scans()
{
	service_nginx
	service_dns
	local scan="nmap -n -Pn --max-retries 1 --host-timeout 20s -T4"
	# the command is a list of words
	# shellcheck disable=SC2086
	{
		client $scan -sS -p 1-60,80,443,8080 $S4
		client $scan -sT -p 21,22,23,25,80,443,3306 $S4
		client $scan -sF -p 70-84 $S4
		client $scan -sN -p 70-84 $S4
		client $scan -sX -p 70-84 $S4
		client $scan -sA -p 80-84 $S4
		client $scan -sU -p 53,67,123,161,514 $S4
		client $scan -sO -p 1,2,6,17,47,132 $S4
		client $scan -sY -p 80,3868 $S4
		client $scan -sZ -p 80,3868 $S4
		client $scan -6 -sS -p 20-30,80 $S6
	}
	client nmap -n -sn -PE -PP -PM -PS80 -PA80 --max-retries 0 10.71.2.1-12
}

record_sctp()
{
	local bin=/usr/lib/usrsctp
	serve s $bin/daytime_server
	serve s $bin/echo_server
	serve s $bin/discard_server
	sleep 1
	printf 'load 12\nload 13\n' > "$work/words"
	local port
	for port in 13 7 9 77; do
		(sleep 0.5; cat "$work/words"; sleep 1) |
			timeout 4 ip netns exec "$tag-c" $bin/client $S4 $port > /dev/null 2>&1 || true
	done
	(sleep 0.5; cat "$work/words"; sleep 1) |
		timeout 4 ip netns exec "$tag-c" $bin/client $S6 7 > /dev/null 2>&1 || true
}

record_udplite_multicast()
{
	serve r socat -u UDP4-RECV:5000,ip-add-membership=239.71.1.1:c0 /dev/null
	serve r socat -u UDP6-RECV:5001,ipv6-join-group=[ff15::71]:c0 /dev/null
	sleep 1.5
	timeout 10 ip netns exec "$tag-c" /usr/bin/env python3 -c "
import socket
for family, to in ((socket.AF_INET, '$R4'), (socket.AF_INET6, '$R6')):
    a = socket.socket(family, socket.SOCK_DGRAM, 136)
    for coverage in (0, 8, 20):
        a.setsockopt(136, 10, coverage)    # UDPLITE_SEND_CSCOV
        a.sendto(b'a load of udp-lite, in part unprotected', (to, 5002))
group = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
group.sendto(b'load', ('ff15::71', 5001, 0, socket.if_nametoindex('eth0')))
"
	echo load | client_input socat -u - UDP4-DATAGRAM:239.71.1.1:5000,ip-multicast-if=$C4
	echo load | client_input socat -u - UDP4-DATAGRAM:10.71.1.255:5000,broadcast
	echo load | client_input socat -u - UDP4-DATAGRAM:255.255.255.255:5000,broadcast,so-bindtodevice=eth0
	sleep 1
}

client_input()
{
	timeout 5 ip netns exec "$tag-c" "$@" > /dev/null 2>> "$work/client.log" || true
}
