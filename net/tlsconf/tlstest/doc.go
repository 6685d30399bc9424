// Package tlstest is a small certificate authority for tests. Only tests may import it.
//
//	pki := tlstest.New(t)
//	a, err := tlsconf.Load(pki.Options("worker-1"), time.Now, rand.Reader)
//
// Everything lies in the test's temporary folder. A PKI may be used by any goroutine that may use its test's Fatal.
package tlstest
