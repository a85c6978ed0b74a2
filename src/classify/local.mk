libtallyman_a_SOURCES += \
	src/classify/fields.c \
	src/classify/fields.h \
	src/classify/labels.c \
	src/classify/labels.h \
	src/classify/names.c \
	src/classify/names.h
