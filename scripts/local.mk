EXTRA_DIST += scripts/make-pcaps scripts/pcap-recode scripts/pcaps.d
EXTRA_DIST += scripts/fetch-geo
