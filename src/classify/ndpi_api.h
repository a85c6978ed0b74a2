/*
 * What changes between releases of nDPI, in one place: the adapter (ndpi.c,
 * ndpi_meta.c) is written against these few functions and macros. NDPI_API comes from
 * configure: major * 100 + minor, 402 for 4.2. Known differences: 4.6 tells direction
 * and beginning of the flow in an extra argument, 4.10 has no guess switch and other
 * initialisation, 4.11 nests the protocol ids, 5.0 has no protocol bitmask.
 */
#ifndef CLASSIFY_NDPI_API_H
#define CLASSIFY_NDPI_API_H

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <ndpi_api.h>

#if NDPI_API != NDPI_MAJOR * 100 + NDPI_MINOR
#error "nDPI's headers are not those that configure found: run configure again"
#endif

/* A flow is dissected this long by the library's own limit (4.10: its default). */
#ifdef NDPI_MAX_NUM_PKTS_PER_FLOW_TO_DISSECT
#define API_PACKETS_MAX NDPI_MAX_NUM_PKTS_PER_FLOW_TO_DISSECT
#else
#define API_PACKETS_MAX 32
#endif

#if NDPI_API < 411
#define API_APP(verdict)    ((verdict)->app_protocol)
#define API_MASTER(verdict) ((verdict)->master_protocol)
#else
#define API_APP(verdict)    ((verdict)->proto.app_protocol)
#define API_MASTER(verdict) ((verdict)->proto.master_protocol)
#endif

/* Whether IPv6 addresses, too, can be known to nDPI. */
#define API_MATCHES_IP6 (NDPI_API >= 410)

#if NDPI_API < 408
#define API_RISK_NUMERIC_HOST (UINT64_C(1) << NDPI_HTTP_NUMERIC_IP_HOST)
#else
#define API_RISK_NUMERIC_HOST (UINT64_C(1) << NDPI_NUMERIC_IP_HOST)
#endif

#if NDPI_API < 406
#define API_CLIENT_ALPNS(tls)        ((tls)->alpn)
#define API_FINGERPRINT_SET(flow)    ((flow)->l4.tcp.tls.fingerprint_set)
#define API_CIPHER_NAME(cipher, buf) ((void)(buf), ndpi_cipher2str(cipher))
#else
#define API_CLIENT_ALPNS(tls)        ((tls)->advertised_alpns)
#define API_FINGERPRINT_SET(flow)    ((flow)->protos.tls_quic.fingerprint_set)
#define API_CIPHER_NAME(cipher, buf) ndpi_cipher2str(cipher, buf)
#endif

#if NDPI_API < 406
#define API_DNS_ADDRESS(dns) (&(dns)->rsp_addr)
#elif NDPI_API < 411
#define API_DNS_ADDRESS(dns) (&(dns)->rsp_addr)
#else
#define API_DNS_ADDRESS(dns) (&(dns)->rsp_addr[0])
#endif

/* What the library's message callback gets as its second argument. */
#if NDPI_API < 408
#define API_MODULE_ARG void
#else
#define API_MODULE_ARG struct ndpi_detection_module_struct
#endif

#if NDPI_API < 408
#define API_MINING_CURRENCY(flow) ((flow)->flow_extra_info)
#else
#define API_MINING_CURRENCY(flow) ((flow)->protos.mining.currency)
#endif

/*
 * Later releases call flows one-way or their handshake odd by the packets that they
 * were shown; not all are, and the flow's record knows both better.
 */
static inline uint64_t
api_risks(const struct ndpi_flow_struct *flow)
{
#if NDPI_API < 404
	return flow->risk;
#elif NDPI_API < 406
	return flow->risk & ~(UINT64_C(1) << NDPI_UNIDIRECTIONAL_TRAFFIC);
#else
	return flow->risk & ~(UINT64_C(1) << NDPI_UNIDIRECTIONAL_TRAFFIC) &
	    ~(UINT64_C(1) << NDPI_TCP_ISSUES);
#endif
}

/* By port or address alone. 4.6 has no value of its own for addresses. */
static inline bool
api_is_guess(unsigned confidence)
{
#if NDPI_API < 406 || NDPI_API >= 408
	if (confidence == NDPI_CONFIDENCE_MATCH_BY_IP)
		return true;
#endif
	return confidence == NDPI_CONFIDENCE_MATCH_BY_PORT;
}

