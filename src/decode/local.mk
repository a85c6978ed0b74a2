libtallyman_a_SOURCES += \
	src/decode/arp.c \
	src/decode/checksum.c \
	src/decode/checksum.h \
	src/decode/cursor.h \
	src/decode/decode_priv.h \
	src/decode/frame.c \
	src/decode/gre.c \
	src/decode/icmp.c \
	src/decode/ip.c \
	src/decode/ip4.c \
	src/decode/ip6.c \
	src/decode/l4.c \
	src/decode/l4.h \
	src/decode/link.c \
	src/decode/names.c \
	src/decode/sctp.c \
	src/decode/serial.c \
	src/decode/tcp.c \
	src/decode/tunnel.c \
	src/decode/udp.c \
	src/decode/udp_tunnel.c \
	src/decode/wlan.c
