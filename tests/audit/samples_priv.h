/* What the samples are made of: flows, messages, counters. */
#ifndef TESTS_AUDIT_SAMPLES_PRIV_H
#define TESTS_AUDIT_SAMPLES_PRIV_H

#include "samples.h"
#include "tallyman/clock.h"

#define SAMPLE_T0 INT64_C(1795459273966123456) /* 2026-11-23T18:41:13.966123456 */
#define SAMPLE_MS CLOCK_NS_PER_MS

#define SAMPLE_V4(a, b, c, d)                      \
	{                                          \
		.bytes = {a, b, c, d}, .family = 4 \
	}
#define SAMPLE_V6(last)                                        \
	{                                                      \
		.bytes = {0xfd, 0, [15] = (last)}, .family = 6 \
	}

extern const struct flow_record sample_tcp_full;
extern const struct flow_record sample_udp_small;
extern const struct flow_record sample_udp_refused;
extern const struct flow_record sample_icmp_echo;
extern const struct flow_record sample_nameless;

extern const struct app_message sample_dns_request;
extern const struct app_message sample_dns_response;
extern const struct app_message sample_mdns_empty;
extern const struct app_message sample_llmnr_request;
extern const struct app_message sample_http_full;
extern const struct app_message sample_http_request;
extern const struct app_message sample_http_response;

extern const struct app_summary sample_dns_summary;
extern const struct app_summary sample_http_summary;
extern const struct app_summary sample_whole_summary;

#endif
