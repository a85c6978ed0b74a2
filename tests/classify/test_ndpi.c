/*
 * Verdicts and metadata on the source tree's captures. What is expected of TLS and SSH
 * (JA3, JA3S, HASSH, server names) was read off the captures with another program
 * (tshark); names and files are those that were asked for when they were recorded.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "labelled.h"

struct expected {
	const char *capture;
	uint8_t proto;
	uint16_t sport, dport; /* 0: any */
	const char *app_proto, *ndpi_proto, *master;
	const char *values; /* lines that are among the flow's, or "" */
	const char * not ;  /* text that is not in them, or NULL */
};

#define TCP 6
#define UDP 17

static const struct expected table[] = {
    {"tls.pcap.gz", TCP, 60306, 443, "tls", "TLS", NULL,
	"tls.client_alpns=h2\ntls.client_alpns=http/1.1\n"
	"tls.fingerprint=f4:30:91:b2:38:78:28:ae:5f:a0:95:aa:80:4c:65:c6:9d:b4:24:67\n"
	"tls.issuerdn=CN=www.tally.test\n"
	"tls.ja3.hash=22558766122974704364c9c75c5cce0a\n"
	"tls.ja3s.hash=882c14d95acc90ac7b00b6e9cd2172d7\n"
	"tls.notafter=2036-11-20T20:42:49\ntls.notbefore=2026-11-23T20:42:49\n"
	"tls.server_handshake.cipher=49196\ntls.sni=www.tally.test\n"
	"tls.subject=CN=www.tally.test\ntls.subjectaltname=www.tally.test\n"
	"tls.subjectaltname=api.tally.test\ntls.version=TLS 1.2\n",
	"quic."},
    {"tls.pcap.gz", TCP, 60336, 443, "tls", "TLS", NULL,
	"tls.ja3.hash=9dffdb8b608a430b774a2ff7d36c1a0c\n"
	"tls.ja3s.hash=15af977ce25de452b96affa2addb1036\n"
	"tls.sni=api.tally.test\ntls.version=TLS 1.3\n",
	"tls.subject="},
    {"tls.pcap.gz", TCP, 60370, 443, "tls", "TLS", NULL,
	"tls.ja3.hash=f465b14dea9dace32abde596ddc56e04\ntls.version=TLS 1.1\n",
	"tls.ja3s"},
    {"ssh.pcap.gz", TCP, 39804, 2222, "ssh", "SSH", NULL,
	"ssh.client.hassh.hash=f19a8a03657c5b8902a24b022db840bc\n"
	"ssh.client.proto_version=2.0\nssh.client.software_version=OpenSSH_9.2p1\n"
	"ssh.server.hassh.hash=425d29fe50d8e4f5e37efb6e24bcf660\n"
	"ssh.server.proto_version=2.0\n",
	NULL},
    {"ssh.pcap.gz", TCP, 42316, 22, "ssh", "SSH", NULL,
	"ssh.client.hassh.hash=195db7271477afb4bcbfaa13d0bfbdb1\n", NULL},
    {"quic.pcap.gz", UDP, 42072, 4433, "quic", "QUIC", NULL,
	"quic.client_alpns=h3\nquic.sni=localhost\nquic.tls_version=TLS 1.3\n",
	"tls.sni"},
    {"dhcp.pcap.gz", UDP, 68, 67, "dhcp", "DHCP", NULL,
	"dhcp.fingerprint=1,3,6,12,15,28,42\ndhcp.hostname=quayside\n"
	"dhcp.vendor_class_identifier=udhcp 1.35.0\n",
	NULL},
    {"http.pcap.gz", TCP, 36632, 80, "http", "HTTP", NULL,
	"ndpi.hostname=www.tally.test\nndpi.http.content_type=text/html\n"
	"ndpi.http.method=GET\nndpi.http.status=200\nndpi.http.url=www.tally.test/\n"
	"ndpi.http.user_agent=curl/7.88.1\n",
	NULL},
    {"dns.pcap.gz", UDP, 54514, 53, "dns", "DNS", NULL,
	"ndpi.dns.answers=2\nndpi.dns.queries=1\nndpi.dns.query_type=1\n"
	"ndpi.dns.rcode=0\nndpi.dns.response_address=10.71.2.2\n",
	NULL},
    {"dns.pcap.gz", UDP, 58576, 53, "dns", "DNS", NULL,
	"ndpi.dns.response_address=fd71:2::2\n", NULL},
    {"icmp.pcap.gz", 1, 0, 0, "icmp", "ICMP", NULL, "ndpi.entropy=5.262\n", NULL},
    {"apps.pcap.gz", UDP, 0, 123, "ntp", "NTP", NULL, "ntp.version=4\n", NULL},
    {"apps.pcap.gz", TCP, 0, 1883, "mqtt", "MQTT", NULL, "", NULL},
    {"apps.pcap.gz", TCP, 49884, 11211, "memcached", "Memcached", NULL, "", NULL},
    {"apps.pcap.gz", UDP, 0, 161, "snmp", "SNMP", NULL, "", NULL},
    {"mdns-llmnr.pcap.gz", UDP, 5353, 5353, "mdns", "MDNS", NULL,
	"ndpi.hostname=", NULL},
    {"smb-bruteforce.pcap.gz", TCP, 0, 445, "smb", "SMBv23", "NetBIOS",
	"smb.version=2/3\n", NULL},
    /* The name of a guess, when there was payload to look at. */
    {"postgres-bruteforce.pcap.gz", TCP, 0, 5432, "pgsql", "PostgreSQL", NULL, "",
	NULL},
    /* Without payload: a guess, which is no app_proto. */
    {"scans.pcap.gz", TCP, 62687, 22, "failed", "SSH", NULL, "", NULL},
    /* Cut to 96 bytes: still recognised. */
    {"format-snap96.pcap.gz", TCP, 54718, 80, "http", "HTTP", NULL, "", NULL},
};

