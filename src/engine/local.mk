libtallyman_a_SOURCES +=
