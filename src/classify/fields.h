/*
 * The metadata that classification can find, in one list: the public table and the
 * numbers that the extractor uses are both made from it. Ascending by path. Names and
 * types are EVE's where EVE has the field; objects that EVE lacks follow its manner.
 * Passwords never appear here, only that one was seen.
 *
 * F(number's name, path, type, help)
 */
#ifndef CLASSIFY_FIELDS_H
#define CLASSIFY_FIELDS_H

/* clang-format off */
#define CLASSIFY_FIELDS(F)                                                             \
F(BITTORRENT_INFO_HASH, "bittorrent.info_hash", STRING,                                \
	"info hash of the torrent, 40 hexadecimal digits")                             \
F(COLLECTD_USERNAME, "collectd.username", STRING,                                      \
	"user name of the client (nDPI 4.4)")                                          \
F(DHCP_FINGERPRINT, "dhcp.fingerprint", STRING,                                        \
	"option codes that the client asked for, in its order, joined by commas")      \
F(DHCP_HOSTNAME, "dhcp.hostname", STRING, "host name option of the client")            \
F(DHCP_VENDOR_CLASS, "dhcp.vendor_class_identifier", STRING,                           \
	"vendor class option of the client")                                           \
F(FTP_AUTH_FAILED, "ftp.auth_failed", BOOL, "the server refused the login")            \
F(FTP_AUTH_TLS, "ftp.auth_tls", BOOL, "the client asked for TLS")                      \
F(FTP_PASSWORD_SEEN, "ftp.password_seen", BOOL, "a password went by in clear")         \
F(FTP_USERNAME, "ftp.username", STRING, "login name")                                  \
F(IMAP_AUTH_FAILED, "imap.auth_failed", BOOL, "the server refused the login")          \
F(IMAP_AUTH_TLS, "imap.auth_tls", BOOL, "the client asked for TLS")                    \
F(IMAP_PASSWORD_SEEN, "imap.password_seen", BOOL, "a password went by in clear")       \
F(IMAP_USERNAME, "imap.username", STRING, "login name")                                \
F(KRB5_CNAME, "krb5.cname", STRING, "client principal, a user")                        \
F(KRB5_HOSTNAME, "krb5.hostname", STRING,                                              \
	"client principal, a machine account without its $")                           \
F(KRB5_REALM, "krb5.realm", STRING, "realm (domain), lower case")                      \
F(MINING_CURRENCY, "mining.currency", STRING, "crypto currency that is mined")         \
F(NDPI_DNS_ANSWERS, "ndpi.dns.answers", INTEGER,                                       \
	"records in the answers, authorities and additionals of the first exchange")   \
F(NDPI_DNS_QUERIES, "ndpi.dns.queries", INTEGER, "questions of the first exchange")    \
F(NDPI_DNS_QUERY_TYPE, "ndpi.dns.query_type", INTEGER,                                 \
	"type of the first question, its DNS number")                                  \
F(NDPI_DNS_RCODE, "ndpi.dns.rcode", INTEGER, "reply code, its DNS number")             \
F(NDPI_DNS_RESPONSE_ADDRESS, "ndpi.dns.response_address", STRING,                      \
	"first address in the answer")                                                 \
F(NDPI_DNS_RESPONSE_TYPE, "ndpi.dns.response_type", INTEGER,                           \
	"type of the last record looked at in the answer, its DNS number")             \
F(NDPI_ENTROPY, "ndpi.entropy", REAL,                                                  \
	"entropy of an ICMP payload in bits per byte, 0 to 8")                         \
F(NDPI_HOSTNAME, "ndpi.hostname", STRING,                                              \
	"name the flow is about: name asked for, Host header, server's banner")        \
F(NDPI_HTTP_CONTENT_TYPE, "ndpi.http.content_type", STRING,                            \
	"Content-Type of the first response")                                          \
