/*
 * Lines of HTTP heads: start lines and the header fields that matter here, as functions
 * of their bytes. Tolerant where servers are (a bare LF ends a line, blanks around
 * values), strict where a guess would invent a message.
 */
#include "config.h"

#include "app/http.h"

#include <string.h>
#include <strings.h>

static struct app_text
text_of(const uint8_t *p, uint32_t n)
{
	return (struct app_text){(const char *)p, n};
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* RFC 9110 section 5.6.2 */
static const bool token_chars[256] = {
    ['0' ... '9'] = true,
    ['A' ... 'Z'] = true,
    ['a' ... 'z'] = true,
    ['!'] = true,
    ['#'] = true,
    ['$'] = true,
    ['%'] = true,
    ['&'] = true,
    ['\''] = true,
    ['*'] = true,
    ['+'] = true,
    ['-'] = true,
    ['.'] = true,
    ['^'] = true,
    ['_'] = true,
    ['`'] = true,
    ['|'] = true,
    ['~'] = true,
};

static uint32_t
token_length(const uint8_t *p, uint32_t n)
{
	uint32_t i = 0;

	while (i < n && token_chars[p[i]])
		i++;
	return i;
}

/* ---- start lines ---- */

/* "HTTP/1.1"; other versions than 0 and 1 have other forms. */
static bool
is_protocol(const uint8_t *p, uint32_t n)
{
	return n == 8 && memcmp(p, "HTTP/", 5) == 0 && (p[5] == '0' || p[5] == '1') &&
	    p[6] == '.' && p[7] >= '0' && p[7] <= '9';
}

/* Known methods: RFC 9110, 5789 (PATCH), 4918 and its kin (WebDAV), UPnP's. */
static const char *const methods[] = {"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS",
    "CONNECT", "PATCH", "TRACE", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE",
    "LOCK", "UNLOCK", "SEARCH", "REPORT", "MKCALENDAR", "NOTIFY", "SUBSCRIBE",
    "UNSUBSCRIBE", "M-SEARCH", "PURGE", "LINK", "UNLINK", "ACL", "BIND", "DEBUG",
    "TRACK", "RPC_IN_DATA", "RPC_OUT_DATA"};

#define N_METHODS (sizeof methods / sizeof *methods)

/* How a target begins (RFC 9112 section 3.2): a path, *, an absolute form, or the
 * authority that CONNECT has. */
static bool
is_target_start(uint8_t c, bool connect)
{
	if (c == '/' || c == '*' || c == 'h' || c == 'H')
		return true;
	return connect && (c == '[' || c == '.' || token_chars[c]);
}

/* Bytes without an end of line. */
static enum http_look
look_request(const uint8_t *p, uint32_t n)
{
	for (size_t i = 0; i < N_METHODS; i++) {
		uint32_t len = (uint32_t)strlen(methods[i]);

		if (memcmp(p, methods[i], n < len ? n : len) != 0)
			continue;
		if (n > len && p[len] != ' ')
			continue;
		if (n <= len + 1)
			return HTTP_LOOK_MAYBE_REQUEST;
		if (is_target_start(p[len + 1], methods[i][0] == 'C'))
			return HTTP_LOOK_REQUEST;
	}
	return HTTP_LOOK_NO;
}

static bool
is_digits(const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
	}
	return true;
}

static bool
is_status(const uint8_t *p, uint32_t n)
{
	return n >= HTTP_STATUS_END && is_protocol(p, 8) && p[5] == '1' &&
	    p[8] == ' ' && is_digits(p + 9, 3) &&
	    (n == HTTP_STATUS_END || p[HTTP_STATUS_END] == ' ' ||
		(n == HTTP_STATUS_END + 1 && p[HTTP_STATUS_END] == '\r'));
}

static enum http_look
look_response(const uint8_t *p, uint32_t n)
{
	static const char begin[] = "HTTP/1.";

	if (memcmp(p, begin, n < 7 ? n : 7) != 0)
		return HTTP_LOOK_NO;
	if (n < HTTP_STATUS_END)
		return HTTP_LOOK_MAYBE_RESPONSE;
	return is_status(p, n) ? HTTP_LOOK_RESPONSE : HTTP_LOOK_NO;
}

