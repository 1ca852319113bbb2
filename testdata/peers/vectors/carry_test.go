package vectors

import (
	"bytes"
	"crypto"
	"math/big"
	"slices"
	"strings"
)

// An edit is a vector's signature on its way to another message.
type edit struct {
	key      *privateKey
	alg      string // of the header
	from, to string // what the vector signs, and what is to be signed instead
	base     []byte // the good signature beside it in its group, of the same message, or nil
}

// carry returns a signature of e.to that has what is wrong with sig, and in a word how
// it was made; "kept" means that sig is of no message and was left as it was.
func (e *edit) carry(sig []byte) ([]byte, string) {
	switch e.key.Kty {
	case "oct":
		return e.carryMAC(sig)
	case "EC":
		return e.carryECDSA(sig)
	case "RSA":
		return e.carryRSA(sig)
	}
	return sig, "kept"
}

func (e *edit) carryMAC(sig []byte) ([]byte, string) {
	hash := hashOf(e.alg)
	if hash == 0 {
		return sig, "kept"
	}
	was, is := mac(hash, e.key.K, e.from), mac(hash, e.key.K, e.to)
	switch {
	case bytes.Equal(sig, was):
		return is, "signed again"
	case len(sig) == len(was) && differ(sig, was) <= 8:
		return xor(is, xor(sig, was)), "same bits changed"
	}
	return sig, "kept"
}

// differ counts the bytes that do.
func differ(a, b []byte) (n int) {
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

func (e *edit) carryECDSA(sig []byte) ([]byte, string) {
	hash := hashOf(e.alg)
	if e.key.curve == nil || hash == 0 || !strings.HasPrefix(e.alg, "ES") {
		return sig, "kept"
	}
	size := e.key.size()
	is := e.key.signECDSA(hash, e.to)
	if len(sig) == 2*size && e.key.signed(hash, e.from, octets(sig[:size]).number(), octets(sig[size:]).number()) {
		return is, "signed again"
	}
	if len(e.base) != 2*size {
		return sig, "kept"
	}
	n := e.key.curve.Params().N
	for _, twin := range []bool{false, true} { // (r, n-s) is as good a signature as (r, s)
		was, is := slices.Clone(e.base), slices.Clone(is)
		if twin {
			new(big.Int).Sub(n, octets(was[size:]).number()).FillBytes(was[size:])
			new(big.Int).Sub(n, octets(is[size:]).number()).FillBytes(is[size:])
		}
		if out, how := disfigure(sig, was, is, n); out != nil {
			return out, how
		}
	}
	return sig, "kept"
}

// disfigure does to is what was done to was so that it became sig, or returns nil if it
// does not find out what that is.
func disfigure(sig, was, is []byte, n *big.Int) ([]byte, string) {
	size := len(was) / 2
	switch {
	case bytes.Contains(sig, was[:size]) && bytes.Contains(sig, was[size:]):
		out := bytes.Replace(sig, was[:size], is[:size], 1)
		return bytes.Replace(out, was[size:], is[size:], 1), "same bytes around r and s"
	case len(sig) == 2*size && differ(sig, was) <= 8:
		return xor(is, xor(sig, was)), "same bits changed"
	case len(sig) == 2*size+2:
		r, s := shift(sig[:size+1], was[:size], is[:size], n), shift(sig[size+1:], was[size:], is[size:], n)
		if r != nil && s != nil {
			return slices.Concat(r, s), "same number added"
		}
	}
	return nil, ""
}

// shift adds to is what was lacks to be sum, if that is a multiple of n or of a power of
// two, and writes it as long as sum.
func shift(sum, was, is []byte, n *big.Int) []byte {
	more := new(big.Int).Sub(octets(sum).number(), octets(was).number())
	overflow := new(big.Int).Lsh(big.NewInt(1), uint(8*len(was)))
	if new(big.Int).Mod(more, n).Sign() != 0 && new(big.Int).Mod(more, overflow).Sign() != 0 {
		return nil
	}
	return more.Add(more, octets(is).number()).FillBytes(make([]byte, len(sum)))
}

// carryRSA looks for what was done to the number that is the signature, undoes it,
// changes the message inside, and does it again.
func (e *edit) carryRSA(sig []byte) ([]byte, string) {
	n, size := e.key.N.number(), e.key.size()
	number := octets(sig).number()
	if len(sig) < size && hashOf(e.alg) != 0 {
		return e.key.sign(e.alg, e.to)[:len(sig)], "cut as short"
	}
	more := len(sig) - size
	switch {
	case number.Cmp(n) < 0:
		if out, ok := e.reopen(number); ok {
			return slices.Concat(make([]byte, max(more, 0)), out), "same change inside"
		}
	case more > 0 && bytes.Count(sig[size:], []byte{0}) == more:
		if out, ok := e.reopen(octets(sig[:size]).number()); ok {
			return slices.Concat(out, make([]byte, more)), "as many bytes behind"
		}
	default:
		out, ok := e.reopen(new(big.Int).Sub(number, n))
		if sum := new(big.Int).Add(octets(out).number(), n); ok && sum.BitLen() <= 8*len(sig) {
			return sum.FillBytes(make([]byte, len(sig))), "not reduced either"
		}
	}
	if strings.HasPrefix(e.alg, "RS") && more == 0 {
		if was := e.key.sign(e.alg, e.from); differ(sig, was) <= 8 {
			return xor(e.key.sign(e.alg, e.to), xor(sig, was)), "same bits changed"
		}
	}
	return sig, "kept"
}

// reopen replaces the message in a signature, whatever is around it.
func (e *edit) reopen(sig *big.Int) ([]byte, bool) {
	if sig.Sign() < 0 || sig.Cmp(e.key.N.number()) >= 0 {
		return nil, false
	}
	em := e.key.open(sig)
	for _, hash := range hashes {
		was, is := digest(hash, []byte(e.from)), digest(hash, []byte(e.to))
		if bytes.Contains(em, was) {
			return e.key.power(bytes.Replace(em, was, is, 1)), true
		}
		if out := reopenPSS(hash, em, was, is); out != nil {
			return e.key.power(out), true
		}
		if right := encodePKCS1(hash, e.from, len(em)); differ(em, right) <= 8 {
			return e.key.power(xor(encodePKCS1(hash, e.to, len(em)), xor(em, right))), true
		}
	}
	return nil, false
}

// reopenPSS finds the salt, of whatever length, by trying all, and then puts the new
// digest beside it; everything else in the data block stays.
func reopenPSS(hash crypto.Hash, em, was, is []byte) []byte {
	cut := len(em) - hash.Size() - 1
	masked, h, trailer := em[:cut], em[cut:len(em)-1], em[len(em)-1]
	db := xor(masked, mask(hash, h, cut))
	db[0] &= 0x7f
	for i := range cut + 1 {
		if bytes.Equal(h, digest(hash, make([]byte, 8), was, db[i:])) {
			out := joinPSS(hash, db, digest(hash, make([]byte, 8), is, db[i:]), trailer)
			out[0] |= masked[0] & 0x80
			return out
		}
	}
	return nil
}
