package quicpeer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"testing"
	"testing/iotest"

	"moonpeer/net/broker"
	"moonpeer/net/step"
	"moonpeer/net/wire"
)

// pieces gives data in reads of the given sizes, over and over again, and then err.
type pieces struct {
	data  []byte
	sizes []int
	n     int
	err   error
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, p.err
	}
	n := copy(b[:min(len(b), max(p.sizes[p.n%len(p.sizes)], 1))], p.data)
	p.n++
	p.data = p.data[n:]
	return n, nil
}

// readAll returns all frames that a reader makes of a stream, and how it ends.
func readAll(t testing.TB, from io.Reader, maxFrame int) (frames [][]byte, err error) {
	t.Helper()
	r := &reader{lane: step.LaneEvents, from: from, maxFrame: maxFrame, size: smallBuffer}
	batches := []*step.Batch{step.NewBatch(nil), step.NewBatch(nil)}
	for i := 0; ; i++ {
		b := batches[i%2]
		b.Reset(1, step.LaneEvents)
		if err := r.fill(b); err != nil {
			return frames, err
		}
		if b.Len() == 0 {
			t.Fatal("a batch without a frame")
		}
		total := 0
		for j := range b.Len() {
			f := b.Frame(j)
			total += len(f)
			frames = append(frames, bytes.Clone(f))
		}
		if total != len(b.Buf) {
			t.Fatalf("frames of %d bytes in a batch of %d", total, len(b.Buf))
		}
	}
}

// cut is what readAll should return, done the simple way.
func cut(data []byte, maxFrame int) (frames [][]byte, tooLarge bool) {
	for len(data) >= wire.LengthSize {
		n := int64(binary.BigEndian.Uint32(data))
		if n > int64(maxFrame) {
			return frames, true
		}
		if int64(len(data)) < n+wire.LengthSize {
			return frames, false
		}
		frames = append(frames, data[:n+wire.LengthSize])
		data = data[n+wire.LengthSize:]
	}
	return frames, false
}

func frameOf(size int) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(size))
	for i := range size {
		b = append(b, byte(i+size))
	}
	return b
}

// check reads data in pieces and compares with cut.
func check(t testing.TB, data []byte, maxFrame int, sizes ...int) {
	t.Helper()
	want, tooLarge := cut(data, maxFrame)
	broken := errors.New("broken")
	got, err := readAll(t, &pieces{data: data, sizes: sizes, err: broken}, maxFrame)
	if !slices.EqualFunc(got, want, bytes.Equal) {
		t.Fatalf("pieces of %v: %d frames, want %d", sizes, len(got), len(want))
	}
	if tooLarge != errors.Is(err, broker.ErrInvalidMessage) || !tooLarge && err != broken {
		t.Fatalf("pieces of %v: ended with %v, too large: %v", sizes, err, tooLarge)
	}
}

func TestFillEverySplit(t *testing.T) {
	t.Parallel()
	var data []byte
	for _, size := range []int{0, 1, 5, 0, 0, 20, 3, 40, 2} {
		data = append(data, frameOf(size)...)
	}
	data = append(data, 0, 0, 0, 9, 1, 2) // one that is not all there
	tooLarge := slices.Concat(data[:len(data)-6], []byte{0, 0, 0, 41, 1, 2, 3})
	for _, d := range [][]byte{data, tooLarge} {
		for i := range len(d) {
			check(t, d, 40, i, len(d))
			check(t, d, 40, i+1)
			for j := range len(d) - i {
				check(t, d, 40, i, j, len(d))
			}
		}
	}
}

func TestFillSizes(t *testing.T) {
	t.Parallel()
	var data []byte
	for _, size := range []int{smallBuffer - 4, smallBuffer, 1, largeBuffer - 4, largeBuffer, 10, keepBuffer + 1, 300_000,
		0, 5, 2 * smallBuffer, 1_000_000} {
		data = append(data, frameOf(size)...)
	}
	for range 5000 {
		data = append(data, frameOf(20)...)
	}
	for _, sizes := range [][]int{{1 << 30}, {1200}, {smallBuffer}, {1, 70_000}, {4, 100}, {largeBuffer, 3}, {7, 7, 7, 1 << 20}} {
		check(t, data, 1_000_000, sizes...)
		check(t, data, 999_999, sizes...)
	}
	frames, err := readAll(t, iotest.DataErrReader(bytes.NewReader(data)), 1_000_000)
	if want, _ := cut(data, 1_000_000); len(frames) != len(want) || err != io.EOF {
		t.Errorf("an error together with data: %d frames, want %d; %v", len(frames), len(want), err)
	}
}

