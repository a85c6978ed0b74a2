/*
 * Metadata out of nDPI's flow state: one extractor per protocol, in a table. nDPI's
 * state is a union of what its dissectors keep, so a field is read only when the
 * verdict says that its dissector owned the union.
 */
#include "config.h"

#include "classify/ndpi_meta.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "classify/fields.h"
#include "classify/ndpi_api.h"

static void
add_lower(struct label_builder *b, unsigned field, const char *text)
{
	char lower[64];
	size_t i;

	for (i = 0; text[i] != '\0' && i < sizeof lower - 1; i++)
		lower[i] = (char)tolower((unsigned char)text[i]);
	label_add_bytes(b, field, lower, i);
}

/*
 * nDPI hashes nothing when the algorithms came in several segments; what it keeps then
 * is the hash of an empty text.
 */
static void
add_hassh(struct label_builder *b, unsigned field, const char *hassh)
{
	if (strcasecmp(hassh, "d41d8cd98f00b204e9800998ecf8427e") != 0)
		add_lower(b, field, hassh);
}

/* RFC 4253, 4.2: SSH-protoversion-softwareversion SP comments. */
static void
add_banner(struct label_builder *b, unsigned proto_field, unsigned software_field,
    const char *banner)
{
	size_t len;

	if (strncmp(banner, "SSH-", 4) != 0)
		return;
	banner += 4;
	len = strcspn(banner, "-");
	label_add_bytes(b, proto_field, banner, len);
	if (banner[len] == '-')
		label_add_bytes(b, software_field, banner + len + 1,
		    strcspn(banner + len + 1, " \r\n"));
}

/* nDPI calls the side that speaks first the client, which is often the server. */
static void
extract_ssh(const struct meta *m, unsigned arg)
{
	const struct ndpi_flow_struct *flow = m->flow;
	struct label_builder *b = m->b;
	const char *first = flow->protos.ssh.client_signature;
	const char *second = flow->protos.ssh.server_signature;

	(void)arg;
	add_banner(b, FIELD_SSH_CLIENT_PROTO_VERSION, FIELD_SSH_CLIENT_SOFTWARE_VERSION,
	    m->first_to_server ? first : second);
	add_banner(b, FIELD_SSH_SERVER_PROTO_VERSION, FIELD_SSH_SERVER_SOFTWARE_VERSION,
	    m->first_to_server ? second : first);
	if (m->cut)
		return;
	add_hassh(b, FIELD_SSH_CLIENT_HASSH_HASH, flow->protos.ssh.hassh_client);
	add_hassh(b, FIELD_SSH_SERVER_HASSH_HASH, flow->protos.ssh.hassh_server);
}

static void
extract_dns(const struct meta *m, unsigned arg)
{
	const struct ndpi_flow_struct *flow = m->flow;
	struct label_builder *b = m->b;
	char text[INET6_ADDRSTRLEN];
	int family = 0;

	(void)arg;
	label_add(b, FIELD_NDPI_HOSTNAME, flow->host_server_name);
	label_add_number(b, FIELD_NDPI_DNS_QUERIES, flow->protos.dns.num_queries);
	label_add_number(b, FIELD_NDPI_DNS_QUERY_TYPE, flow->protos.dns.query_type);
	if (flow->protos.dns.num_answers == 0)
		return;
	label_add_number(b, FIELD_NDPI_DNS_ANSWERS, flow->protos.dns.num_answers);
	label_add_number(b, FIELD_NDPI_DNS_RCODE, flow->protos.dns.reply_code);
	if (flow->protos.dns.rsp_type == 0)
		return;
	label_add_number(b, FIELD_NDPI_DNS_RESPONSE_TYPE, flow->protos.dns.rsp_type);
	if (flow->protos.dns.rsp_type == 1)
		family = AF_INET;
	else if (flow->protos.dns.rsp_type == 28)
		family = AF_INET6;
	if (family != 0 &&
	    inet_ntop(family, API_DNS_ADDRESS(&flow->protos.dns), text, sizeof text) !=
		NULL)
		label_add(b, FIELD_NDPI_DNS_RESPONSE_ADDRESS, text);
}

static void
extract_http(const struct meta *m, unsigned arg)
{
	const struct ndpi_flow_struct *flow = m->flow;
	struct label_builder *b = m->b;
	(void)arg;
	label_add(b, FIELD_NDPI_HOSTNAME, flow->host_server_name);
	if (flow->http.method != NDPI_HTTP_METHOD_UNKNOWN)
		label_add(
		    b, FIELD_NDPI_HTTP_METHOD, ndpi_http_method2str(flow->http.method));
	label_add(b, FIELD_NDPI_HTTP_URL, flow->http.url);
	label_add(b, FIELD_NDPI_HTTP_USER_AGENT, flow->http.user_agent);
	label_add(b, FIELD_NDPI_HTTP_OS, flow->http.detected_os);
	label_add(b, FIELD_NDPI_HTTP_XFF, flow->http.nat_ip);
	label_add(
	    b, FIELD_NDPI_HTTP_REQUEST_CONTENT_TYPE, flow->http.request_content_type);
	label_add(b, FIELD_NDPI_HTTP_CONTENT_TYPE, flow->http.content_type);
	if (flow->http.response_status_code != 0)
		label_add_number(
		    b, FIELD_NDPI_HTTP_STATUS, flow->http.response_status_code);
}

