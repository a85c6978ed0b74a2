/*
 * Names that the log uses in place of nDPI's: EVE's app_proto, EVE's texts of TLS
 * versions, and stable names of nDPI's risks, whose texts change between releases
 * while their numbers do not.
 */
#include "config.h"

#include "classify/names.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <strings.h>

#include "tallyman/classify.h"

/*
 * Where EVE has a name for it. l4 0 stands for any. nDPI names change their case and
 * spelling over the releases; each spelling has a row.
 */
static const struct {
	const char *ndpi;
	const char *eve;
	uint8_t l4;
} eve_names[] = {
    {"BitTorrent", "bittorrent-dht", IPPROTO_UDP},
    {"DCE_RPC", "dcerpc", 0},
    {"DHCP", "dhcp", 0},
    {"DNP3", "dnp3", 0},
    {"DNS", "dns", 0},
    {"EthernetIP", "enip", 0},
    {"EtherNetIP", "enip", 0},
    {"FTP_CONTROL", "ftp", 0},
    {"FTP_DATA", "ftp-data", 0},
    {"FTPS", "tls", 0},
    {"HTTP", "http", 0},
    {"HTTP2", "http2", 0},
    {"HTTP_Connect", "http", 0},
    {"HTTP_Proxy", "http", 0},
    {"IMAP", "imap", 0},
    {"IMAPS", "tls", 0},
    {"IPSec", "ike", IPPROTO_UDP},
    {"IRC", "irc", 0},
    {"Jabber", "jabber", 0},
    {"Kerberos", "krb5", 0},
    {"LDAP", "ldap", 0},
    {"LLMNR", "llmnr", 0},
    {"MDNS", "mdns", 0},
    {"Modbus", "modbus", 0},
    {"MQTT", "mqtt", 0},
    {"NFS", "nfs", 0},
    {"NTP", "ntp", 0},
    {"POP3", "pop3", 0},
    {"POPS", "tls", 0},
    {"PostgreSQL", "pgsql", 0},
    {"QUIC", "quic", 0},
    {"RDP", "rdp", 0},
    {"SIP", "sip", 0},
    {"SMBv1", "smb", 0},
    {"SMBv23", "smb", 0},
    {"SMTP", "smtp", 0},
    {"SMTPS", "tls", 0},
    {"SNMP", "snmp", 0},
    {"SSH", "ssh", 0},
    {"Telnet", "telnet", 0},
    {"TFTP", "tftp", 0},
    {"TLS", "tls", 0},
    {"VNC", "rfb", 0},
    {"WebSocket", "websocket", 0},
};

static const struct {
	uint16_t number;
	const char *name;
} tls_versions[] = {
    {0x0002, "SSLv2"},
    {0x0300, "SSLv3"},
    {0x0301, "TLSv1"},
    {0x0302, "TLS 1.1"},
    {0x0303, "TLS 1.2"},
    {0x0304, "TLS 1.3"},
    {0xfeff, "DTLS 1.0"},
    {0xfefd, "DTLS 1.2"},
    {0xfefc, "DTLS 1.3"},
    {0xfb1a, "TLS 1.3 (Fizz)"},
};

/* By nDPI's risk number, which later releases only add to. */
static const char *const risk_names[] = {
    [1] = "url_possible_xss",
    [2] = "url_possible_sql_injection",
    [3] = "url_possible_rce_injection",
    [4] = "binary_application_transfer",
    [5] = "known_protocol_on_non_standard_port",
    [6] = "tls_selfsigned_certificate",
    [7] = "tls_obsolete_version",
    [8] = "tls_weak_cipher",
    [9] = "tls_certificate_expired",
    [10] = "tls_certificate_mismatch",
    [11] = "http_suspicious_user_agent",
    [12] = "numeric_ip_host",
    [13] = "http_suspicious_url",
    [14] = "http_suspicious_header",
    [15] = "tls_not_carrying_https",
    [16] = "suspicious_dga_domain",
    [17] = "malformed_packet",
    [18] = "ssh_obsolete_client_version_or_cipher",
    [19] = "ssh_obsolete_server_version_or_cipher",
    [20] = "smb_insecure_version",
    [21] = "tls_suspicious_esni_usage",
    [22] = "unsafe_protocol",
    [23] = "dns_suspicious_traffic",
    [24] = "tls_missing_sni",
    [25] = "http_suspicious_content",
    [26] = "risky_asn",
    [27] = "risky_domain",
    [28] = "malicious_fingerprint",
    [29] = "malicious_sha1_certificate",
    [30] = "desktop_or_file_sharing_session",
    [31] = "tls_uncommon_alpn",
    [32] = "tls_cert_validity_too_long",
    [33] = "tls_suspicious_extension",
    [34] = "tls_fatal_alert",
    [35] = "suspicious_entropy",
    [36] = "clear_text_credentials",
    [37] = "dns_large_packet",
    [38] = "dns_fragmented",
    [39] = "invalid_characters",
    [40] = "possible_exploit",
    [41] = "tls_certificate_about_to_expire",
    [42] = "punycode_idn",
    [43] = "error_code_detected",
    [44] = "http_crawler_bot",
    [45] = "anonymous_subscriber",
    [46] = "unidirectional_traffic",
    [47] = "http_obsolete_server",
    [48] = "periodic_flow",
    [49] = "minor_issues",
    [50] = "tcp_issues",
    [51] = "fully_encrypted",
    [52] = "tls_alpn_sni_mismatch",
    [53] = "malware_host_contacted",
    [54] = "binary_data_transfer",
    [55] = "probing_attempt",
    [56] = "obfuscated_traffic",
};

const char *
classify_eve_name(const char *ndpi_name, uint8_t l4)
{
	for (size_t i = 0; i < sizeof eve_names / sizeof *eve_names; i++) {
		if (strcasecmp(eve_names[i].ndpi, ndpi_name) == 0 &&
		    (eve_names[i].l4 == 0 || eve_names[i].l4 == l4))
			return eve_names[i].eve;
	}
	return NULL;
}

bool
classify_tls_version(uint16_t version, char text_r[CLASSIFY_TLS_VERSION_MAX])
{
	/* RFC 8446's drafts: the low byte is the draft's number. */
	if (version >= 0x7f10 && version <= 0x7fff) {
		snprintf(text_r, CLASSIFY_TLS_VERSION_MAX, "TLS 1.3 draft-%u",
		    version & 0xffU);
		return true;
	}
	for (size_t i = 0; i < sizeof tls_versions / sizeof *tls_versions; i++) {
		if (tls_versions[i].number != version)
			continue;
		snprintf(text_r, CLASSIFY_TLS_VERSION_MAX, "%s", tls_versions[i].name);
		return true;
	}
	return false;
}

const char *
classify_risk_name(unsigned bit)
{
	return bit < sizeof risk_names / sizeof *risk_names ? risk_names[bit] : NULL;
}
