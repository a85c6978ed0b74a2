/*
 * The estimate of a HyperLogLog sketch: the improved raw estimator of Ertl ("New
 * cardinality estimation algorithms for HyperLogLog sketches", 2017, algorithm 6). Its
 * bias is below 2 % from nothing to the largest counts, so it needs neither the switch
 * to linear counting nor tables of corrections. In fixed point, because floating point
 * may round differently from host to host.
 */
#include "config.h"

#include "flow/sketch/hll.h"

/* 64^2 / (2 ln 2), with HLL_RANK_MAX bits behind the point */
#define SCALE UINT64_C(3248660424278399)

/*
 * The weight of c empty registers out of 64: 64 sigma(c / 64) with 32 bits behind the
 * point, where sigma(x) = x + sum over k >= 1 of 2^(k-1) x^(2^k). c is below 64.
 */
static uint64_t
weight_of_empty(unsigned c)
{
	uint64_t x = (uint64_t)c << (32 - HLL_INDEX_BITS), sum = x, factor = 1;

	while ((x = x * x >> 32) != 0) {
		sum += x * factor;
		factor *= 2;
	}
	return sum << HLL_INDEX_BITS;
}

uint64_t
meter_distinct(const uint8_t registers[METER_HLL_REGISTERS])
{
	uint64_t sum = 0;
	unsigned empty = 0;

	for (unsigned i = 0; i < METER_HLL_REGISTERS; i++) {
		if (registers[i] == 0)
			empty++;
		else
			sum += UINT64_C(1) << (HLL_RANK_MAX - registers[i]);
	}
	if (empty == METER_HLL_REGISTERS)
		return 0;
	sum += weight_of_empty(empty) << (HLL_RANK_MAX - 32);
	return (SCALE + sum / 2) / sum;
}
