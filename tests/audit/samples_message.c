/* Messages of the samples, and counters over them. */
#include "config.h"

#include "samples_priv.h"

#define TEXT(s)                                   \
	{                                         \
		.data = (s), .len = sizeof(s) - 1 \
	}

const struct app_summary sample_dns_summary = {.kind = APP_DNS,
    .partial = true,
    .requests = 12,
    .responses = 11,
    .left_out = 3,
    .malformed = 1,
    .gaps = 2,
    .dns_nxdomain = 4,
    .dns_name_bytes = 200};

const struct app_summary sample_http_summary = {.kind = APP_HTTP,
    .requests = 100,
    .responses = 99,
    .left_out = 1,
    .http_status = {1, 2, 3, 4, 5, 6},
    .http_unauthorized = 2};

const struct app_summary sample_whole_summary = {
    .kind = APP_DNS, .requests = 1, .responses = 1};

static const struct app_dns_question questions[] = {
    {TEXT("www.example.com"), 1, 1},
    {TEXT("b\xc3\xbc\xff\\.cher\n"), 65280, 3},
};

static const struct app_dns_record records[] = {
    {.rrname = TEXT("www.example.com"),
	.rrtype = 5,
	.rrclass = 1,
	.section = APP_DNS_ANSWER,
	.ttl = 300,
	.rdata = TEXT("example.com"),
	.rdata_len = 13},
    {.rrname = TEXT("example.com"),
	.rrtype = 1,
	.rrclass = 1,
	.section = APP_DNS_ANSWER,
	.ttl = 0,
	.rdata = TEXT("93.184.216.34"),
	.rdata_len = 4},
    {.rrname = TEXT("_x._tcp.example.com"),
	.rrtype = 33,
	.rrclass = 1,
	.section = APP_DNS_ANSWER,
	.ttl = 1,
	.rdata_len = 30,
	.names = {TEXT("srv.example.com")},
	.numbers = {10, 20, 5060}},
    {.rrname = TEXT("example.com"),
	.rrtype = 44,
	.rrclass = 1,
	.section = APP_DNS_ANSWER,
	.ttl = 1,
	.rdata_len = 22,
	.names = {TEXT("12:34:ab")},
	.numbers = {1, 2}},
    {.rrname = TEXT("example.com"),
	.rrtype = 6,
	.rrclass = 1,
	.section = APP_DNS_AUTHORITY,
	.ttl = 4294967295,
	.rdata_len = 60,
	.names = {TEXT("ns.example.com"), TEXT("root.example.com")},
	.numbers = {2026112301, 7200, 3600, 1209600, 300}},
    {.rrname = TEXT("."),
	.rrtype = 10,
	.rrclass = 255,
	.section = APP_DNS_ADDITIONAL,
	.ttl = 9,
	.rdata_len = 1000},
};

const struct app_message sample_dns_request = {.kind = APP_DNS,
    .dir = FLOW_TOSERVER,
    .ts = SAMPLE_T0,
    .dns = {.id = 16000,
	.flags = 0x0100,
	.n_questions = 1,
	.size = 33,
	.questions = questions,
	.n_shown_questions = 1,
	.response_time = -1}};

const struct app_message sample_dns_response = {.kind = APP_DNS,
    .dir = FLOW_TOCLIENT,
    .ts = SAMPLE_T0 + SAMPLE_MS,
    .dns = {.response = true,
	.tcp = true,
	.id = 16000,
	.flags = 0xffff,
	.opcode = 15,
	.rcode = 3,
	.n_questions = 2,
	.n_answers = 4,
	.n_authorities = 1,
	.n_additionals = 2,
	.size = 512,
	.questions = questions,
	.records = records,
	.n_shown_questions = 2,
	.n_shown_records = sizeof records / sizeof *records,
	.edns = true,
	.edns_size = 1232,
	.malformed = true,
	.truncated_capture = true,
	.shortened = true,
	.response_time = 1000001}};

/* Nothing in it, and an unknown reply code. */
const struct app_message sample_mdns_empty = {.kind = APP_DNS,
    .dns = {.variant = APP_DNS_MDNS,
	.response = true,
	.rcode = 3841,
	.size = 12,
	.response_time = 0}};

const struct app_message sample_llmnr_request = {.kind = APP_DNS,
    .dns = {.variant = APP_DNS_LLMNR,
	.n_questions = 1,
	.size = 20,
	.questions = &questions[1],
	.n_shown_questions = 1,
	.response_time = -1}};

const struct app_message sample_http_full = {.kind = APP_HTTP,
    .dir = FLOW_TOSERVER,
    .ts = SAMPLE_T0,
    .http = {.has_request = true,
	.has_response = true,
	.method = TEXT("POST"),
	.target = TEXT("/a?b=\"c\"&d=\xe4"),
	.protocol = TEXT("HTTP/1.1"),
	.host = TEXT("example.com:8080"),
	.user_agent = TEXT("curl/7.88.1"),
	.referer = TEXT("http://example.com/"),
	.request_content_type = TEXT("application/json"),
	.xff = TEXT("10.9.8.7"),
	.authorization = true,
	.status = 101,
	.response_protocol = TEXT("HTTP/1.0"),
	.response_content_type = TEXT("text/html"),
	.location = TEXT("/elsewhere"),
	.server = TEXT("nginx"),
	.upgrade = TEXT("websocket"),
	.request_body = 10,
	.response_body = 0,
	.request_length = 11,
	.response_length = 5,
	.truncated_capture = true,
	.cut = true,
	.depth = 2,
	.start = SAMPLE_T0,
	.response_time = 2500000}};

const struct app_message sample_http_request = {.kind = APP_HTTP,
    .dir = FLOW_TOCLIENT,
    .ts = SAMPLE_T0,
    .http = {.has_request = true,
	.method = TEXT("GET"),
	.target = TEXT("/"),
	.protocol = TEXT("HTTP/1.1"),
	.host = TEXT("[fd00::1]:80"),
	.request_length = -1,
	.response_length = -1,
	.request_complete = true,
	.start = SAMPLE_T0,
	.response_time = -1}};

const struct app_message sample_http_response = {.kind = APP_HTTP,
    .ts = SAMPLE_T0,
    .http = {.has_response = true,
	.status = 408,
	.response_body = 22,
	.request_length = -1,
	.response_length = 22,
	.response_complete = true,
	.start = SAMPLE_T0,
	.response_time = -1}};
