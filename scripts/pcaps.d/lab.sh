# The laboratory of make-pcaps: three namespaces, a recorder, and the end of both.
#
#	client c ---- c0 router r s0 ---- server s
#	              10.71.1.0/24        10.71.2.0/24
#	              fd71:1::/64         fd71:2::/64
#
# The first address of each network is the router's, the second the host's. A
# second, slow link between router and server (s1) is there for reordering.
# The laboratory is built anew for each file, so that no file holds leftovers of
# another.

C4=10.71.1.2 R4=10.71.1.1 S4=10.71.2.2
C6=fd71:1::2 R6=fd71:1::1 S6=fd71:2::2
tag=tmp$$
work='' out=''
jobs_started=()
recorders=()

# Tool, and the Debian package that has it.
tools="ip:iproute2 nft:nftables tc:iproute2 ethtool:ethtool tcpdump:tcpdump
	dumpcap:wireshark-common editcap:wireshark-common mergecap:wireshark-common
	capinfos:wireshark-common python3:python3 gzip:gzip curl:curl socat:socat
	nginx:nginx-light dnsmasq:dnsmasq dig:bind9-dnsutils udhcpc:udhcpc
	avahi-daemon:avahi-daemon llmnrd:llmnrd llmnr-query:llmnrd
	openssl:openssl sshd:openssh-server ssh:openssh-client
	ssh-keygen:openssh-client gtlsserver:ngtcp2-server gtlsclient:ngtcp2-client
	redis-server:redis-server redis-cli:redis-tools mosquitto:mosquitto
	mosquitto_pub:mosquitto-clients mosquitto_sub:mosquitto-clients
	memcached:memcached chronyd:chrony snmpd:snmpd snmpget:snmp
	logger:bsdutils ping:iputils-ping arping:iputils-arping
	traceroute:traceroute nmap:nmap hping3:hping3 openvpn:openvpn
	ovs-vswitchd:openvswitch-switch ovsdb-server:openvswitch-switch
	/usr/lib/usrsctp/client:libusrsctp-examples"

need_root()
{
	if [ "$(id -u)" -ne 0 ]; then
		echo "make-pcaps: needs root, for network namespaces and captures" >&2
		exit 1
	fi
}

need_tools()
{
	local t missing=()
	PATH=$PATH:/usr/sbin:/sbin
	for t in $tools; do
		command -v "${t%:*}" > /dev/null || missing+=("$t")
	done
	[ ${#missing[@]} -eq 0 ] && return
	echo "make-pcaps: these tools are missing (tool: package):" >&2
	printf '  %s\n' "${missing[@]/:/: }" >&2
	printf 'apt-get install %s\n' "$(printf '%s\n' "${missing[@]#*:}" | sort -u | xargs)" >&2
	exit 1
}

# on NS COMMAND...: runs it inside namespace c, r or s.
on()
{
	local ns=$1
	shift
	ip netns exec "$tag-$ns" "$@"
}

# serve NS COMMAND...: starts it in the background; it is ended by lab_down.
serve()
{
	local ns=$1
	shift
	ip netns exec "$tag-$ns" "$@" >> "$work/serve.log" 2>&1 &
	jobs_started+=($!)
}

# quiet COMMAND...: a client whose answer does not matter, bounded in time.
quiet()
{
	timeout 20 "$@" > /dev/null 2>> "$work/client.log" < /dev/null || true
}

# client COMMAND...: the same, in the client's namespace.
client()
{
	quiet ip netns exec "$tag-c" "$@"
}

# listening NS PORT [-u]: waits until something listens there.
listening()
{
	local i
	for i in $(seq 100); do
		if on "$1" ss -Hln ${3:--t} "sport = :$2" | grep -q .; then
			return
		fi
		sleep 0.05
	done
	echo "make-pcaps: nothing listens on port $2 of $1; see the log:" >&2
	tail -5 "$work/serve.log" >&2
	exit 1
}

link()
{
	local left=$1 right=$2 leftif=$3 rightif=$4
	ip link add "$leftif" netns "$tag-$left" type veth peer name "$rightif" netns "$tag-$right"
	on "$left" ethtool -K "$leftif" tx off gso off tso off gro off > /dev/null
	on "$right" ethtool -K "$rightif" tx off gso off tso off gro off > /dev/null
}

# address NS IF V4/LEN V6/LEN
address()
{
	on "$1" ip link set "$2" up
	on "$1" ip address add "$3" dev "$2"
	on "$1" ip address add "$4" dev "$2" nodad
}

lab_up()
{
	local ns
	jobs_started=()
	for ns in c r s; do
		ip netns add "$tag-$ns"
		on $ns sysctl -qw net.ipv6.conf.all.accept_dad=0 \
			net.ipv6.conf.default.accept_dad=0 \
			net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
			net.ipv4.ping_group_range='0 0'
		on $ns ip link set lo up
	done
	on r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	link c r eth0 c0
	link s r eth0 s0
	link s r eth1 s1
	on c ip link set eth0 address 02:71:01:00:00:02
	on r ip link set c0 address 02:71:01:00:00:01
	on r ip link set s0 address 02:71:02:00:00:01
	on s ip link set eth0 address 02:71:02:00:00:02
	address c eth0 $C4/24 $C6/64
	address r c0 $R4/24 $R6/64
	address r s0 10.71.2.1/24 fd71:2::1/64
	address s eth0 $S4/24 $S6/64
	address r s1 10.71.3.1/24 fd71:3::1/64
	address s eth1 10.71.3.2/24 fd71:3::2/64
	on c ip route add default via $R4
	on c ip -6 route add default via $R6
	on s ip route add default via 10.71.2.1
	on s ip -6 route add default via fd71:2::1
	printf '%s www.tally.test\n%s www.tally.test\n' $S4 $S6 > "$work/hosts"
}

# The processes inside the namespaces are the ones that this script started.
lab_down()
{
	local ns pid
	for ns in c r s; do
		for pid in $(ip netns pids "$tag-$ns" 2> /dev/null); do
			kill "$pid" 2> /dev/null || true
		done
	done
	for pid in "${jobs_started[@]}"; do
		wait "$pid" 2> /dev/null || true
	done
	for ns in c r s; do
		ip netns delete "$tag-$ns" 2> /dev/null || true
	done
}

cleanup()
{
	lab_down
	if [ -n "$work" ]; then
		rm -rf "$work"
	fi
}

# recorder_start NAME NS:IF OPTIONS: tcpdump, and wait until it hears. Several may run.
recorder_start()
{
	local log="$work/tcpdump-$1.log" i
	# OPTIONS is a list of words, and the filter is one of them
	# shellcheck disable=SC2086
	ip netns exec "$tag-${2%%:*}" tcpdump -Z root -n -U --immediate-mode -i "${2#*:}" \
		-w "$work/out/$1.pcap" $3 2> "$log" &
	recorders+=($!)
	for i in $(seq 100); do
		grep -q 'listening on' "$log" && return
		sleep 0.05
	done
	echo "make-pcaps: tcpdump does not start:" >&2
	cat "$log" >&2
	exit 1
}

# A recorder that is interrupted leaves what it has not read yet: first the files must
# have stopped growing.
recorder_stop()
{
	local pid before='' now i
	for i in $(seq 20); do
		sleep 0.5
		now=$(stat -c %s "$work/out/"* | xargs)
		[ "$now" = "$before" ] && break
		before=$now
	done
	for pid in "${recorders[@]}"; do
		kill -INT "$pid"
		wait "$pid" || true
	done
	recorders=()
}
