EXTRA_DIST += scripts/make-pcaps scripts/pcap-recode scripts/pcaps.d