static enum http_look
look_line(const uint8_t *line, uint32_t n)
{
	struct http_request_line request;

	if (is_status(line, n))
		return HTTP_LOOK_RESPONSE;
	return http_request_line(line, n, &request) ? HTTP_LOOK_REQUEST : HTTP_LOOK_NO;
}

enum http_look
http_look(const uint8_t *bytes, uint32_t n)
{
	const uint8_t *lf;

	/* Nearly everything else differs in the first byte. */
	if (n == 0 || bytes[0] < 'A' || bytes[0] > 'z')
		return HTTP_LOOK_NO;
	lf = memchr(bytes, '\n', n);
	if (lf != NULL) {
		n = (uint32_t)(lf - bytes);
		return look_line(bytes, n > 0 && bytes[n - 1] == '\r' ? n - 1 : n);
	}
	if (bytes[0] == 'H') {
		enum http_look look = look_response(bytes, n);

		if (look != HTTP_LOOK_NO)
			return look;
	}
	return look_request(bytes, n);
}

/* Splits off the method. */
static bool
take_method(const uint8_t **line, uint32_t *n, struct app_text *method_r)
{
	uint32_t len = token_length(*line, *n);

	if (len == 0 || len + 1 >= *n || (*line)[len] != ' ')
		return false;
	*method_r = text_of(*line, len);
	*line += len + 1;
	*n -= len + 1;
	return true;
}

static bool
is_known_method(const struct app_text *method)
{
	for (size_t i = 0; i < N_METHODS; i++) {
		if (strlen(methods[i]) == method->len &&
		    memcmp(methods[i], method->data, method->len) == 0)
			return true;
	}
	return false;
}

bool
http_request_line(const uint8_t *line, uint32_t n, struct http_request_line *request_r)
{
	if (!take_method(&line, &n, &request_r->method))
		return false;
	if (n > 9 && line[n - 9] == ' ' && is_protocol(line + n - 8, 8)) {
		request_r->target = text_of(line, n - 9);
		request_r->protocol = text_of(line + n - 8, 8);
		return true;
	}
	request_r->target = text_of(line, n);
	request_r->protocol = (struct app_text){"", 0};
	return request_r->method.len == 3 &&
	    memcmp(request_r->method.data, "GET", 3) == 0 && line[0] == '/' &&
	    memchr(line, ' ', n) == NULL;
}

bool
http_request_line_cut(
    const uint8_t *line, uint32_t n, struct http_request_line *request_r)
{
	const uint8_t *space;

	if (http_look(line, n) != HTTP_LOOK_REQUEST ||
	    !take_method(&line, &n, &request_r->method))
		return false;
	space = memchr(line, ' ', n);
	request_r->target = text_of(line, space != NULL ? (uint32_t)(space - line) : n);
	request_r->protocol = (struct app_text){"", 0};
	return is_known_method(&request_r->method);
}

bool
http_status_line(const uint8_t *line, uint32_t n, struct http_status_line *status_r)
{
	if (!is_status(line, n))
		return false;
	status_r->protocol = text_of(line, 8);
	status_r->status =
	    (uint16_t)((line[9] - '0') * 100 + (line[10] - '0') * 10 + line[11] - '0');
	return true;
}

/* ---- header fields ---- */

/* What a field does beside being shown. */
typedef void field_read(const uint8_t *value, uint32_t n, struct http_framing *framing,
    struct http_header *h);

/* A list of equal lengths counts as one (RFC 9112 section 6.3, item 5). */
static void
read_length(const uint8_t *value, uint32_t n, struct http_framing *framing,
    struct http_header *h)
{
	const uint8_t *end = value + n;
	int64_t length = 0;
	unsigned digits = 0;

	(void)h;
	for (const uint8_t *p = value; p < end; p++) {
		if (*p >= '0' && *p <= '9' && digits < 18) {
			length = length * 10 + (*p - '0');
			digits++;
		} else if (*p == ',' && digits > 0) {
			read_length(value, (uint32_t)(p - value), framing, h);
			value = p + 1;
			length = 0;
			digits = 0;
		} else if (!is_blank(*p) || digits > 0) {
			framing->bad = true;
			return;
		}
	}
	if (digits == 0 || (framing->length >= 0 && framing->length != length))
		framing->bad = true;
	else
		framing->length = length;
}

