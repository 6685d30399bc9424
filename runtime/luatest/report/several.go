package report

import (
	"errors"

	"moonpeer/runtime/luatest"
)

// Several returns a reporter that hands on to all of those given, in their order, also when one of them fails.
func Several(reporters ...luatest.Reporter) luatest.Reporter { return several(reporters) }

type several []luatest.Reporter

// Result implements luatest.Reporter.
func (s several) Result(r *luatest.Result) error {
	var errs []error
	for _, reporter := range s {
		errs = append(errs, reporter.Result(r))
	}
	return errors.Join(errs...)
}

// End implements luatest.Reporter.
func (s several) End(summary *luatest.Summary) error {
	var errs []error
	for _, reporter := range s {
		errs = append(errs, reporter.End(summary))
	}
	return errors.Join(errs...)
}