/* FTP and mail share nDPI's state. arg: the first of their four rows in the table. */
static void
extract_login(const struct meta *m, unsigned auth_failed)
{
	unsigned auth_tls = auth_failed + 1, password_seen = auth_failed + 2;
	unsigned username = auth_failed + 3;
	const struct ndpi_flow_struct *flow = m->flow;

	/* SMTP: from the server's banner. */
	label_add(m->b, FIELD_NDPI_HOSTNAME, flow->host_server_name);
	if (flow->l4.tcp.ftp_imap_pop_smtp.auth_tls)
		label_add_number(m->b, auth_tls, 1);
	if (flow->l4.tcp.ftp_imap_pop_smtp.username[0] == '\0')
		return;
	label_add(m->b, username, flow->l4.tcp.ftp_imap_pop_smtp.username);
	label_add_number(
	    m->b, password_seen, flow->l4.tcp.ftp_imap_pop_smtp.password[0] != '\0');
	label_add_number(m->b, auth_failed, flow->l4.tcp.ftp_imap_pop_smtp.auth_failed);
}

_Static_assert(FIELD_FTP_USERNAME == FIELD_FTP_AUTH_FAILED + 3 &&
	FIELD_IMAP_USERNAME == FIELD_IMAP_AUTH_FAILED + 3 &&
	FIELD_POP3_USERNAME == FIELD_POP3_AUTH_FAILED + 3 &&
	FIELD_SMTP_USERNAME == FIELD_SMTP_AUTH_FAILED + 3,
    "extract_login() counts rows");

static void
extract_kerberos(const struct meta *m, unsigned arg)
{
	(void)arg;
	label_add(m->b, FIELD_KRB5_CNAME, m->flow->protos.kerberos.username);
	label_add(m->b, FIELD_KRB5_HOSTNAME, m->flow->protos.kerberos.hostname);
	label_add(m->b, FIELD_KRB5_REALM, m->flow->protos.kerberos.domain);
}

static void
extract_telnet(const struct meta *m, unsigned arg)
{
	(void)arg;
	if (m->flow->protos.telnet.username[0] == '\0')
		return;
	label_add(m->b, FIELD_TELNET_USERNAME, m->flow->protos.telnet.username);
	label_add_number(
	    m->b, FIELD_TELNET_PASSWORD_SEEN, m->flow->protos.telnet.password_detected);
}

static void
extract_dhcp(const struct meta *m, unsigned arg)
{
	(void)arg;
	label_add(m->b, FIELD_DHCP_HOSTNAME, m->flow->host_server_name);
	label_add(m->b, FIELD_DHCP_FINGERPRINT, m->flow->protos.dhcp.fingerprint);
	label_add(m->b, FIELD_DHCP_VENDOR_CLASS, m->flow->protos.dhcp.class_ident);
}

static void
extract_ntp(const struct meta *m, unsigned arg)
{
	(void)arg;
	label_add_number(m->b, FIELD_NTP_VERSION, m->flow->protos.ntp.version);
	if (m->flow->protos.ntp.request_code != 0)
		label_add_number(
		    m->b, FIELD_NTP_REQUEST_CODE, m->flow->protos.ntp.request_code);
}

static void
extract_bittorrent(const struct meta *m, unsigned arg)
{
	const unsigned char *hash = m->flow->protos.bittorrent.hash;
	char text[2 * sizeof m->flow->protos.bittorrent.hash + 1];
	unsigned any = 0;

	(void)arg;
	for (size_t i = 0; i < sizeof text / 2; i++) {
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
		any |= hash[i];
	}
	if (any != 0)
		label_add(m->b, FIELD_BITTORRENT_INFO_HASH, text);
}

static void
extract_stun(const struct meta *m, unsigned arg)
{
	(void)arg;
	label_add(m->b, FIELD_STUN_REALM, m->flow->host_server_name);
#if NDPI_API < 410
	if (m->flow->stun.num_binding_requests > 0)
		label_add_number(m->b, FIELD_STUN_BINDING_REQUESTS,
		    m->flow->stun.num_binding_requests);
#endif
}

static void
extract_entropy(const struct meta *m, unsigned arg)
{
	(void)arg;
	if (m->flow->entropy > 0.0F && !m->cut)
		label_add_real(m->b, FIELD_NDPI_ENTROPY, (double)m->flow->entropy);
}

static void
extract_smb(const struct meta *m, unsigned version)
{
	label_add(m->b, FIELD_SMB_VERSION, version == 1 ? "1" : "2/3");
}

static void
extract_mining(const struct meta *m, unsigned arg)
{
	(void)arg;
	label_add(m->b, FIELD_MINING_CURRENCY, API_MINING_CURRENCY(m->flow));
}

