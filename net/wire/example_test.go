package wire_test

import (
	"fmt"

	"moonpeer/net/broker"
	"moonpeer/net/wire"
)

// An event is encoded straight into a buffer, and read without building values.
func Example_event() {
	buf := wire.AppendEventHeader(nil, "Scan::found", 2)
	buf = wire.AppendAddress(buf, broker.AddressFrom4([4]byte{10, 0, 0, 1}))
	buf = wire.AppendCount(buf, 42)

	ev, err := wire.ParseEvent(buf)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s with %d arguments\n", ev.Name, ev.NArgs)
	for range ev.NArgs {
		arg, err := ev.Args.Data()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(arg.Kind(), broker.Text(arg))
	}
	// Output:
	// Scan::found with 2 arguments
	// address 10.0.0.1
	// count 42
}

// Each kind has its method; a vector has a length and then its elements.
func ExampleReader() {
	r := wire.NewReader([]byte{0x0e, 2, 0x05, 2, 'h', 'i', 0x08, 0, 80, 1})
	kind, _ := r.Kind()
	n, _ := r.Len()
	fmt.Println(kind, n)
	_, _ = r.Kind()
	s, _ := r.Bytes()
	_, _ = r.Kind()
	p, err := r.Port()
	fmt.Printf("%s %v %v\n", s, p, err)
	// Output:
	// vector 2
	// hi 80/tcp <nil>
}

// Duplicates are refused, and the error says what and where.
func ExampleDecodeData() {
	d, err := wire.DecodeData([]byte{0x0c, 2, 0x01, 1, 0x01, 0})
	fmt.Println(broker.Text(d), err)
	_, err = wire.DecodeData([]byte{0x0c, 2, 0x01, 1, 0x01, 1})
	fmt.Println(err)
	// Output:
	// {F, T} <nil>
	// container that ends at byte 6: deserialization_failed: duplicate in a set or table
}

// One header, two codecs: only ours carries origin and sequence number.
func ExampleAppendFrame() {
	me := broker.EndpointID{0: 1}
	h := wire.Header{Type: wire.TypeData, TTL: wire.DefaultTTL, Seq: 7, Origin: me, LastHop: me, Topic: []byte("/test")}
	payload := wire.AppendCount(nil, 42)
	ours, err := wire.AppendFrame(nil, &h, payload, wire.DefaultMaxFrame)
	if err != nil {
		fmt.Println(err)
		return
	}
	brokers, err := wire.AppendBrokerFrame(nil, &h, payload, wire.DefaultMaxFrame)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(ours), len(brokers))
	got, body, err := wire.ParseFrame(ours[wire.LengthSize:])
	fmt.Printf("%s %d %x %v\n", got.Topic, got.Seq, body, err)
	// Output:
	// 30 55
	// /test 7 02000000000000002a <nil>
}
