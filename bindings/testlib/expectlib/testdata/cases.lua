-- Each line is an expectation that is tried, as it is and as its twin. cases.golden has what comes of them.
expect(1):to_equal(1)
expect(1):to_equal(2)
expect("10.0.0.1"):to_equal(addr "10.0.0.1")
expect(0/0):to_equal(0/0)
expect({ 1, { a = 2 } }):to_equal { 1, { a = 2 } }
expect({ 1, 2 }):to_equal { 2, 1 }
expect({ a = 1 }):to_equal { a = 1, b = 2 }
expect({ a = 1, b = 2 }):to_equal { a = 1 }
expect(full_set()):to_equal { port "80/tcp", port "22/tcp" }
expect({ port "80/tcp", port "22/tcp" }):to_equal(full_set())
expect(full_set()):to_equal { port "80/tcp" }
expect(full_set()):to_equal { port "80/tcp", port "22/tcp", x = 1 }
expect(full_map()):to_equal { [addr "10.0.0.1"] = 3 }
expect(full_map()):to_equal { [addr "10.0.0.1"] = 4 }
expect(full_vector()):to_equal { "a", "b" }
expect(full_vector()):to_equal { "b", "a" }
expect({ { 1, 2 } }):to_equal { { 1, 3 } }
expect(lines(30)):to_equal(lines(30, 20))
expect({ x = print }):to_equal { x = 1 }
expect(addr "10.0.0.1"):to_be(addr "10.0.0.1")
expect(addr "10.0.0.1"):to_be("10.0.0.1")
expect({}):to_be({})
expect(nil):to_be(nil)
expect(nil):to_be_nil()
expect(false):to_be_nil()
expect(true):to_be_true()
expect(1):to_be_true()
expect(false):to_be_false()
expect(nil):to_be_false()
expect(0):to_be_truthy()
expect(nil):to_be_truthy()
expect(nil):to_be_falsy()
expect(""):to_be_falsy()
expect(addr "::1"):to_be_a "addr"
expect("::1"):to_be_a "addr"
expect(full_set()):to_be_a "set"
expect(1):to_be_a "addr"
expect(""):to_be_empty()
expect({}):to_be_empty()
expect(set "addr"):to_be_empty()
expect({ a = 1 }):to_be_empty()
expect(full_map()):to_be_empty()
unfit expect(nil):to_be_empty()
expect("abc"):to_have_length(3)
expect({ 1, 2, x = 3 }):to_have_length(3)
expect(full_set()):to_have_length(3)
unfit expect(7):to_have_length(1)
expect({ a = 1 }):to_have_key "a"
expect({ a = 1 }):to_have_key "b"
expect(full_map()):to_have_key(addr "10.0.0.1")
unfit expect(7):to_have_key "a"
expect("no route to host"):to_contain "route"
expect("no route to host"):to_contain "[a-z]"
expect({ 1, 2 }):to_contain(2)
expect({ 1, 2 }):to_contain(3)
expect({ "10.0.0.1" }):to_contain(addr "10.0.0.1")
expect(full_set()):to_contain(port "22/tcp")
expect(full_set()):to_contain(port "23/tcp")
expect(full_map()):to_contain(addr "10.0.0.1")
expect({ { t = "a", n = 1 }, { t = "b", n = 2 } }):to_contain { t = "b" }
expect({ { t = "a", n = 1 }, { t = "b", n = 2 } }):to_contain { t = "b", n = 1 }
expect({ { t = "a", args = { 1, 2 } } }):to_contain { args = { 1 } }
expect({ t = "a", n = 1 }):to_contain { n = 1 }
expect({ t = "a", n = 1 }):to_contain { n = 2 }
unfit expect(7):to_contain(7)
expect({ 1, 2, 2 }):to_have_same_elements { 2, 1, 2 }
expect({ 1, 2, 2 }):to_have_same_elements { 1, 1, 2 }
expect({ { 1 }, { 2 } }):to_have_same_elements { { 2 }, { 1 } }
expect(full_set()):to_have_same_elements { port "22/tcp", port "80/tcp" }
expect("worker-1"):to_match "^worker%-%d$"
expect("worker-1"):to_match "^%d"
unfit expect(7):to_match "7"
expect(function() error "it is full" end):to_raise()
expect(function() error "it is full" end):to_raise "is full"
expect(function() error "it is full" end):to_raise "is empty"
expect(function() error({}) end):to_raise()
expect(function() end):to_raise()
unfit expect(7):to_raise()
expect(0.1 + 0.2):to_be_near(0.3)
expect(3):to_be_near(5, 2)
expect(3):to_be_near(5, 1.5)
unfit expect("3"):to_be_near(3)
expect(2):to_be_greater_than(1)
expect(1):to_be_greater_than(1)
expect(interval "2 min"):to_be_greater_than(interval "90 s")
expect(1):to_be_less_than(2)
expect(2):to_be_less_than(2)
expect(2):to_be_at_least(2)
expect(1):to_be_at_least(2)
expect(2):to_be_at_most(2)
expect(3):to_be_at_most(2)
expect(called()):to_have_been_called()
expect(spy()):to_have_been_called()
expect(called()):to_have_been_called_times(2)
expect(called()):to_have_been_called_times(1)
expect(called()):to_have_been_called_with(1, { a = 2 })
expect(called()):to_have_been_called_with()
expect(called()):to_have_been_called_with(1)
expect("a\0\27[31m\n\t\"\\\128é"):to_equal("b")
expect(("x"):rep(500)):to_equal "y"
expect({ [1] = "a", [7] = "b" }):to_contain(7)
expect({ { a = 1 } }):to_contain {}
unfit expect("x"):to_be_greater_than(3)
expect({ 1 }):to_have_key(1)
unfit expect({ a = 1 }):to_have_same_elements { b = 2 }
unfit expect(0 / 0):to_be_at_least(1)
