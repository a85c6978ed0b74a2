/*
 * Metadata of TLS, DTLS and QUIC out of nDPI's flow state. The three share nDPI's
 * fields; the log has an object each for TLS and QUIC.
 */
#include "config.h"

#include "classify/ndpi_meta.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "classify/fields.h"
#include "classify/names.h"
#include "classify/ndpi_api.h"

static void
add_time(struct label_builder *b, unsigned field, uint32_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;
	char text[32];

	if (seconds != 0 && gmtime_r(&t, &tm) != NULL)
		label_add_bytes(b, field, text,
		    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm));
}

/* Each name of nDPI's list of version names ("TLSv1.3,TLSv1.2"), as EVE writes it. */
static void
add_versions(struct label_builder *b, unsigned field, const char *list)
{
	static const struct {
		const char *ndpi;
		uint16_t number;
	} names[] = {
	    {"SSLv3", 0x0300},
	    {"TLSv1", 0x0301},
	    {"TLSv1.1", 0x0302},
	    {"TLSv1.2", 0x0303},
	    {"TLSv1.3", 0x0304},
	    {"DTLSv1.0", 0xfeff},
	    {"DTLSv1.2", 0xfefd},
	    {"DTLSv1.3", 0xfefc},
	    {"TLSv1.3 (Fizz)", 0xfb1a},
	};
	char text[CLASSIFY_TLS_VERSION_MAX];

	while (list != NULL && *list != '\0') {
		size_t len = strcspn(list, ",");

		for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
			if (strlen(names[i].ndpi) == len &&
			    memcmp(names[i].ndpi, list, len) == 0 &&
			    classify_tls_version(names[i].number, text))
				label_add(b, field, text);
		}
		list += len + (list[len] == ',');
	}
}

static void
add_version(struct label_builder *b, unsigned field, uint16_t version)
{
	char text[CLASSIFY_TLS_VERSION_MAX];

	if (version == 0)
		return;
	if (!classify_tls_version(version, text))
		snprintf(text, sizeof text, "0x%04x", version);
	label_add(b, field, text);
}

static void
add_certificate(const struct ndpi_flow_struct *flow, struct label_builder *b)
{
	label_add(b, FIELD_TLS_ISSUERDN, flow->protos.tls_quic.issuerDN);
	label_add(b, FIELD_TLS_SUBJECT, flow->protos.tls_quic.subjectDN);
	if (flow->protos.tls_quic.server_names_len > 0)
		label_add_list(b, FIELD_TLS_SUBJECTALTNAME,
		    flow->protos.tls_quic.server_names, ',');
	add_time(b, FIELD_TLS_NOTBEFORE, flow->protos.tls_quic.notBefore);
	add_time(b, FIELD_TLS_NOTAFTER, flow->protos.tls_quic.notAfter);
}

static void
add_cipher(const struct ndpi_flow_struct *flow, struct label_builder *b)
{
	static const char *const strengths[] = {
	    [NDPI_CIPHER_WEAK] = "weak",
	    [NDPI_CIPHER_INSECURE] = "insecure",
	};
	unsigned strength = flow->protos.tls_quic.server_unsafe_cipher;
	uint16_t cipher = flow->protos.tls_quic.server_cipher;
	char unknown[8];

	if (cipher == 0)
		return;
	label_add_number(b, FIELD_TLS_SERVER_HANDSHAKE_CIPHER, cipher);
	label_add(b, FIELD_TLS_CIPHER, API_CIPHER_NAME(cipher, unknown));
	if (strength < sizeof strengths / sizeof *strengths)
		label_add(b, FIELD_TLS_CIPHER_STRENGTH, strengths[strength]);
}

static void
add_hashes(const struct ndpi_flow_struct *flow, struct label_builder *b)
{
	const uint8_t *sha1 = flow->protos.tls_quic.sha1_certificate_fingerprint;
	char text[3 * sizeof flow->protos.tls_quic.sha1_certificate_fingerprint];
	size_t n = 0;

	label_add(b, FIELD_TLS_JA3_HASH, flow->protos.tls_quic.ja3_client);
	label_add(b, FIELD_TLS_JA3S_HASH, flow->protos.tls_quic.ja3_server);
#if NDPI_API >= 410
	label_add(b, FIELD_TLS_JA4, flow->protos.tls_quic.ja4_client);
#endif
	if (flow->l4_proto != IPPROTO_TCP || !API_FINGERPRINT_SET(flow))
		return;
	for (size_t i = 0; i < sizeof text / 3; i++)
		n += (size_t)snprintf(
		    text + n, sizeof text - n, i == 0 ? "%02x" : ":%02x", sha1[i]);
	label_add_bytes(b, FIELD_TLS_FINGERPRINT, text, n);
}

void
ndpi_meta_tls(const struct meta *m, unsigned arg)
{
	const struct ndpi_flow_struct *flow = m->flow;
	struct label_builder *b = m->b;
	char unknown[8];

	(void)arg;
	label_add(b, FIELD_TLS_SNI, flow->host_server_name);
	add_version(b, FIELD_TLS_VERSION, flow->protos.tls_quic.ssl_version);
	if (!m->cut)
		add_hashes(flow, b);
	add_cipher(flow, b);
	label_add_list(
	    b, FIELD_TLS_CLIENT_ALPNS, API_CLIENT_ALPNS(&flow->protos.tls_quic), ',');
	add_versions(b, FIELD_TLS_SUPPORTED_VERSIONS,
	    flow->protos.tls_quic.tls_supported_versions);
	add_certificate(flow, b);
	if (flow->protos.tls_quic.encrypted_sni.esni != NULL) {
		label_add(b, FIELD_TLS_ESNI, flow->protos.tls_quic.encrypted_sni.esni);
		label_add(b, FIELD_TLS_ESNI_CIPHER,
		    API_CIPHER_NAME(
			flow->protos.tls_quic.encrypted_sni.cipher_suite, unknown));
	}
	if (flow->protos.tls_quic.browser_heuristics.is_chrome_tls)
		label_add(b, FIELD_TLS_BROWSER, "chrome");
	if (flow->protos.tls_quic.browser_heuristics.is_firefox_tls)
		label_add(b, FIELD_TLS_BROWSER, "firefox");
	if (flow->protos.tls_quic.browser_heuristics.is_safari_tls)
		label_add(b, FIELD_TLS_BROWSER, "safari");
}

void
ndpi_meta_quic(const struct meta *m, unsigned arg)
{
	const struct ndpi_flow_struct *flow = m->flow;
	struct label_builder *b = m->b;
	(void)arg;
	label_add(b, FIELD_QUIC_SNI, flow->host_server_name);
	label_add(b, FIELD_QUIC_UA, flow->http.user_agent);
	if (!m->cut)
		label_add(b, FIELD_QUIC_JA3_HASH, flow->protos.tls_quic.ja3_client);
	add_version(b, FIELD_QUIC_TLS_VERSION, flow->protos.tls_quic.ssl_version);
	label_add_list(
	    b, FIELD_QUIC_CLIENT_ALPNS, API_CLIENT_ALPNS(&flow->protos.tls_quic), ',');
	add_versions(b, FIELD_QUIC_SUPPORTED_VERSIONS,
	    flow->protos.tls_quic.tls_supported_versions);
#if NDPI_API >= 408
	char version[16];

	label_add(b, FIELD_QUIC_VERSION,
	    ndpi_quic_version2str(
		version, sizeof version, flow->protos.tls_quic.quic_version));
#endif
#if NDPI_API >= 410
	if (!m->cut)
		label_add(b, FIELD_QUIC_JA4, flow->protos.tls_quic.ja4_client);
#endif
}
