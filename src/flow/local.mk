libtallyman_a_SOURCES += \
	src/flow/community.c \
	src/flow/conn_state.c \
	src/flow/entry.c \
	src/flow/expiry.c \
	src/flow/flow_key.h \
	src/flow/flow_priv.h \
	src/flow/fragment.c \
	src/flow/fragment_cover.c \
	src/flow/history.c \
	src/flow/key.c \
	src/flow/packet.c \
	src/flow/path.c \
	src/flow/record.c \
	src/flow/source.c \
	src/flow/stream.c \
	src/flow/table.c \
	src/flow/tcp.c \
	src/flow/tcp_state.c

libtallyman_a_SOURCES += \
	src/flow/aggregate.c \
	src/flow/aggregate_fold.c \
	src/flow/aggregate_priv.h \
	src/flow/meter.c \
	src/flow/meter_merge.c \
	src/flow/meter_places.c \
	src/flow/meter_places.h \
	src/flow/sketch/hll.c \
	src/flow/sketch/hll.h \
	src/flow/sketch/least.c \
	src/flow/sketch/least.h
