libtallyman_a_SOURCES += \
	src/app/message.c
