// Package wirejson writes and reads Broker's JSON format, version 1.
package wirejson