static void
extract_ubnt(const struct meta *m, unsigned arg)
{
	(void)arg;
	label_add(m->b, FIELD_UBNT_VERSION, m->flow->protos.ubntac2.version);
}

static void
extract_hostname(const struct meta *m, unsigned field)
{
	label_add(m->b, field, m->flow->host_server_name);
}

#if NDPI_API >= 404
static void
extract_collectd(const struct meta *m, unsigned arg)
{
	(void)arg;
	label_add(
	    m->b, FIELD_COLLECTD_USERNAME, m->flow->protos.collectd.client_username);
}

static void
extract_rsh(const struct meta *m, unsigned arg)
{
	(void)arg;
	label_add(m->b, FIELD_RSH_CLIENT_USERNAME, m->flow->protos.rsh.client_username);
	label_add(m->b, FIELD_RSH_SERVER_USERNAME, m->flow->protos.rsh.server_username);
}

static void
extract_snmp(const struct meta *m, unsigned arg)
{
	unsigned version = m->flow->protos.snmp.version; /* 0, 1, 3: RFC 3416 */

	(void)arg;
	label_add_number(m->b, FIELD_SNMP_VERSION, version < 3 ? version + 1 : version);
}

static void
extract_tftp(const struct meta *m, unsigned arg)
{
	(void)arg;
	label_add(m->b, FIELD_TFTP_FILE, m->flow->protos.tftp.filename);
}
#endif

/*
 * The first row whose protocol is in the verdict applies: carriers before what they
 * carry, but for NetBIOS, of which only the name service has more to say than SMB.
 */
static const struct {
	uint16_t protocol;
	meta_extract_fn *extract;
	unsigned arg;
} extractors[] = {
    {NDPI_PROTOCOL_TLS, ndpi_meta_tls, 0},
    {NDPI_PROTOCOL_DTLS, ndpi_meta_tls, 0},
    {NDPI_PROTOCOL_MAIL_IMAPS, ndpi_meta_tls, 0},
    {NDPI_PROTOCOL_MAIL_POPS, ndpi_meta_tls, 0},
    {NDPI_PROTOCOL_MAIL_SMTPS, ndpi_meta_tls, 0},
    {NDPI_PROTOCOL_QUIC, ndpi_meta_quic, 0},
    {NDPI_PROTOCOL_DNS, extract_dns, 0},
    {NDPI_PROTOCOL_HTTP, extract_http, 0},
    {NDPI_PROTOCOL_HTTP_CONNECT, extract_http, 0},
    {NDPI_PROTOCOL_HTTP_PROXY, extract_http, 0},
    {NDPI_PROTOCOL_SSH, extract_ssh, 0},
    {NDPI_PROTOCOL_STUN, extract_stun, 0},
    {NDPI_PROTOCOL_BITTORRENT, extract_bittorrent, 0},
    {NDPI_PROTOCOL_DHCP, extract_dhcp, 0},
    {NDPI_PROTOCOL_FTP_CONTROL, extract_login, FIELD_FTP_AUTH_FAILED},
    {NDPI_PROTOCOL_IP_ICMP, extract_entropy, 0},
    {NDPI_PROTOCOL_KERBEROS, extract_kerberos, 0},
    {NDPI_PROTOCOL_MAIL_IMAP, extract_login, FIELD_IMAP_AUTH_FAILED},
    {NDPI_PROTOCOL_MAIL_POP, extract_login, FIELD_POP3_AUTH_FAILED},
    {NDPI_PROTOCOL_MAIL_SMTP, extract_login, FIELD_SMTP_AUTH_FAILED},
    {NDPI_PROTOCOL_MINING, extract_mining, 0},
    {NDPI_PROTOCOL_SMBV1, extract_smb, 1},
    {NDPI_PROTOCOL_SMBV23, extract_smb, 2},
    {NDPI_PROTOCOL_NETBIOS, extract_hostname, FIELD_NETBIOS_NAME},
    {NDPI_PROTOCOL_NTP, extract_ntp, 0},
    {NDPI_PROTOCOL_TELNET, extract_telnet, 0},
    {NDPI_PROTOCOL_UBNTAC2, extract_ubnt, 0},
    {NDPI_PROTOCOL_WHOIS_DAS, extract_hostname, FIELD_WHOIS_QUERY},
#if NDPI_API >= 404
    {NDPI_PROTOCOL_COLLECTD, extract_collectd, 0},
    {NDPI_PROTOCOL_RSH, extract_rsh, 0},
    {NDPI_PROTOCOL_SNMP, extract_snmp, 0},
    {NDPI_PROTOCOL_TFTP, extract_tftp, 0},
#endif
};

void
ndpi_meta_extract(const struct meta *m)
{
	uint16_t app = m->flow->detected_protocol_stack[0];
	uint16_t carrier = m->flow->detected_protocol_stack[1];

	for (size_t i = 0; i < sizeof extractors / sizeof *extractors; i++) {
		if (extractors[i].protocol != app && extractors[i].protocol != carrier)
			continue;
		extractors[i].extract(m, extractors[i].arg);
		return;
	}
	label_add(m->b, FIELD_NDPI_HOSTNAME, m->flow->host_server_name);
}