func TestFrameLimit(t *testing.T) {
	t.Parallel()
	for size, ok := range map[int]bool{1000: true, 1001: false} {
		frames, err := readAll(t, bytes.NewReader(frameOf(size)), 1000)
		if ok && (len(frames) != 1 || err != io.EOF) || !ok && (len(frames) != 0 || !errors.Is(err, wire.ErrFrameTooLarge)) {
			t.Errorf("size %d: %d frames, %v", size, len(frames), err)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(slices.Concat(frameOf(0), frameOf(3), frameOf(200)), uint16(100), uint16(1), uint16(5))
	f.Add(slices.Concat(frameOf(5000), frameOf(3)), uint16(5000), uint16(4096), uint16(1))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff}, uint16(100), uint16(3), uint16(3))
	f.Add(eventFrame(f, 1, 100), uint16(1000), uint16(40), uint16(2))
	f.Fuzz(func(t *testing.T, data []byte, maxFrame, a, b uint16) {
		check(t, data, int(maxFrame), int(a), int(b))
		check(t, data, int(maxFrame), int(b), 1, int(a))
	})
}

// TestAnnouncedMemory: what a length field says costs nothing; what has arrived costs a small multiple of it.
func TestAnnouncedMemory(t *testing.T) {
	for _, arrived := range []int{5, 1 << 10, 100 << 10, 1 << 20} {
		t.Run(fmt.Sprint(arrived), func(t *testing.T) {
			data := append(binary.BigEndian.AppendUint32(nil, wire.DefaultMaxFrame), make([]byte, arrived)...)
			from := &pieces{data: data, sizes: []int{1200}, err: io.ErrUnexpectedEOF}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := readAll(t, from, wire.DefaultMaxFrame)
			runtime.ReadMemStats(&after)
			if err != io.ErrUnexpectedEOF {
				t.Fatal(err)
			}
			// Each buffer is up to twice the one before and the last up to twice what it holds; the race detector adds some.
			if got, most := after.TotalAlloc-before.TotalAlloc, uint64(6*(arrived+smallBuffer)); got > most {
				t.Errorf("%d bytes were allocated, at most %d should be", got, most)
			}
		})
	}
}

// TestBuffersKept: large frames leave no large buffers behind, and a lane that is idle again none that are not small.
func TestBuffersKept(t *testing.T) {
	t.Parallel()
	l := &link{maxFrame: wire.DefaultMaxFrame}
	var data []byte
	for range maxOpen {
		data = append(data, frameOf(1<<20)...)
	}
	for range 100_000 {
		data = append(data, frameOf(100)...)
	}
	from := &pieces{data: data, sizes: []int{1 << 20}, err: io.EOF}
	r := newReader(l, step.LaneEvents, from)
	r.room = nil
	var kept []*step.Batch
	for len(kept) < maxOpen {
		b := <-r.slots
		b.Reset(1, step.LaneEvents)
		if err := r.fill(b); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, b)
	}
	for _, b := range kept {
		b.Release()
		if cap(b.Buf) > keepBuffer {
			t.Errorf("a released batch keeps %d bytes", cap(b.Buf))
		}
	}
	for range 100 {
		b := <-r.slots
		b.Reset(1, step.LaneEvents)
		if err := r.fill(b); err != nil {
			t.Fatal(err)
		}
		b.Release()
	}
	if r.size != largeBuffer {
		t.Errorf("a busy lane reads into %d bytes, want %d", r.size, largeBuffer)
	}
	from.sizes = []int{104}
	for {
		b := <-r.slots
		b.Reset(1, step.LaneEvents)
		err := r.fill(b)
		b.Release()
		if err == io.EOF {
			break
		}
	}
	for range maxOpen {
		if b := <-r.slots; cap(b.Buf) > smallBuffer {
			t.Errorf("an idle lane's batch keeps %d bytes", cap(b.Buf))
		}
	}
	if cap(r.rest) > keepBuffer {
		t.Errorf("%d bytes are kept for the rest", cap(r.rest))
	}
}

// TestRoomForLargeFrames: one that is larger than what is kept asks once, and gives back when it is there.
func TestRoomForLargeFrames(t *testing.T) {
	t.Parallel()
	frame := func(n int) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(n)), make([]byte, n)...) }
	data := bytes.Join([][]byte{frame(100), frame(keepBuffer + 1000), frame(100), frame(3 * keepBuffer)}, nil)
	var asked []int
	held := 0
	r := &reader{lane: step.LaneEvents, from: &pieces{data: data, sizes: []int{10_000}, err: io.EOF}, maxFrame: 1 << 20, size: smallBuffer}
	r.room = func(size int) (func(), error) {
		asked = append(asked, size)
		held++
		return func() { held-- }, nil
	}
	b := step.NewBatch(nil)
	for {
		b.Reset(1, step.LaneEvents)
		if err := r.fill(b); err != nil {
			break
		}
		if held != 0 {
			t.Fatalf("a frame that has arrived still holds %d", held)
		}
	}
	if want := []int{keepBuffer + 1004, 3*keepBuffer + 4}; !slices.Equal(asked, want) {
		t.Errorf("asked for %d, want %d", asked, want)
	}
	r.room = func(int) (func(), error) { return nil, errors.New("none") }
	r.from = &pieces{data: frame(2 * keepBuffer), sizes: []int{10_000}}
	if b.Reset(1, step.LaneEvents); r.fill(b) == nil {
		t.Error("a frame for which there is no room is read")
	}
}
