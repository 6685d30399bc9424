package main

import (
	"context"

	"moonpeer/runtime/luatest/report"
)

func testStyle(inv *invocation) report.Style { return report.Style{} }

func (c *testCommand) watch(ctx context.Context, inv *invocation) error { return nil }

func (c *testCommand) drawTraces(inv *invocation) (bool, error) { return false, nil }