static bool
matches(const struct labelled_flow *f, const struct expected *e)
{
	return f->record.proto == e->proto &&
	    (e->sport == 0 || f->record.sport == e->sport) &&
	    (e->dport == 0 || f->record.dport == e->dport) &&
	    strcmp(f->labels.app_proto, e->app_proto) == 0;
}

/* Every line of `lines` is in values; the last may be the start of one. */
static bool
has_lines(const char *values, const char *lines)
{
	while (*lines != '\0') {
		size_t len = strcspn(lines, "\n") + 1;
		char line[512];

		if (lines[len - 1] == '\0')
			return strstr(values, lines) != NULL;
		memcpy(line, lines, len);
		line[len] = '\0';
		if (strstr(values, line) == NULL)
			return false;
		lines += len;
	}
	return true;
}

static void
check(const struct labelled *l, const struct expected *e)
{
	unsigned candidates = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct labelled_flow *f = &l->flows[i];

		if (!matches(f, e))
			continue;
		candidates++;
		assert_string_equal(f->labels.proto, e->ndpi_proto);
		if (e->master == NULL)
			assert_null(f->labels.master);
		else
			assert_string_equal(f->labels.master, e->master);
		if (has_lines(f->values, e->values) &&
		    (e->not == NULL || strstr(f->values, e->not ) == NULL))
			return;
	}
	fail_msg("%s %u:%u %s: %u flows, none has\n%s", e->capture, e->sport, e->dport,
	    e->app_proto, candidates, e->values);
}

static void
test_captures(void **state)
{
	const char *loaded = "";
	struct labelled l = {0};
	char path[512];

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (strcmp(table[i].capture, loaded) != 0) {
			labelled_free(&l);
			loaded = table[i].capture;
			labelled_run(&l, labelled_pcap(loaded, path), NULL, 0, 0);
		}
		check(&l, &table[i]);
	}
	labelled_free(&l);
}

/* nDPI hashes nothing when the algorithms came in several segments. */
static void
test_no_empty_hassh(void **state)
{
	struct labelled l;
	char path[512];

	(void)state;
	labelled_run(&l, labelled_pcap("ssh.pcap.gz", path), NULL, 0, 0);
	for (size_t i = 0; i < l.n; i++)
		assert_null(
		    strstr(l.flows[i].values, "d41d8cd98f00b204e9800998ecf8427e"));
	labelled_free(&l);
}

