libtallyman_a_SOURCES += \
	src/flow/meter.c \
	src/flow/meter_merge.c \
	src/flow/meter_places.c \
	src/flow/meter_places.h \
	src/flow/sketch/hll.c \
	src/flow/sketch/hll.h \
	src/flow/sketch/least.c \
	src/flow/sketch/least.h
