libtallyman_a_SOURCES += \
	src/audit/deflate.c \
	src/audit/deflate.h \
	src/audit/member.c \
	src/audit/member.h \
	src/audit/plain.c \
	src/audit/plain.h \
	src/audit/segment.c \
	src/audit/segment_file.c \
	src/audit/segment_file.h \
	src/audit/segment_reader.c