/* Passwords go by in the clear; that one was seen is kept, never the password. */
static void
test_logins(void **state)
{
	static const struct {
		uint16_t port;
		const char *lines[10];
		const char *app_proto, *values;
	} cases[] = {
	    {21,
		{"< 220 quay FTP server ready", "> USER harbour",
		    "< 331 Password please", "> PASS s3cret-word",
		    "< 530 Login incorrect"},
		"ftp",
		"ftp.auth_failed=1\nftp.password_seen=1\nftp.username=harbour\n"},
	    {110,
		{"< +OK quay POP3 ready", "> USER harbour", "< +OK",
		    "> PASS s3cret-word", "< -ERR authentication failed"},
		"pop3", "pop3.password_seen=1\npop3.username=harbour\n"},
	    {143,
		{"< * OK IMAP4 ready", "> a1 LOGIN harbour s3cret-word",
		    "< a1 NO LOGIN failed"},
		"imap", "imap.password_seen=1\nimap.username="},
	    {25,
		{"< 220 mail.quay.test ESMTP ready", "> EHLO ship.test",
		    "< 250 AUTH LOGIN", "> AUTH LOGIN", "< 334 VXNlcm5hbWU6",
		    "> aGFyYm91cg==", "< 334 UGFzc3dvcmQ6",
		    "> czNjcmV0LXdvcmQ=", "< 535 refused"},
		"smtp", "smtp.password_seen=1\nsmtp.username="},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct labelled l;
		size_t n = 0;

		while (n < 10 && cases[i].lines[n] != NULL)
			n++;
		labelled_talk(&l, cases[i].port, cases[i].lines, n);
		assert_int_equal(l.n, 1);
		assert_string_equal(l.flows[0].labels.app_proto, cases[i].app_proto);
		assert_true(has_lines(l.flows[0].values, cases[i].values));
		assert_null(strstr(l.flows[0].values, "s3cret"));
		assert_null(strstr(l.flows[0].values, "czNjcmV0"));
		labelled_free(&l);
	}
}

/* Who speaks first is not always the client. */
static void
test_ssh_sides(void **state)
{
	static const char *const server_first[] = {
	    "< SSH-2.0-OpenSSH_9.2p1 Debian", "> SSH-2.0-libssh_0.10.6"};
	static const char *const client_first[] = {
	    "> SSH-2.0-libssh_0.10.6", "< SSH-2.0-OpenSSH_9.2p1 Debian"};
	const char *const *const talks[] = {server_first, client_first};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct labelled l;

		labelled_talk(&l, 22, talks[i], 2);
		assert_int_equal(l.n, 1);
		assert_string_equal(l.flows[0].labels.app_proto, "ssh");
		assert_true(has_lines(l.flows[0].values,
		    "ssh.client.software_version=libssh_0.10.6\n"
		    "ssh.server.software_version=OpenSSH_9.2p1\n"));
		labelled_free(&l);
	}
}

/* Of packets that were cut nothing is hashed, and nothing is called malformed. */
static void
test_snapped(void **state)
{
	static const char *const captures[] = {"tls.pcap.gz", "ssh.pcap.gz"};
	char path[512];

	(void)state;
	for (size_t i = 0; i < sizeof captures / sizeof *captures; i++) {
		struct labelled l;

		labelled_run(&l, labelled_pcap(captures[i], path), NULL, 128, 0);
		for (size_t k = 0; k < l.n; k++) {
			const struct labelled_flow *f = &l.flows[k];

			if (f->record.proto != TCP)
				continue;
			assert_null(strstr(f->values, "hash="));
			assert_null(strstr(f->values, "fingerprint="));
			assert_int_equal(f->labels.risks >> 17 & 1, 0);
		}
		assert_true(l.stats.classified > 0);
		labelled_free(&l);
	}
}

/* The same again, and asked for interim records all the time: the same labels. */
static void
test_repeatable(void **state)
{
	static const char *const captures[] = {
	    "tls.pcap.gz", "http.pcap.gz", "apps.pcap.gz", "benign-many-ports.pcap.gz"};
	char path[512];

	(void)state;
	for (size_t i = 0; i < sizeof captures / sizeof *captures; i++) {
		struct labelled a, b;
		char *text_a, *text_b;

		labelled_pcap(captures[i], path);
		labelled_run(&a, path, NULL, 0, 0);
		labelled_run(&b, path, NULL, 0, 1000);
		text_a = labelled_text(&a);
		text_b = labelled_text(&b);
		assert_string_equal(text_a, text_b);
		free(text_a);
		free(text_b);
		labelled_free(&a);
		labelled_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_captures),
	    cmocka_unit_test(test_no_empty_hassh),
	    cmocka_unit_test(test_logins),
	    cmocka_unit_test(test_ssh_sides),
	    cmocka_unit_test(test_snapped),
	    cmocka_unit_test(test_repeatable),
	};

	return cmocka_run_group_tests_name("classify ndpi", tests, NULL, NULL);
}
