libtallyman_a_SOURCES += \
	src/audit/deflate.c \
	src/audit/deflate.h \
	src/audit/member.c \
	src/audit/member.h \
	src/audit/plain.c \
	src/audit/plain.h \
	src/audit/record.c \
	src/audit/record.h \
	src/audit/record_flow.c \
	src/audit/record_labels.c \
	src/audit/record_message.c \
	src/audit/record_meter.c \
	src/audit/record_place.c \
	src/audit/record_stats.c \
	src/audit/segment.c \
	src/audit/segment_file.c \
	src/audit/segment_file.h \
	src/audit/segment_reader.c
