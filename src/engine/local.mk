libtallyman_a_SOURCES += \
	src/engine/analysis.c \
	src/engine/engine.c \
	src/engine/engine_priv.h \
	src/engine/merge.c \
	src/engine/ranking.c \
	src/engine/reader.c \
	src/engine/shard.c \
	src/engine/shard_events.c \
	src/engine/shard_events.h \
	src/engine/totals.c \
	src/engine/worker.c \
	src/engine/writer.c
