package wire

import "moonpeer/net/broker"

// Batch goes through the messages of a Zeek batch. All it gives out aliases
// the payload.
type Batch struct {
	r    Reader
	left int
}

// ParseBatch reads a batch and checks the shape of every message in it, also
// in batches within: as in Broker, one bad message makes the whole batch bad.
func ParseBatch(payload []byte) (Batch, error) {
	t, r, err := ParseZeekHeader(payload)
	if err != nil {
		return Batch{}, err
	}
	if t != ZeekBatch {
		return Batch{}, ErrShape
	}
	check := NewReader(payload)
	if err = check.checkMessage(MaxDepth); err != nil {
		return Batch{}, err
	}
	if check.Remaining() > 0 {
		return Batch{}, ErrTrailing
	}
	n, err := r.vector()
	return Batch{r: r, left: n}, err
}

// Len returns the number of messages that Next has still to give out.
func (b *Batch) Len() int { return b.left }

// Next returns the next message, as it would be the payload of a frame of its
// own; false at the end.
func (b *Batch) Next() ([]byte, bool) {
	if b.left == 0 {
		return nil, false
	}
	b.left--
	start := b.r.off
	if b.r.Skip() != nil {
		return nil, false // not reached, ParseBatch has read it
	}
	return b.r.b[start:b.r.off:b.r.off], true
}

// checkMessage reads over one Zeek message, checking its shape, in one pass:
// elements beyond the known ones are skipped.
func (r *Reader) checkMessage(depth int) error {
	if depth < 3 {
		return ErrDepth
	}
	outer, err := r.vector()
	if err != nil || outer < 3 {
		return shapeError(err)
	}
	version, err := r.taggedCount()
	if err != nil || version != zeekVersion {
		return shapeError(err)
	}
	t, err := r.taggedCount()
	if err != nil {
		return err
	}
	inner, err := r.vector()
	if err != nil {
		return err
	}
	if err = r.checkContent(ZeekType(min(t, 0xff)), inner, depth-2); err != nil {
		return err
	}
	return r.skipN(outer-3, depth-1)
}

// checkContent reads over the n elements of the content of a message, which
// may nest depth levels.
func (r *Reader) checkContent(t ZeekType, n, depth int) error {
	switch t {
	case ZeekEvent:
		return r.checkEvent(n, depth)
	case ZeekLogCreate:
		return r.checkKinds(n, depth, broker.KindEnum, broker.KindEnum, anyKind, anyKind)
	case ZeekLogWrite:
		return r.checkKinds(n, depth, broker.KindEnum, broker.KindEnum, broker.KindString, broker.KindString)
	case ZeekIdentifierUpdate:
		return r.checkKinds(n, depth, broker.KindString, anyKind)
	case ZeekBatch:
		for range n {
			if err := r.checkMessage(depth); err != nil {
				return err
			}
		}
		return nil
	}
	return ErrShape
}

func (r *Reader) checkEvent(n, depth int) error {
	if n < 2 {
		return ErrShape
	}
	if _, err := r.taggedString(); err != nil {
		return err
	}
	nargs, err := r.vector()
	if err != nil {
		return err
	}
	if err = r.skipN(nargs, depth-1); err != nil || n == 2 {
		return err
	}
	if err = r.checkMeta(); err != nil {
		return err
	}
	return r.skipN(n-3, depth)
}

// anyKind stands for a value of any kind in checkKinds.
const anyKind = broker.Kind(0xff)

// checkKinds reads over n values; the first must be of the given kinds.
func (r *Reader) checkKinds(n, depth int, kinds ...broker.Kind) error {
	if n < len(kinds) {
		return ErrShape
	}
	for _, want := range kinds {
		ahead := *r
		if k, err := ahead.Kind(); err != nil || want != anyKind && k != want {
			return shapeError(err)
		}
		if err := r.skip(depth); err != nil {
			return err
		}
	}
	return r.skipN(n-len(kinds), depth)
}

// skipN skips n values.
func (r *Reader) skipN(n, depth int) error {
	for ; n > 0; n-- {
		if err := r.skip(depth); err != nil {
			return err
		}
	}
	return nil
}
