/*
 * The nDPI adapter: bytes become packets of up to four flows, which go through the
 * decoder and the flow table as captured ones do. The verdict's values must be in the
 * order of the table and readable to their end.
 *
 * Input: two bytes for each flow (transport and IP version, port), then packets: a
 * control byte, two bytes of length, payload. tests/fuzz/seeds/ndpi has first packets
 * of real protocols in this form.
 */
#include "config.h"

#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tallyman/capture.h"
#include "tallyman/classify.h"

#define FLOWS       4
#define LINKTYPE_IP 101 /* raw IP */
#define PAYLOAD_MAX 2000

/* Servers' ports; the first are those at which nDPI 4.2 looks in particular. */
static const uint16_t ports[] = {80, 443, 53, 22, 21, 23, 25, 88, 110, 123, 137, 138,
    139, 143, 161, 389, 445, 465, 500, 554, 587, 631, 636, 853, 993, 995, 1080, 1194,
    1433, 1521, 1723, 1883, 1900, 3306, 3389, 3478, 4500, 5060, 5222, 5353, 5355, 5432,
    5900, 6379, 6881, 8080, 8443, 9042, 9200, 11211, 20000, 27017, 30303, 51820, 67, 69,
    111, 502, 514, 2049, 2404, 3333, 10001, 50000};

/* Bits of a flow's first byte and of a packet's control byte. */
enum {
	FLOW_UDP = 0x01,
	FLOW_OTHER = 0x02, /* with FLOW_UDP: ICMP, else another protocol */
	FLOW_IP6 = 0x04,
	FLOW_HANDSHAKE = 0x08,
	PACKET_FLOW = 0x03,
	PACKET_BACK = 0x04,
	PACKET_CUT = 0x08,       /* half of it is beyond the snap length */
	PACKET_EXTENSION = 0x10, /* IPv6: an extension header before the transport */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct end {
	uint8_t proto;
	bool ip6, handshake;
	uint16_t port; /* server's */
	uint32_t next[2];
};

static struct classifier *classifier;
static struct flow_table *table;
static uint64_t number;

static void
check(bool right)
{
	if (!right)
		abort();
}

static void
check_labels(const struct classify_labels *l)
{
	size_t sum = 0;

	check(l->app_proto != NULL && l->proto != NULL && l->category != NULL);
	check(l->confidence != NULL && l->breed != NULL);
	check(l->n_values <= CLASSIFY_VALUES_MAX);
	for (unsigned i = 0; i < l->n_values; i++) {
		const struct classify_value *v = &l->values[i];

		check(v->field < classify_n_fields);
		check(i == 0 || l->values[i - 1].field <= v->field);
		switch (classify_fields[v->field].type) {
		case CLASSIFY_STRING:
		case CLASSIFY_STRING_LIST:
			sum += strlen(v->text);
			check(v->text[0] != '\0');
			break;
		case CLASSIFY_BOOL:
			check(v->number <= 1);
			break;
		default:
			break;
		}
	}
	check(sum < 4096);
}

static void
flow_ended(void *ctx, enum flow_event event, struct flow *f, int64_t ts)
{
	struct classify_labels labels;
	struct flow_record r;

	(void)ctx;
	(void)ts;
	if (event != FLOW_EVENT_END)
		return;
	flow_get_record(f, &r);
	classify_get_labels(classifier, f, &r, &labels);
	check_labels(&labels);
	classify_end(classifier, f);
}

static void
put16(uint8_t *p, size_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void
put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value & 0xffff);
}

static size_t
put_transport(uint8_t *p, struct end *e, bool back, uint8_t tcp_flags, size_t len)
{
	uint16_t client = 40000;

	switch (e->proto) {
	case IPPROTO_TCP:
		memset(p, 0, 20);
		put16(p, back ? e->port : client);
		put16(p + 2, back ? client : e->port);
		put32(p + 4, e->next[back]);
		put32(p + 8, e->next[!back]);
		p[12] = 5 << 4;
		p[13] = tcp_flags;
		put16(p + 14, 8192);
		e->next[back] += (uint32_t)len + (tcp_flags & TCP_SYN ? 1 : 0);
		return 20;
	case IPPROTO_UDP:
		put16(p, back ? e->port : client);
		put16(p + 2, back ? client : e->port);
		put16(p + 4, 8 + len);
		put16(p + 6, 0);
		return 8;
	default:
		return 0; /* the payload brings its own header */
	}
}

