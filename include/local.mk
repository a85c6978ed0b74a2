# The contracts between stages; one header per stage, and core's few.
nobase_noinst_HEADERS += \
	include/tallyman/addr.h \
	include/tallyman/app.h \
	include/tallyman/audit.h \
	include/tallyman/batch.h \
	include/tallyman/buf.h \
	include/tallyman/capture.h \
	include/tallyman/classify.h \
	include/tallyman/clock.h \
	include/tallyman/cli.h \
	include/tallyman/decode.h \
	include/tallyman/engine.h \
	include/tallyman/event.h \
	include/tallyman/flow.h \
	include/tallyman/hash.h \
	include/tallyman/json.h \
	include/tallyman/log.h \
	include/tallyman/meter.h \
	include/tallyman/pool.h
