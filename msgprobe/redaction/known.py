"""Words that are nobody's secret: what may stay of a text that came from the network. Data only.

Each list is here because a person who reads the evidence has a use for the word, and because so
many have it in common that it tells nothing about who measured.
"""

REMOVED = "[removed]"
"""In the place of a header's value."""

HEADER_NAMES = frozenset(
    """
    accept-ranges access-control-allow-origin age allow alt-svc cache-control cf-cache-status cf-ray
    connection content-disposition content-encoding content-language content-length
    content-security-policy content-type cross-origin-opener-policy cross-origin-resource-policy
    date etag expires keep-alive last-modified link location nel p3p permissions-policy pragma
    proxy-authenticate proxy-connection referrer-policy refresh report-to retry-after server
    server-timing set-cookie strict-transport-security timing-allow-origin transfer-encoding upgrade
    vary via warning www-authenticate x-amz-cf-id x-amz-cf-pop x-amz-id-2 x-amz-request-id
    x-aspnet-version x-cache x-cache-hits x-content-type-options x-frame-options x-powered-by
    x-request-id x-robots-tag x-served-by x-squid-error x-timer x-xss-protection
    """.split()
)
"""Names that servers, CDNs and proxies all over the world send: of any other header nothing is
kept, for a name may be an identifier as well as a value (IANA's registry, and the common ones)."""

MEDIA_TYPES = frozenset(
    """
    application/dns-message application/javascript application/json application/octet-stream
    application/problem+json application/x-apple-plist application/x-protobuf application/xml
    image/gif image/jpeg image/png image/webp text/css text/html text/javascript text/plain text/xml
    text/yaml video/mp4
    """.split()
)

SERVERS = (
    "AkamaiGHost",
    "AmazonS3",
    "Apache",
    "awselb",
    "BigIP",
    "Caddy",
    "cloudflare",
    "CloudFront",
    "ECS",
    "envoy",
    "Fastly",
    "gws",
    "HAProxy",
    "lighttpd",
    "Microsoft-IIS",
    "nginx",
    "openresty",
    "proxygen",
    "squid",
    "Varnish",
)
"""Products by the name before the stroke; versions are not kept."""

PLAIN_VALUES = {
    "connection": ("close", "keep-alive", "upgrade"),
    "accept-ranges": ("bytes", "none"),
    "transfer-encoding": ("chunked",),
}
"""Values of other headers that stay."""

BLOCK_ADDRESSES = frozenset(
    ("0.0.0.0", "::", "127.0.0.1", "::1", "10.10.34.34", "10.10.34.35", "10.10.34.36", "d0::11")
)
"""Special addresses that filters all over the world, or a whole country's, answer with: they tell
who filters, never who asks (https://github.com/ooni/blocking-fingerprints, ir_4, ir_5,
ir_10dot10_ipv4_1, ir_ipv6_1)."""