static size_t
put_ip(uint8_t *p, const struct end *e, unsigned flow, bool back, bool extension,
    size_t len)
{
	uint8_t client[4] = {10, 0, 0, (uint8_t)(flow + 1)}, server[4] = {10, 0, 1, 1};

	if (!e->ip6) {
		memset(p, 0, 20);
		p[0] = 0x45;
		put16(p + 2, 20 + len);
		p[8] = 64;
		p[9] = e->proto;
		memcpy(p + 12, back ? server : client, 4);
		memcpy(p + 16, back ? client : server, 4);
		return 20;
	}
	memset(p, 0, 48);
	p[0] = 0x60;
	p[6] = extension ? 60 : e->proto; /* 60: destination options */
	p[7] = 64;
	p[8] = p[24] = 0xfd;
	memcpy(p + 20, back ? server : client, 4);
	memcpy(p + 36, back ? client : server, 4);
	p[40] = e->proto;
	p[42] = 1;
	p[43] = 4;
	put16(p + 4, len + (extension ? 8 : 0));
	return extension ? 48 : 40;
}

static void
send_packet(struct end *e, unsigned flow, uint8_t control, uint8_t tcp_flags,
    const uint8_t *payload, size_t len)
{
	uint8_t bytes[48 + 20 + PAYLOAD_MAX], transport[20];
	bool back = (control & PACKET_BACK) != 0;
	size_t head = put_transport(transport, e, back, tcp_flags, len);
	size_t ip =
	    put_ip(bytes, e, flow, back, (control & PACKET_EXTENSION) != 0, head + len);
	struct frame frame = {.data = bytes, .linktype = LINKTYPE_IP};
	struct flow_packet fp;
	struct packet p;

	memcpy(bytes + ip, transport, head);
	if (len > 0)
		memcpy(bytes + ip + head, payload, len);
	frame.len = (uint32_t)(ip + head + len);
	frame.caplen = frame.len - (control & PACKET_CUT ? (uint32_t)len / 2 : 0);
	frame.number = ++number;
	frame.ts = INT64_C(1700000000000000000) + (int64_t)(number * 1000000);
	decode_frame(&frame, &p);
	if (p.result != DECODE_IP)
		return;
	flow_table_packet(table, &p, &fp);
	classify_packet(classifier, &p, &fp);
}

static struct end
read_flow(const uint8_t *data)
{
	static const uint8_t protos[] = {
	    IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_ICMP};
	struct end e = {
	    .proto = protos[data[0] & (FLOW_UDP | FLOW_OTHER)],
	    .ip6 = (data[0] & FLOW_IP6) != 0,
	    .handshake = (data[0] & FLOW_HANDSHAKE) != 0,
	    .port = ports[data[1] % (sizeof ports / sizeof *ports)],
	    .next = {1000, 2000},
	};

	if (e.ip6 && e.proto == IPPROTO_ICMP)
		e.proto = IPPROTO_ICMPV6;
	return e;
}

static void
start(void)
{
	struct classify_config config;
	char *error;

	classify_config_defaults(&config);
	config.open_cap = 8;
	config.open_bytes = 64 * 1024;
	config.label_bytes = 64 * 1024;
	classifier = classifier_new(&config, &error);
	check(classifier != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flow_config config;
	struct end ends[FLOWS];

	if (size < 2 * FLOWS)
		return 0;
	if (classifier == NULL)
		start();
	flow_config_defaults(&config);
	config.hook = flow_ended;
	config.embryonic_cap = config.open_cap = config.full_cap = 2 * FLOWS;
	config.fragment_cap = FLOWS;
	table = flow_table_new(&config);
	check(table != NULL);
	for (unsigned i = 0; i < FLOWS; i++, data += 2, size -= 2) {
		ends[i] = read_flow(data);
		if (!ends[i].handshake || ends[i].proto != IPPROTO_TCP)
			continue;
		send_packet(&ends[i], i, 0, TCP_SYN, NULL, 0);
		send_packet(&ends[i], i, PACKET_BACK, TCP_SYN | TCP_ACK, NULL, 0);
	}
	while (size >= 3) {
		size_t len = (size_t)data[1] | (size_t)data[2] << 8;
		unsigned flow = data[0] & PACKET_FLOW;

		if (len > size - 3)
			len = size - 3;
		if (len > PAYLOAD_MAX)
			len = PAYLOAD_MAX;
		send_packet(
		    &ends[flow], flow, data[0], TCP_ACK | TCP_PSH, data + 3, len);
		data += 3 + len;
		size -= 3 + len;
	}
	flow_table_finish(table, INT64_C(1800000000000000000));
	flow_table_free(&table);
	return 0;
}
