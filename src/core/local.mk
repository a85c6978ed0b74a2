libtallyman_a_SOURCES += \
	src/core/addr.c \
	src/core/batch.c \
	src/core/buf.c \
	src/core/clock.c \
	src/core/hash.c \
	src/core/json.c \
	src/core/log.c \
	src/core/pool.c