BLOCK_PAGES: tuple[tuple[str, str], ...] = (
    ("Belgium: considered illegal", "that is considered illegal according to Belgian legislation"),
    ("Bahrain: anonymous.com.bh", "www.anonymous.com.bh/"),
    ("Colombia: MinTIC", "ha sido bloqueada por disposici\u00f3n del Ministerio de las TIC"),
    ("Cyprus: nba.gov.cy", "nba.gov.cy/"),
    ("Denmark: blocked by law", "lagt at blokere for adgang til siden."),
    ("Estonia: emta.ee", "emta.ee/et/juurdepaas-blokeeritud"),
    ("France: page-blocage-terrorisme", 'xtpage = "page-blocage-terrorisme"'),
    ("Greece: gaming commission", "gamingcommission.gov.gr/index.php/forbidden-access-black-list"),
    ("Indonesia: internetpositif", "internetpositif.uzone.id"),
    ("Indonesia: internetpositif", "internet-positif.org"),
    ("Indonesia: mercusuar", "mercusuar.uzone.id"),
    ("Indonesia: trustpositif", "trustpositif.kominfo.go.id"),
    ("Indonesia: aduankonten", "lamanlabuh.aduankonten.id"),
    ("Iran: 10.10.34.34", 'iframe src="http://10.10'),
    ("Iran: internet.ir", "internet.ir/1-2"),
    ("Iran: peyvandha.ir", "peyvandha.ir/1-2"),
    ("Italy: AGCOM", "<title>AGCOM Stop Page</title>"),
    ("Italy: Guardia di Finanza", "GdF Stop Page"),
    ("Latvia: iaui.gov.lv", "www.iaui.gov.lv/lv/"),
    ("Lithuania: lpt.lt", "blokuojama.lpt.lt"),
    ("Malaysia: national law", "This website is not available in Malaysia as it violate(s)"),
    ("Nepal: NTA", "<title>Block By NTA</title>"),
    ("Pakistan: PTA", "prohibited for viewership from within Pakistan"),
    ("Poland: Ministry of Finance", "www.finanse.mf.gov.pl/inne-podatki/podatek-od-gier"),
    ("Romania: restricted", "Accesul dumneavoastr\u0103 c\u0103tre acest site a fost restric"),
    (
        "Russia: restricted",
        "\u0414\u043e\u0441\u0442\u0443\u043f \u043a \u0441\u0430\u0439\u0442\u0443 "
        "\u043e\u0433\u0440\u0430\u043d\u0438\u0447\u0435\u043d \u0432 "
        "\u0441\u043e\u043e\u0442\u0432\u0435\u0442\u0441\u0442\u0432\u0438\u0438",
    ),
    ("Russia: eais.rkn.gov.ru", "eais.rkn.gov.ru/"),
    ("Russia: blocklist.rkn.gov.ru", "blocklist.rkn.gov.ru/"),
    ("Russia: warning.rt.ru", "warning.rt.ru"),
    ("Saudi Arabia: WireFilter", "Sorry, the requested page is violating the regulations of"),
    ("Singapore: High Court", "pursuant to an Order of the High Court of Singapore"),
    ("Slovakia: webblokovany", "www.overithraca.sk/webblokovany"),
    ("South Korea: warning.or.kr", "warning.or.kr"),
    ("Thailand: MDES", "illegal.mdes.go.th"),
    ("Thailand: ais-idc", "prohibit.ais-idc.com"),
    ("Turkey: court", "karar\u0131yla eri\u015fime engellenmi\u015ftir"),
    ("Uzbekistan: reestr", "reestr.mitc.uz/"),
)
"""Name and a text of block pages of whole countries, for bodies and for where a redirect leads
(https://github.com/ooni/blocking-fingerprints at 4ad5abef, scope ``nat``, where both kinds are
told apart). A page of one company or school is not in it: its name would tell where somebody is."""

KINDS: tuple[tuple[str, str], ...] = (
    ("HTTP", "http/"),
    ("HTML", "<!doctype html"),
    ("HTML", "<html"),
    ("XML", "<?xml"),
    ("JSON", "{"),
    ("SSH", "ssh-"),
    ("mail or file server", "220 "),
)
"""What a text is, by how it begins (in lower case)."""

