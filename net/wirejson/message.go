package wirejson

import "moonpeer/net/broker"

// Message is a data message: a value on a topic.
type Message struct {
	// Topic is "" if the message has none, or one that is no string;
	// HasTopic tells that from an empty one.
	Topic    string
	HasTopic bool
	// Type is the member of this name, "data-message" from a careful
	// sender. No server looks at it.
	Type string
	Data broker.Data
}

// AppendMessage appends a data message. The members are in Broker's order:
// type, topic, @data-type, data.
func AppendMessage(dst []byte, topic string, d broker.Data) []byte {
	dst = appendString(append(dst, `{"type":"data-message","topic":`...), topic)
	return append(appendMembers(append(dst, ','), d), '}')
}

// AppendAck appends the server's answer to the list of subscriptions.
func AppendAck(dst []byte, endpoint, version string) []byte {
	dst = appendString(append(dst, `{"type":"ack","endpoint":`...), endpoint)
	return append(appendString(append(dst, `,"version":`...), version), '}')
}

// AppendError appends an error frame. The code is the name of a broker.Code or
// one of the server's own, such as invalid_uri.
func AppendError(dst []byte, code, context string) []byte {
	dst = appendString(append(dst, `{"type":"error","code":`...), code)
	return append(appendString(append(dst, `,"context":`...), context), '}')
}

// DecodeMessage reads a data message. Members may come in any order, unknown
// ones are ignored, and of two with one name the first counts. Errors are
// those of DecodeData.
func DecodeMessage(doc []byte) (Message, error) {
	var m Message
	d, err := decode(doc, &m)
	if err != nil {
		return Message{}, err
	}
	m.Data = d
	return m, nil
}

// DecodeData reads one value. The error is a *broker.Error: InvalidJSON for
// text that is not JSON, with line and column; TypeClash for JSON that is not
// a value (ErrNotObject if it is not even an object); DeserializationFailed
// for a set or table with duplicates.
func DecodeData(doc []byte) (broker.Data, error) { return decode(doc, nil) }

// decode reads a document. A type clash is reported only for JSON that is
// well-formed to its end, as Broker does, which parses first.
func decode(doc []byte, m *Message) (broker.Data, error) {
	p := parser{b: doc}
	p.space()
	if p.peek() != '{' {
		if err := validate(doc); err != nil {
			return nil, err
		}
		return nil, ErrNotObject
	}
	d, err := p.value(m)
	if err == nil {
		err = p.end()
	}
	if err != nil {
		if broker.CodeOf(err) != broker.InvalidJSON {
			if bad := validate(doc); bad != nil {
				return nil, bad
			}
		}
		return nil, err
	}
	return d, nil
}

// validate says whether doc is one JSON document.
func validate(doc []byte) error {
	p := parser{b: doc}
	if err := p.skip(); err != nil {
		return err
	}
	return p.end()
}

// DecodeSubscriptions reads the first message of a client, an array of topic
// prefixes. The error is ErrNotArray for anything but an array, also for text
// that is not JSON, and ErrNotString for another element.
func DecodeSubscriptions(doc []byte) ([]string, error) {
	if validate(doc) != nil {
		return nil, ErrNotArray
	}
	p := parser{b: doc}
	p.space()
	if p.peek() != '[' {
		return nil, ErrNotArray
	}
	topics := []string{}
	err := p.array(func() error {
		if p.peek() != '"' {
			return ErrNotString
		}
		s, err := p.str()
		topics = append(topics, string(s))
		return err
	})
	if err != nil {
		return nil, err
	}
	return topics, nil
}
