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