PUBLIC_RESOLVERS = {
    "1.1.1.1": "Cloudflare",
    "1.0.0.1": "Cloudflare",
    "1.1.1.2": "Cloudflare",
    "1.1.1.3": "Cloudflare",
    "2606:4700:4700::1111": "Cloudflare",
    "2606:4700:4700::1001": "Cloudflare",
    "8.8.8.8": "Google",
    "8.8.4.4": "Google",
    "2001:4860:4860::8888": "Google",
    "2001:4860:4860::8844": "Google",
    "9.9.9.9": "Quad9",
    "9.9.9.10": "Quad9",
    "149.112.112.112": "Quad9",
    "2620:fe::fe": "Quad9",
    "2620:fe::9": "Quad9",
    "208.67.222.222": "OpenDNS",
    "208.67.220.220": "OpenDNS",
    "2620:119:35::35": "OpenDNS",
    "94.140.14.14": "AdGuard",
    "94.140.15.15": "AdGuard",
    "2a10:50c0::ad1:ff": "AdGuard",
    "77.88.8.8": "Yandex",
    "77.88.8.1": "Yandex",
    "223.5.5.5": "AliDNS",
    "114.114.114.114": "114DNS",
    "119.29.29.29": "DNSPod",
    "193.110.81.0": "dns0.eu",
    "76.76.2.0": "Control D",
}
"""Resolvers that everybody may ask, beside those of the target files."""

RCODES = frozenset(
    "NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE "
    "BADVERS BADCOOKIE".split()
)
TLS_VERSIONS = frozenset(("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", "SSLv3", "QUICv1"))
ALPN = frozenset(("h2", "h3", "http/1.1", "http/1.0", "acme-tls/1"))
ALERTS = frozenset(
    """
    access_denied bad_certificate bad_certificate_hash_value bad_certificate_status_response
    bad_record_mac certificate_expired certificate_required certificate_revoked
    certificate_unknown certificate_unobtainable close_notify decode_error decompression_failure
    decrypt_error decryption_failed ech_required export_restriction general_error handshake_failure
    illegal_parameter inappropriate_fallback insufficient_security internal_error
    missing_extension no_application_protocol no_certificate no_renegotiation protocol_version
    record_overflow unexpected_message unknown_ca unknown_psk_identity unrecognized_name
    unsupported_certificate unsupported_extension user_canceled
    """.split()
)
"""Names of the registry of TLS alerts (RFC 8446 §6, IANA)."""

VERIFY_ERRORS = (
    "Hostname mismatch",
    "IP address mismatch",
    "certificate has expired",
    "certificate is not yet valid",
    "certificate revoked",
    "certificate signature failure",
    "invalid CA certificate",
    "self-signed certificate in certificate chain",
    "self-signed certificate",
    "self signed certificate",
    "unable to get issuer certificate",
    "unable to get local issuer certificate",
    "unable to verify the first certificate",
    "unsuitable certificate purpose",
    "EE certificate key too weak",
    "CA certificate key too weak",
)
"""How OpenSSL's reasons begin (X509_verify_cert_error_string)."""

PROXY_VARIABLES = frozenset(
    name
    for upper in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
    for name in (upper, upper.lower())
)

OWN_WORDS = frozenset(
    """
    a address addresses after all already among an and another answer answered answering answers any
    are as at authenticated away back be begins belongs between block blocks body but by bytes
    cannot carries cell certificate certificates chain check checked checksum chose client close
    closed closes code connack connection cookie could curve cut data datagram date decrypt der
    device's dns does echo empty encrypted ended ends enough ephemeral error field fingerprints for
    form frame from h3 handshake has header hello hold holds http http2 icmp id identity ids in
    instead is it its key keys kind known leaf length list local long longer malformed max_bytes
    max_time message messages method missing mmtls more mqtt mtproto name named names no noise nonce
    none not nothing number of off on once one only or other our ours out over overran package
    packet padded peer plain point pq primes proof protobuf protocol proved question quic reads
    realm record refused refuses relay reply repeats request resPQ response respq return root sealed
    second server server's several shorter should shown shows signal signature signed size small smp
    stands static status stun tag take takes text than that the their them there threema time times
    to too tor transport turns two type udp under unexpected unknown unknown_root us used validity
    value varint version versions was we websocket what where whole with without words wrong xmpp
    begun begin late left interrupted deadline
    """.split()
)
"""Words of the details that steps and the runner write, in lower case."""

ENDS_OURS = frozenset(("begins", "closes:", "close:", "realm", "request", "websocket:"))
"""Behind them the words are the peer's."""
