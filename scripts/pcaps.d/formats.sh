# Fixtures of make-pcaps: one talk in every file format, link type and state of repair
# that capture files come in.

fixtures+=(
	"format|-|| the short talk, recorded at once with ns resolution, on the any device (SLL and SLL2), snapped to 96 bytes, over nflog, and by dumpcap from two interfaces of different link types; then as pcapng with comments, in big-endian order, as several sections, cut off"
	"offload|-|| a download with segmentation and checksum offload on: frames above the MTU and unfinished checksums, snapped to 200 bytes"
	"loopback|s:lo|| HTTP and DNS between 127.0.0.1 and itself, and over ::1"
	"capture-loss|-|| an HTTP download of which the recorder lost frames that the hosts received"
)

details+=(
	[format-us.pcap.gz]="the short talk: pcap, microseconds"
	[format-ns.pcap.gz]="the short talk: pcap, nanoseconds"
	[format-snap96.pcap.gz]="the short talk, 96 bytes of each packet"
	[format-ng.pcapng.gz]="format-ns as pcapng by editcap, with comments on packets 3 and 5"
	[format-ng-be.pcapng.gz]="format-ns as big-endian pcapng with an interface name and a resolution option"
	[format-two-links.pcapng.gz]="the short talk by dumpcap from c0 (Ethernet) and any (SLL): two interfaces in one file"
	[format-sections.pcapng.gz]="format-two-links, format-ng-be and format-ng one after the other: three sections"
	[format-us.cut.pcap]="format-us, cut off after 3001 bytes, not compressed"
	[format-ng.cut.pcapng]="format-ng, cut off after 3003 bytes, not compressed"
	[format-gz.cut.pcap.gz]="format-us, of whose compressed form the first 1003 bytes are left"
	[link-any-sll.pcap.gz]="the short talk on the any device of the router, link type LINUX_SLL: each packet in and out"
	[link-any-sll2.pcap.gz]="the same with LINUX_SLL2, nanoseconds"
	[link-nflog.pcap.gz]="the short talk over netfilter's log, link type NFLOG, forwarded packets only"
	[openvpn.pcap.gz]="an OpenVPN connection on the wire"
	[openvpn-inside.pcap.gz]="ping and HTTP inside it: its tun device, link type RAW"
	[encap-none.pcap.gz]="the short talk that the other encap files are made of: DNS, ping and HTTP over IPv4 and IPv6"
)

recorder_dumpcap()
{
	ip netns exec "$tag-r" dumpcap -q -i c0 -i any -w "$work/out/format-two-links.pcapng" -f 'not ip6 multicast' \
		2> "$work/dumpcap.log" > /dev/null &
	recorders+=($!)
	sleep 1
}

record_format()
{
	local o=$work/out
	service_nginx
	service_dns
	on r nft -f - <<-END
	table inet watch {
		chain forward { type filter hook forward priority 0; log group 5; }
	}
	END
	sleep 1
	recorder_start format-us r:c0 ''
	recorder_start format-ns r:c0 '--time-stamp-precision=nano'
	recorder_start format-snap96 r:c0 '-s 96'
	recorder_start link-any-sll2 r:any '-y LINUX_SLL2 --time-stamp-precision=nano'
	recorder_start link-any-sll r:any '-y LINUX_SLL'
	recorder_start link-nflog r:nflog:5 ''
	recorder_dumpcap
	talk
	recorder_stop
	editcap -F pcapng -a 3:'an ordinary question' -a 5:'an ordinary ping' "$o/format-ns.pcap" "$o/format-ng.pcapng"
	"$here/pcap-recode" format-be "$o/format-ns.pcap" "$o/format-be.pcap"
	"$here/pcap-recode" format-be-ns "$o/format-ns.pcap" "$o/format-be-ns.pcap"
	"$here/pcap-recode" format-ng-be "$o/format-ns.pcap" "$o/format-ng-be.pcapng"
	cat "$o/format-two-links.pcapng" "$o/format-ng-be.pcapng" "$o/format-ng.pcapng" > "$o/format-sections.pcapng"
	head -c 3001 "$o/format-us.pcap" > "$o/format-us.cut.pcap"
	head -c 3003 "$o/format-ng.pcapng" > "$o/format-ng.cut.pcapng"
	gzip -9nc "$o/format-us.pcap" | head -c 1003 > "$o/format-gz.cut.pcap.gz"
}

record_offload()
{
	on c ethtool -K eth0 tx on gso on tso on gro on > /dev/null
	on s ethtool -K eth0 tx on gso on tso on gro on > /dev/null
	on r ethtool -K c0 tx on gso on tso on gro on > /dev/null
	on r ethtool -K s0 tx on gso on tso on gro on > /dev/null
	service_nginx
	service_dns
	recorder_start offload r:c0 '-s 200'
	ask @$S4 A www.tally.test
	web http://www.tally.test/big.txt
	client curl -s -g "http://[$S6]/big.txt"
	recorder_stop
}

record_loopback()
{
	service_nginx
	service_dns
	quiet ip netns exec "$tag-s" curl -s http://127.0.0.1/a.txt 'http://[::1]/index.html'
	quiet ip netns exec "$tag-s" dig +tries=1 @127.0.0.1 A www.tally.test
	quiet ip netns exec "$tag-s" ping -c 1 127.0.0.1
}

record_capture_loss()
{
	service_nginx
	recorder_start whole r:c0 'tcp port 80'
	web http://www.tally.test/a.txt http://www.tally.test/b.html http://www.tally.test/index.html
	recorder_stop
	editcap -F pcap "$work/out/whole.pcap" "$work/out/capture-loss.pcap" 9 14-16 24
	rm "$work/out/whole.pcap"
}
