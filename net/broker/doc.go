// Package broker is the vocabulary of Zeek's Broker: values and their order,
// topics and filters, endpoint ids, status and error codes.
package broker