F(NDPI_HTTP_METHOD, "ndpi.http.method", STRING, "method of the first request")         \
F(NDPI_HTTP_OS, "ndpi.http.os", STRING,                                                \
	"operating system that the User-Agent claims")                                 \
F(NDPI_HTTP_REQUEST_CONTENT_TYPE, "ndpi.http.request_content_type", STRING,            \
	"Content-Type of the first request")                                           \
F(NDPI_HTTP_STATUS, "ndpi.http.status", INTEGER, "status of the first response")       \
F(NDPI_HTTP_URL, "ndpi.http.url", STRING, "host and target of the first request")      \
F(NDPI_HTTP_USER_AGENT, "ndpi.http.user_agent", STRING,                                \
	"User-Agent of the first request")                                             \
F(NDPI_HTTP_XFF, "ndpi.http.xff", STRING, "X-Forwarded-For of the first request")      \
F(NETBIOS_NAME, "netbios.name", STRING, "NetBIOS name asked for or claimed")           \
F(NTP_REQUEST_CODE, "ntp.request_code", INTEGER,                                       \
	"request code of a version 2 private (mode 7) message; 42 is monlist")         \
F(NTP_VERSION, "ntp.version", INTEGER, "protocol version")                             \
F(POP3_AUTH_FAILED, "pop3.auth_failed", BOOL, "the server refused the login")          \
F(POP3_AUTH_TLS, "pop3.auth_tls", BOOL, "the client asked for TLS")                    \
F(POP3_PASSWORD_SEEN, "pop3.password_seen", BOOL, "a password went by in clear")       \
F(POP3_USERNAME, "pop3.username", STRING, "login name")                                \
F(QUIC_CLIENT_ALPNS, "quic.client_alpns", STRING_LIST, "protocols the client offers")  \
F(QUIC_JA3_HASH, "quic.ja3.hash", STRING, "JA3 of the client, MD5 in hexadecimal")     \
F(QUIC_JA4, "quic.ja4", STRING, "JA4 of the client (nDPI 4.10)")                       \
F(QUIC_SNI, "quic.sni", STRING, "server name asked for, lower case; its last 79 bytes")\
F(QUIC_SUPPORTED_VERSIONS, "quic.supported_versions", STRING_LIST,                     \
	"TLS versions that the client offers")                                         \
F(QUIC_TLS_VERSION, "quic.tls_version", STRING, "TLS version of the handshake")        \
F(QUIC_UA, "quic.ua", STRING, "user agent of versions before the standard")            \
F(QUIC_VERSION, "quic.version", STRING, "version of the protocol (nDPI 4.8)")          \
F(RSH_CLIENT_USERNAME, "rsh.client_username", STRING,                                  \
	"user name at the client (nDPI 4.4)")                                          \
F(RSH_SERVER_USERNAME, "rsh.server_username", STRING,                                  \
	"user name at the server (nDPI 4.4)")                                          \
F(SMB_VERSION, "smb.version", STRING, "1, or 2/3")                                     \
F(SMTP_AUTH_FAILED, "smtp.auth_failed", BOOL, "the server refused the login")          \
F(SMTP_AUTH_TLS, "smtp.auth_tls", BOOL, "the client asked for TLS")                    \
F(SMTP_PASSWORD_SEEN, "smtp.password_seen", BOOL, "a password went by in clear")       \
F(SMTP_USERNAME, "smtp.username", STRING, "login name")                                \
F(SNMP_VERSION, "snmp.version", INTEGER, "1, 2 or 3 (nDPI 4.4)")                       \
F(SSH_CLIENT_HASSH_HASH, "ssh.client.hassh.hash", STRING,                              \
	"HASSH of the client's algorithms, MD5 in hexadecimal")                        \
F(SSH_CLIENT_PROTO_VERSION, "ssh.client.proto_version", STRING,                        \
	"protocol version in the client's banner")                                     \
F(SSH_CLIENT_SOFTWARE_VERSION, "ssh.client.software_version", STRING,                  \
	"software in the client's banner")                                             \
