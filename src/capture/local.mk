libtallyman_a_SOURCES += \
	src/capture/capfile.c \
	src/capture/capture.c \
	src/capture/capture_priv.h \
	src/capture/filter.c \
	src/capture/gunzip.c \
	src/capture/heap.c \
	src/capture/inputs.c \
	src/capture/interfaces.c \
	src/capture/pcapfile.c \
	src/capture/pcapng.c \
	src/capture/pcapng_interface.c \
	src/capture/pcapng_packet.c \
	src/capture/pcapng_priv.h \
	src/capture/sniff.c \
	src/capture/source.c \
	src/capture/stream.c
