# Fixtures of make-pcaps: encapsulations. VXLAN is the kernel's; GRE, Geneve and
# ERSPAN are Open vSwitch's, in user space; the rest is made by pcap-recode out of a recording.

fixtures+=(
	"vxlan|r:s0|| kernel VXLAN devices (VNI 71 on 4789, VNI 72 on 8472 over IPv6): ARP, ND, ping, HTTP, DNS inside"
	"ovs|r:c0|| ping and HTTP through tunnels of Open vSwitch: GRE with key, the same with 802.1Q inside, Geneve, VXLAN on port 4790, ERSPAN II and III"
	"openvpn|-|| an OpenVPN connection with ping and HTTP inside: on the wire, and on its tun device (link type RAW)"
	"encap|-|| the same short talk (DNS, HTTP, ping over IPv4 and IPv6) in every encapsulation of pcap-recode"
)

record_vxlan()
{
	service_nginx
	service_dns
	on c ip link add vx0 type vxlan id 71 local $C4 remote $S4 dstport 4789
	on s ip link add vx0 type vxlan id 71 local $S4 remote $C4 dstport 4789
	on c ip link add vx1 type vxlan id 72 local $C6 remote $S6 dstport 8472
	on s ip link add vx1 type vxlan id 72 local $S6 remote $C6 dstport 8472
	address c vx0 10.71.71.1/24 fd71:71::1/64
	address s vx0 10.71.71.2/24 fd71:71::2/64
	address c vx1 10.71.72.1/24 fd71:72::1/64
	address s vx1 10.71.72.2/24 fd71:72::2/64
	client ping -c 2 -i 0.3 10.71.71.2
	client ping -6 -c 2 -i 0.3 fd71:72::2
	client curl -s -H 'Host: www.tally.test' http://10.71.71.2/a.txt http://10.71.72.2/index.html
	client curl -s -g 'http://[fd71:71::2]/a.txt'
	ask @10.71.71.2 A www.tally.test
}

# ovs_node NS OWN GATEWAY: a switch of its own in namespace NS. Its bridge "far" gets the
# tunnels; the bridge "near", with the address OWN, takes eth0 as the way out.
ovs_node()
{
	local ns=$1 dir=$work/ovs-$1 own=$2 gateway=$3
	mkdir -p "$dir"
	rm -f "$dir"/*
	ovsdb-tool create "$dir/db" /usr/share/openvswitch/vswitch.ovsschema
	serve "$ns" env OVS_RUNDIR="$dir" ovsdb-server "$dir/db" --remote=punix:"$dir/sock" --log-file=/dev/null
	sleep 0.3
	serve "$ns" env OVS_RUNDIR="$dir" ovs-vswitchd unix:"$dir/sock" --log-file=/dev/null --disable-system
	vs "$ns" --no-wait init
	vs "$ns" add-br near -- set bridge near datapath_type=netdev -- add-port near eth0
	vs "$ns" add-br far -- set bridge far datapath_type=netdev
	on "$ns" ip address flush dev eth0
	on "$ns" ip link set near up
	on "$ns" ip address add "$own/24" dev near
	on "$ns" ip route add default via "$gateway"
	on "$ns" ip link set far up mtu 1400
}

vs()
{
	OVS_RUNDIR=$work/ovs-$1 timeout 20 ip netns exec "$tag-$1" ovs-vsctl --db=unix:"$work/ovs-$1/sock" "${@:2}"
}

# ovs_tunnel TYPE OPTIONS...: the same tunnel on both sides
ovs_tunnel()
{
	local side
	for side in "c $S4" "s $C4"; do
		vs "${side% *}" --if-exists del-port tun -- add-port far tun -- \
			set interface tun type="$1" options:remote_ip="${side#* }" "${@:2}"
	done
	sleep 1
}

through_tunnel()
{
	client ping -c 2 -i 0.3 -W 1 10.71.80.2
	client curl -s -m 5 http://10.71.80.2/a.txt
}

record_ovs()
{
	service_nginx
	ovs_node c $C4 $R4
	ovs_node s $S4 10.71.2.1
	on c ip address add 10.71.80.1/24 dev far
	on s ip address add 10.71.80.2/24 dev far
	on c ethtool -K far tx off > /dev/null
	on s ethtool -K far tx off > /dev/null
	client ping -c 1 $S4
	ovs_tunnel gre options:key=71
	through_tunnel
	vs c set port far tag=71
	vs s set port far tag=71
	through_tunnel
	ovs_tunnel geneve options:key=71
	through_tunnel
	ovs_tunnel vxlan options:key=73 options:dst_port=4790
	through_tunnel
	ovs_tunnel erspan options:key=71 options:erspan_ver=1 options:erspan_idx=5
	through_tunnel
	ovs_tunnel erspan options:key=71 options:erspan_ver=2 options:erspan_dir=1 options:erspan_hwid=4
	through_tunnel
}

service_openvpn()
{
	local print
	print=$(openssl x509 -in "$work/cert.pem" -noout -fingerprint -sha256 | cut -d= -f2)
	serve "$1" openvpn --dev tun --dev-node /dev/net/tun --proto udp --topology subnet --dh none \
		--cert "$work/cert.pem" --key "$work/key.pem" --peer-fingerprint "$print" --verb 1 "${@:2}"
}

record_openvpn()
{
	service_nginx
	recorder_start openvpn r:c0 ''
	service_openvpn s --tls-server --local $S4 --ifconfig 10.71.90.1 255.255.255.0
	sleep 0.5
	service_openvpn c --tls-client --remote $S4 --ifconfig 10.71.90.2 255.255.255.0
	for _ in $(seq 50); do
		on c ping -c 1 -W 1 10.71.90.1 > /dev/null 2>&1 && break
		sleep 0.1
	done
	recorder_start openvpn-inside s:tun0 ''
	client ping -c 2 -i 0.3 10.71.90.1
	client curl -s http://10.71.90.1/a.txt http://10.71.90.1/index.html
	recorder_stop
}

# The short talk that encapsulations and file formats are shown with.
talk()
{
	ask @$S4 A www.tally.test
	client ping -c 1 $S4
	client curl -s -H 'Host: www.tally.test' http://$S4/index.html
	ask @$S6 AAAA www.tally.test
	client ping -6 -c 1 $S6
	client curl -s -g -H 'Host: www.tally.test' "http://[$S6]/index.html"
}

record_encap()
{
	local kind to
	service_nginx
	service_dns
	sleep 1
	recorder_start encap-none r:c0 ''
	talk
	recorder_stop
	"$here/pcap-recode" --list | cut -d' ' -f1 | grep -v ^format- > "$work/kinds"
	while read -r kind; do
		case $kind in
		link-*) to=$kind ;;
		*) to=encap-$kind ;;
		esac
		"$here/pcap-recode" "$kind" "$work/out/encap-none.pcap" "$work/out/$to.pcap"
	done < "$work/kinds"
}