F(SSH_SERVER_HASSH_HASH, "ssh.server.hassh.hash", STRING,                              \
	"HASSH of the server's algorithms, MD5 in hexadecimal")                        \
F(SSH_SERVER_PROTO_VERSION, "ssh.server.proto_version", STRING,                        \
	"protocol version in the server's banner")                                     \
F(SSH_SERVER_SOFTWARE_VERSION, "ssh.server.software_version", STRING,                  \
	"software in the server's banner")                                             \
F(STUN_BINDING_REQUESTS, "stun.binding_requests", INTEGER,                             \
	"binding requests while the flow was looked at")                               \
F(STUN_REALM, "stun.realm", STRING, "realm attribute")                                 \
F(TELNET_PASSWORD_SEEN, "telnet.password_seen", BOOL, "a password was typed in clear") \
F(TELNET_USERNAME, "telnet.username", STRING, "login name as typed")                   \
F(TFTP_FILE, "tftp.file", STRING, "file asked for (nDPI 4.4)")                         \
F(TLS_BROWSER, "tls.browser", STRING_LIST,                                             \
	"browsers whose handshake this resembles, a weak hint: chrome, firefox, safari") \
F(TLS_CIPHER, "tls.cipher", STRING, "cipher suite that the server chose")              \
F(TLS_CIPHER_STRENGTH, "tls.cipher_strength", STRING,                                  \
	"weak or insecure, when the suite is")                                         \
F(TLS_CLIENT_ALPNS, "tls.client_alpns", STRING_LIST, "protocols the client offers")    \
F(TLS_ESNI, "tls.esni", STRING, "encrypted server name, hexadecimal")                  \
F(TLS_ESNI_CIPHER, "tls.esni_cipher", STRING, "cipher suite of the encrypted name")    \
F(TLS_FINGERPRINT, "tls.fingerprint", STRING,                                          \
	"SHA-1 of the server's certificate, hexadecimal bytes joined by colons")       \
F(TLS_ISSUERDN, "tls.issuerdn", STRING, "issuer of the server's certificate")          \
F(TLS_JA3_HASH, "tls.ja3.hash", STRING, "JA3 of the client, MD5 in hexadecimal")       \
F(TLS_JA3S_HASH, "tls.ja3s.hash", STRING, "JA3S of the server, MD5 in hexadecimal")    \
F(TLS_JA4, "tls.ja4", STRING, "JA4 of the client (nDPI 4.10)")                         \
F(TLS_NOTAFTER, "tls.notafter", STRING, "end of the certificate's validity, UTC")      \
F(TLS_NOTBEFORE, "tls.notbefore", STRING, "start of the certificate's validity, UTC")  \
F(TLS_SERVER_HANDSHAKE_CIPHER, "tls.server_handshake.cipher", INTEGER,                 \
	"cipher suite that the server chose, its IANA number")                         \
F(TLS_SNI, "tls.sni", STRING, "server name asked for, lower case; its last 79 bytes")  \
F(TLS_SUBJECT, "tls.subject", STRING, "subject of the server's certificate")           \
F(TLS_SUBJECTALTNAME, "tls.subjectaltname", STRING_LIST,                               \
	"names in the server's certificate")                                           \
F(TLS_SUPPORTED_VERSIONS, "tls.supported_versions", STRING_LIST,                       \
	"versions that the client offers")                                             \
F(TLS_VERSION, "tls.version", STRING,                                                  \
	"version; TLS 1.3 as the server chose it, others as the client's hello says")  \
F(UBNT_VERSION, "ubnt.version", STRING, "firmware version of an Ubiquiti device")      \
F(WHOIS_QUERY, "whois.query", STRING, "query of the client")
/* clang-format on */

#define CLASSIFY_FIELD_NUMBER(name, path, type, help) FIELD_##name,
enum classify_field_number {
	CLASSIFY_FIELDS(CLASSIFY_FIELD_NUMBER) FIELD_N,
};
#undef CLASSIFY_FIELD_NUMBER

#endif
