libtallyman_a_SOURCES += \
	src/app/app.c \
	src/app/app_priv.h \
	src/app/dns.c \
	src/app/dns.h \
	src/app/dns_flow.c \
	src/app/dns_name.c \
	src/app/dns_rdata.c \
	src/app/dns_rdata.h \
	src/app/dns_text.c \
	src/app/dns_types.c \
	src/app/http.c \
	src/app/http.h \
	src/app/http_head.c \
	src/app/http_line.c \
	src/app/http_message.c \
	src/app/http_priv.h \
	src/app/http_text.c \
	src/app/http_tx.c \
	src/app/lend.c \
	src/app/message.c \
	src/app/start.c \
	src/app/start.h \
	src/app/state.c \
	src/app/stream.c \
	src/app/stream.h
