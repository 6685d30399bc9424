package capture

import (
	"errors"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// single decodes one header of the kinds for which the library has no layer that decodes itself, only decoders that
// build a packet. It is a builder that takes one layer and stops.
type single struct {
	layer gopacket.Layer
	opts  gopacket.DecodeOptions
}

var _ gopacket.PacketBuilder = (*single)(nil)

// decode returns what lies behind the header, and what that is.
func (s *single) decode(typ gopacket.LayerType, data []byte) (rest []byte, next gopacket.LayerType, err error) {
	s.layer = nil
	if err := typ.Decode(data, s); err != nil {
		return nil, 0, err
	}
	switch l := s.layer.(type) {
	case *layers.MPLS:
		if !l.StackBottom {
			return l.Payload, layers.LayerTypeMPLS, nil
		}
		// MPLS does not say what it carries.
		return l.Payload, ipVersion(l.Payload), nil
	case *layers.PPPoE:
		if l.Code != layers.PPPoECodeSession {
			return nil, gopacket.LayerTypeZero, nil
		}
		return l.Payload, layers.LayerTypePPP, nil
	case *layers.PPP:
		return l.Payload, pppLayer(l.PPPType), nil
	}
	return nil, 0, errors.New("no header")
}

// pppLayer returns what a PPP frame carries; the library has decoders for it, but no layer types.
func pppLayer(t layers.PPPType) gopacket.LayerType {
	switch t {
	case layers.PPPTypeIPv4:
		return layers.LayerTypeIPv4
	case layers.PPPTypeIPv6:
		return layers.LayerTypeIPv6
	case layers.PPPTypeMPLSUnicast, layers.PPPTypeMPLSMulticast:
		return layers.LayerTypeMPLS
	}
	return gopacket.LayerTypeZero
}

// AddLayer implements [gopacket.PacketBuilder].
func (s *single) AddLayer(l gopacket.Layer) { s.layer = l }

// NextDecoder implements [gopacket.PacketBuilder]; what comes next is decode's to say.
func (s *single) NextDecoder(gopacket.Decoder) error { return nil }

// SetTruncated implements [gopacket.DecodeFeedback].
func (s *single) SetTruncated() {}

// SetLinkLayer implements [gopacket.PacketBuilder].
func (s *single) SetLinkLayer(gopacket.LinkLayer) {}

// SetNetworkLayer implements [gopacket.PacketBuilder].
func (s *single) SetNetworkLayer(gopacket.NetworkLayer) {}

// SetTransportLayer implements [gopacket.PacketBuilder].
func (s *single) SetTransportLayer(gopacket.TransportLayer) {}

// SetApplicationLayer implements [gopacket.PacketBuilder].
func (s *single) SetApplicationLayer(gopacket.ApplicationLayer) {}

// SetErrorLayer implements [gopacket.PacketBuilder].
func (s *single) SetErrorLayer(gopacket.ErrorLayer) {}

// DumpPacketData implements [gopacket.PacketBuilder].
func (s *single) DumpPacketData() {}

// DecodeOptions implements [gopacket.PacketBuilder].
func (s *single) DecodeOptions() *gopacket.DecodeOptions { return &s.opts }
