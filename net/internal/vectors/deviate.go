package vectors

import "testing"

// Deviations is where a codec of ours does something else than Broker, on
// purpose: names of vectors, and why. Such a list is part of a test, so that
// it can't go stale: Check fails for a vector that passes although it is
// listed, and Done for a name that no vector has.
type Deviations struct {
	reasons map[string]string
	used    map[string]bool
}

// NewDeviations returns a list.
func NewDeviations(reasons map[string]string) *Deviations {
	return &Deviations{reasons: reasons, used: map[string]bool{}}
}

// Check takes the outcome of one vector: problem is "" if we do as Broker does.
func (d *Deviations) Check(t *testing.T, name, problem string) {
	t.Helper()
	reason, listed := d.reasons[name]
	switch d.used[name] = true; {
	case listed && problem == "":
		t.Errorf("%s is listed as a deviation (%s), but is none any more", name, reason)
	case !listed && problem != "":
		t.Errorf("%s: %s", name, problem)
	}
}

// Done is called after the last vector.
func (d *Deviations) Done(t *testing.T) {
	t.Helper()
	for name := range d.reasons {
		if !d.used[name] {
			t.Errorf("deviation %s is about no vector", name)
		}
	}
}
