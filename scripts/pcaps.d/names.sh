# Fixtures of make-pcaps: names, addresses and neighbours.

fixtures+=(
	"dns|r:c0|| dig against dnsmasq: A, AAAA, MX, SRV, TXT, PTR, CAA, NAPTR, CNAME, NXDOMAIN, over UDP, TCP and IPv6, EDNS, a truncated answer repeated over TCP, four queries in one connection"
	"mdns-llmnr|r:c0|| two avahi daemons announce and probe; dig asks over multicast; llmnrd answers llmnr-query"
	"dhcp|r:c0|| udhcpc takes, renews and releases a lease of dnsmasq"
	"arp|r:c0|| ARP: asked and answered, unanswered, gratuitous, duplicate address"
	"ipv6-nd|r:c0|| IPv6: router advertisements of dnsmasq, autoconfiguration with duplicate detection, neighbour discovery, MLD, ping6, HTTP"
)

ask()
{
	client dig +tries=1 +time=2 "$@"
}

record_dns()
{
	local q
	service_dns
	for q in 'A www.tally.test' 'AAAA www.tally.test' 'MX tally.test' 'SRV _ldap._tcp.tally.test' \
		'TXT tally.test' '-x 10.71.2.2' 'CAA tally.test' 'NAPTR tally.test' 'A shop.tally.test' \
		'A missing.tally.test' 'AAAA db.tally.test' 'A a.very.long.name.below.any.tally.test' \
		'HTTPS www.tally.test' 'ANY www.tally.test' 'CH TXT version.bind' 'A example.org'; do
		# each row is a list of words
		# shellcheck disable=SC2086
		ask @$S4 $q
	done
	ask @$S4 +noedns TXT long.tally.test
	ask @$S4 +bufsize=4096 TXT long.tally.test
	ask @$S4 +tcp A www.tally.test
	ask @$S4 +tcp +keepopen A www.tally.test MX tally.test TXT long.tally.test A missing.tally.test
	ask @$S6 AAAA www.tally.test
	ask @$S6 +tcp A shop.tally.test
	ask @$S4 +0x20 +dnssec +nsid +subnet=10.9.0.0/16 A WwW.tAlLy.TeSt
}

# avahi wants /run for itself; ip netns exec gives each its own mounts.
service_avahi()
{
	printf '[server]\nhost-name=%s\nallow-interfaces=%s\nenable-dbus=no\n[rlimits]\n' \
		"$2" "$3" > "$work/avahi-$1.conf"
	serve "$1" sh -c "mount -t tmpfs none /run && mkdir /run/avahi-daemon &&
		exec avahi-daemon -f $work/avahi-$1.conf --no-drop-root --no-chroot --no-rlimits"
}

record_mdns_llmnr()
{
	service_avahi c quayside eth0
	service_avahi r crane c0
	serve r llmnrd -6 -H crane -i c0
	sleep 4
	ask @224.0.0.251 -p 5353 A crane.local
	ask @$R4 -p 5353 -x $R4
	ask @224.0.0.251 -p 5353 A nobody.local
	client llmnr-query -I eth0 -c 1 crane
	client llmnr-query -I eth0 -c 1 -6 -T AAAA crane
	client llmnr-query -I eth0 -c 1 nobody
}

record_dhcp()
{
	local pid=$work/udhcpc.pid
	on c ip address flush dev eth0
	serve r dnsmasq -k -C /dev/null --port=0 --user=root --pid-file= --interface=c0 \
		--dhcp-range=10.71.1.100,10.71.1.120,2m --dhcp-option=option:dns-server,$R4 \
		--dhcp-option=option:domain-name,tally.test --dhcp-leasefile="$work/leases" \
		--dhcp-authoritative --no-ping
	cat > "$work/lease" <<-'END'
	#!/bin/sh
	case $1 in
	bound | renew) ip address replace $ip/24 dev $interface ;;
	deconfig) ip address flush dev $interface scope global ;;
	esac
	END
	chmod +x "$work/lease"
	sleep 0.5
	serve c udhcpc -f -i eth0 -x hostname:quayside -s "$work/lease" -R -p "$pid"
	sleep 2
	kill -USR1 "$(cat "$pid")"
	sleep 1
	kill -USR2 "$(cat "$pid")"
	sleep 0.5
}

record_arp()
{
	client ping -c 2 -i 0.2 $R4
	client arping -c 2 -I eth0 $R4
	client arping -c 2 -w 2 -I eth0 10.71.1.77
	client arping -U -c 2 -I eth0 $C4
	client arping -A -c 1 -I eth0 $C4
	client arping -D -c 1 -w 1 -I eth0 $R4
	client ping -c 1 -W 1 10.71.1.78
}

record_ipv6_nd()
{
	service_nginx
	serve r dnsmasq -k -C /dev/null --port=0 --user=root --pid-file= --interface=c0 \
		--enable-ra --dhcp-range=fd71:1::,ra-only,64,120
	on c ip link set eth0 down
	on c sysctl -qw net.ipv6.conf.eth0.accept_dad=1 net.ipv6.conf.eth0.accept_ra=2
	on c ip link set eth0 up
	sleep 4
	client ping -6 -c 2 -i 0.3 fd71:1::1
	client ping -6 -c 2 -i 0.3 $S6
	client ping -6 -c 1 -W 1 fd71:1::dead
	client ping -6 -c 2 -i 0.3 ff02::1%eth0
	client curl -g "http://[$S6]/a.txt" "http://[$S6]/missing"
}
