package jwks

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// A headerMemo is headers that were read before. An issuer writes the same one over all
// of its tokens until it changes its key, and reading it is a quarter of what a token
// costs beside its signature.
//
// Only headers of verified tokens are put in, so that no stranger has a say in what is
// here. What a header says depends on nothing else, so that nothing here gets old. One
// that falls on the place of another puts it out.
type headerMemo struct {
	seed   maphash.Seed
	places [64]atomic.Pointer[readHeader]
}

type readHeader struct {
	encoded string
	header  header
}

func newHeaderMemo() *headerMemo { return &headerMemo{seed: maphash.MakeSeed()} }

// read is parseHeader, for a header that may be known. known is where it is not to be
// put in once more.
func (m *headerMemo) read(encoded string, r *room) (h header, known bool, err error) {
	if seen := m.place(encoded).Load(); seen != nil && seen.encoded == encoded {
		return seen.header, true, nil
	}
	h, err = parseHeader(encoded, r)
	return h, false, err
}

func (m *headerMemo) put(encoded string, h header) {
	m.place(encoded).Store(&readHeader{encoded: strings.Clone(encoded), header: h})
}

func (m *headerMemo) place(encoded string) *atomic.Pointer[readHeader] {
	return &m.places[maphash.String(m.seed, encoded)%uint64(len(m.places))]
}
