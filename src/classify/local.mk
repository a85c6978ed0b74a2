libtallyman_a_SOURCES += \
	src/classify/fields.c \
	src/classify/fields.h \
	src/classify/geo.c \
	src/classify/intern.c \
	src/classify/intern.h \
	src/classify/l3.c \
	src/classify/l3.h \
	src/classify/labels.c \
	src/classify/labels.h \
	src/classify/names.c \
	src/classify/names.h \
	src/classify/ndpi.c \
	src/classify/ndpi_api.h \
	src/classify/ndpi_flow.c \
	src/classify/ndpi_guess.c \
	src/classify/ndpi_labels.c \
	src/classify/ndpi_meta.c \
	src/classify/ndpi_meta.h \
	src/classify/ndpi_priv.h \
	src/classify/ndpi_tls.c