static void
read_coding(const uint8_t *value, uint32_t n, struct http_framing *framing,
    struct http_header *h)
{
	static const char chunked[] = "chunked";
	uint32_t len = sizeof chunked - 1;

	(void)h;
	framing->chunked = n >= len &&
	    strncasecmp((const char *)value + n - len, chunked, len) == 0 &&
	    (n == len || value[n - len - 1] == ',' || is_blank(value[n - len - 1]));
	framing->coded = !framing->chunked;
}

static void
read_expect(const uint8_t *value, uint32_t n, struct http_framing *framing,
    struct http_header *h)
{
	(void)value;
	(void)h;
	framing->expects = n > 0;
}

static void
read_authorization(const uint8_t *value, uint32_t n, struct http_framing *framing,
    struct http_header *h)
{
	(void)value;
	(void)framing;
	h->authorization = n > 0;
}

enum {
	IN_REQUEST = 1,
	IN_RESPONSE = 2,
};

static const struct field {
	const char *name;
	uint8_t len;
	uint8_t in;
	uint8_t text; /* enum http_text */
	uint16_t max;
	field_read *read;
} fields[] = {
    {"host", 4, IN_REQUEST, HTTP_HOST, 255, NULL},
    {"expect", 6, IN_REQUEST, HTTP_N_TEXTS, 0, read_expect},
    {"server", 6, IN_RESPONSE, HTTP_SERVER, 255, NULL},
    {"referer", 7, IN_REQUEST, HTTP_REFERER, 1024, NULL},
    {"upgrade", 7, IN_RESPONSE, HTTP_UPGRADE, 64, NULL},
    {"location", 8, IN_RESPONSE, HTTP_LOCATION, 1024, NULL},
    {"user-agent", 10, IN_REQUEST, HTTP_USER_AGENT, 512, NULL},
    {"content-type", 12, IN_REQUEST, HTTP_REQUEST_TYPE, 255, NULL},
    {"content-type", 12, IN_RESPONSE, HTTP_RESPONSE_TYPE, 255, NULL},
    {"authorization", 13, IN_REQUEST, HTTP_N_TEXTS, 0, read_authorization},
    {"content-length", 14, IN_REQUEST | IN_RESPONSE, HTTP_N_TEXTS, 0, read_length},
    {"x-forwarded-for", 15, IN_REQUEST, HTTP_XFF, 512, NULL},
    {"transfer-encoding", 17, IN_REQUEST | IN_RESPONSE, HTTP_N_TEXTS, 0, read_coding},
    {"proxy-authorization", 19, IN_REQUEST, HTTP_N_TEXTS, 0, read_authorization},
};

static const struct field *
find_field(const uint8_t *name, uint32_t len, unsigned in)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const struct field *f = &fields[i];

		if (f->len == len && (f->in & in) != 0 &&
		    strncasecmp(f->name, (const char *)name, len) == 0)
			return f;
	}
	return NULL;
}

static struct app_text
trim(const uint8_t *p, uint32_t n)
{
	while (n > 0 && is_blank(p[0])) {
		p++;
		n--;
	}
	while (n > 0 && is_blank(p[n - 1]))
		n--;
	return text_of(p, n);
}

void
http_header_line(const uint8_t *line, uint32_t n, bool request,
    struct http_framing *framing, struct http_header *header_r)
{
	uint32_t len = token_length(line, n), colon = len;
	const struct field *f;

	*header_r = (struct http_header){.text = HTTP_N_TEXTS};
	if (n > 0 && is_blank(line[0])) /* goes on with the line before: not shown */
		return;
	while (colon < n && is_blank(line[colon]))
		colon++;
	if (len == 0 || colon == n || line[colon] != ':') {
		header_r->bad = true;
		return;
	}
	header_r->bad = colon != len;
	f = find_field(line, len, request ? IN_REQUEST : IN_RESPONSE);
	if (f == NULL)
		return;
	header_r->value = trim(line + colon + 1, n - colon - 1);
	header_r->text = f->text;
	header_r->max = f->max;
	if (f->read != NULL)
		f->read((const uint8_t *)header_r->value.data, header_r->value.len,
		    framing, header_r);
}
