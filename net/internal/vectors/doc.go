// Package vectors hands tests of the codecs what was recorded from a real
// Broker; see tests/interop/testdata. LoadData and LoadMessages read the
// files, and Deviations holds the places where a codec differs on purpose: an
// entry that no longer differs, or is about no vector, fails the test.
package vectors
