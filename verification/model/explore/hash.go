package explore

import (
	"encoding/binary"
	"math/bits"
)

// hash maps an encoded state, padded to a multiple of eight bytes, to 64 bits.
// It is the same in every run, so that counts and traces are, too.
func hash(b []byte) uint64 {
	const k0, k1, k2 = 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93, 0xa0761d6478bd642f
	h := uint64(k0)
	for len(b) >= 16 {
		h = fold(binary.LittleEndian.Uint64(b)^k1, binary.LittleEndian.Uint64(b[8:])^h)
		b = b[16:]
	}
	if len(b) >= 8 {
		h = fold(binary.LittleEndian.Uint64(b)^k2, h^k1)
	}
	return fold(h^k2, k0)
}

// fold multiplies to 128 bits and adds the halves without carry.
func fold(x, y uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	return hi ^ lo
}

// padded rounds a width up to what hash reads.
func padded(width int) int { return (width + 7) &^ 7 }
