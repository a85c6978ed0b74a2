# Fixtures of make-pcaps: ICMP and fragments.

fixtures+=(
	"icmp|r:c0|| ping, traceroute, port, host and protocol unreachable, fragmentation needed, administratively prohibited, timestamp; the same in ICMPv6; IPv4 options"
	"fragments|r:s0|| pings and UDP datagrams above the MTU, IPv4 and IPv6, DNS-sized; tiny fragments of nmap; trains that lack their first, middle or last fragment"
	"fragments-overlap|r:c0|| overlapping and repeated fragments of hping3"
)

record_icmp()
{
	on r ip link set s0 mtu 1280
	on r nft add table inet fence
	on r nft add chain inet fence forward '{ type filter hook forward priority 0; }'
	on r nft add rule inet fence forward udp dport 7001 reject with icmpx type admin-prohibited
	client ping -c 3 -i 0.3 $S4
	client ping -6 -c 3 -i 0.3 $S6
	client ping -c 1 -s 0 $S4
	client ping -c 2 -i 0.3 -p 74616c6c79 -s 200 $S4
	client ping -c 1 -W 1 -M 'do' -s 1400 $S4
	client ping -6 -c 2 -i 0.3 -W 1 -M 'do' -s 1400 $S6
	client ping -c 1 -W 1 -R $S4
	client ping -c 1 -W 1 -T tsandaddr $S4
	client ping -c 1 -W 1 -t 1 $S4
	client ping -c 1 -W 1 10.71.9.9
	client ping -c 1 -W 4 10.71.2.99
	client traceroute -n -q 1 -m 3 $S4
	client traceroute -6 -n -q 1 -m 3 $S6
	client traceroute -n -T -p 81 -q 1 -m 3 $S4
	local port
	for port in 7000 7001; do
		echo load | client_input socat -u - UDP4:$S4:$port
		echo load | client_input socat -u - "UDP6:[$S6]:$port"
	done
	client nmap -n -sn -PP --disable-arp-ping $S4
	client nmap -n -Pn -sO -p 1,4,99 --max-retries 0 $S4
}

datagram()
{
	head -c "$1" "$work/www/big.txt" | client_input socat -u -b 60000 - "$2"
}

record_fragments()
{
	service_nginx
	serve s socat -u UDP4-RECV:7000 /dev/null
	serve s socat -u UDP6-RECV:7000,ipv6only /dev/null
	sleep 0.3
	client ping -c 2 -i 0.3 -s 4000 $S4
	client ping -6 -c 2 -i 0.3 -s 4000 $S6
	client ping -c 1 -s 20000 $S4
	datagram 5000 UDP4:$S4:7000
	datagram 5000 "UDP6:[$S6]:7000"
	datagram 1473 UDP4:$S4:7000
	client nmap -n -Pn -sS -f -p 79,80 --max-retries 0 $S4
	client nmap -n -Pn -sS --mtu 16 -p 79,80 --max-retries 0 $S4
	lose_fragment '& 0x3fff == 0x2000'
	datagram 4000 UDP4:$S4:7000
	lose_fragment '& 0x1fff == 185'
	datagram 4000 UDP4:$S4:7000
	lose_fragment '& 0x3fff == 370'
	datagram 4000 UDP4:$S4:7000
}

# The router loses what the expression on flags and offset says, before the recorder.
lose_fragment()
{
	on r nft -f - <<-END
	table ip hole
	delete table ip hole
	table ip hole { chain forward { type filter hook forward priority 0;
		ip frag-off $1 drop;
	}; }
	END
}

# craft ID OFFSET SIZE MORE
craft()
{
	client hping3 -q -c 1 --udp -p 7000 -s 4000 -k -N "$1" -g "$2" -d "$3" ${4:+-x} $S4
}

record_fragments_overlap()
{
	craft 77 0 64 more
	craft 77 32 64 more
	craft 77 104 64
	craft 78 0 64 more
	craft 78 0 64 more
	craft 78 72 64
	craft 79 72 64
	craft 79 0 64 more
	craft 80 0 8 more
	craft 80 65528 64
}