/* A module with every protocol switched on, ready for packets; NULL without memory. */
static inline struct ndpi_detection_module_struct *
api_module_new(void)
{
#if NDPI_API < 410
	struct ndpi_detection_module_struct *m =
	    ndpi_init_detection_module(ndpi_no_prefs);
#else
	struct ndpi_detection_module_struct *m = ndpi_init_detection_module(NULL);
#endif

	if (m == NULL)
		return NULL;
#if NDPI_API < 500
	NDPI_PROTOCOL_BITMASK all;

	NDPI_BITMASK_SET_ALL(all);
	ndpi_set_protocol_detection_bitmask2(m, &all);
#endif
#if NDPI_API < 410
	ndpi_finalize_initialization(m);
#else
	if (ndpi_finalize_initialization(m) != 0) {
		ndpi_exit_detection_module(m);
		return NULL;
	}
#endif
#if NDPI_API < 410
	ndpi_set_log_level(m, NDPI_LOG_ERROR); /* the default from 4.10 on */
#endif
	return m;
}

static inline ndpi_protocol
api_process(struct ndpi_detection_module_struct *m, struct ndpi_flow_struct *flow,
    const unsigned char *packet, uint16_t len, uint64_t ms, bool to_server,
    bool beginning_seen)
{
#if NDPI_API < 406
	(void)to_server;
	(void)beginning_seen;
	return ndpi_detection_process_packet(m, flow, packet, len, ms);
#else
	struct ndpi_flow_input_info info = {
	    .in_pkt_dir = to_server ? NDPI_IN_PKT_DIR_C_TO_S : NDPI_IN_PKT_DIR_S_TO_C,
	    .seen_flow_beginning = beginning_seen ? NDPI_FLOW_BEGINNING_SEEN
						  : NDPI_FLOW_BEGINNING_NOT_SEEN,
	};

	return ndpi_detection_process_packet(m, flow, packet, len, ms, &info);
#endif
}

/* The verdict on what was seen; guesses by port and address. */
static inline ndpi_protocol
api_giveup(struct ndpi_detection_module_struct *m, struct ndpi_flow_struct *flow)
{
	uint8_t guessed;

#if NDPI_API < 410
	return ndpi_detection_giveup(m, flow, 1, &guessed);
#else
	return ndpi_detection_giveup(m, flow, &guessed);
#endif
}

/* The protocol whose default port this is, asked for beside another port. */
static inline uint16_t
api_port_protocol(struct ndpi_detection_module_struct *m, uint8_t proto, uint16_t port,
    uint16_t other)
{
#if NDPI_API < 408
	ndpi_protocol p =
	    ndpi_guess_undetected_protocol(m, NULL, proto, 0, port, 0, other);
#else
	ndpi_protocol p =
	    ndpi_guess_undetected_protocol_v4(m, NULL, proto, 0, port, 0, other);
#endif

	return API_APP(&p);
}

/*
 * The flow had this many packets that were not given, a whole handshake among them when
 * synack is set: brings the counters there that packet limits and dissectors look at.
 */
static inline void
api_skip_packets(struct ndpi_flow_struct *flow, unsigned packets, bool synack)
{
	flow->num_processed_pkts = (uint16_t)packets;
#if NDPI_API < 406
	if (synack)
		flow->l4.tcp.seen_syn_ack = 1;
#else
	(void)synack; /* told by seen_flow_beginning */
#endif
}

static inline const char *
api_breed_name(struct ndpi_detection_module_struct *m, uint16_t protocol)
{
#if NDPI_API < 410
	return ndpi_get_proto_breed_name(m, ndpi_get_proto_breed(m, protocol));
#else
	return ndpi_get_proto_breed_name(ndpi_get_proto_breed(m, protocol));
#endif
}

/* nDPI's clock: milliseconds of packet time. */
static inline uint64_t
api_millis(int64_t ts)
{
	return ts > 0 ? (uint64_t)ts / 1000000 : 0;
}

/* Whatever a dissector left in the union without naming a protocol is not to be read.
 */
static inline void
api_clear_leftovers(struct ndpi_flow_struct *flow)
{
	memset(&flow->protos, 0, sizeof flow->protos);
}

static inline size_t
api_held(const void *memory)
{
	return memory == NULL ? 0 : malloc_usable_size((void *)(uintptr_t)memory);
}

/* Bytes that a stranger made nDPI keep for the flow beside its state. */
static inline size_t
api_flow_held(const struct ndpi_flow_struct *flow)
{
	size_t held = api_held(flow->kerberos_buf.pktbuf);

	held += api_held(flow->http.url);
	held += api_held(flow->http.content_type);
	held += api_held(flow->http.request_content_type);
	held += api_held(flow->http.user_agent);
	held += api_held(flow->http.nat_ip);

#if NDPI_API < 406
	if (flow->l4_proto == IPPROTO_TCP)
		held += api_held(flow->l4.tcp.tls.message.buffer);
#else
	held += api_held(flow->tls_quic.message[0].buffer);
	held += api_held(flow->tls_quic.message[1].buffer);
#endif
	if (flow->l4_proto == IPPROTO_UDP)
		held += api_held(flow->l4.udp.quic_reasm_buf);
	return held;
}

#endif
