package tlsconf

import (
	"fmt"
	"strings"
)

// Options name PEM files, as broker.options.ssl_* and [tls] of the settings do. The zero value means none: links are
// encrypted, nobody is authenticated. As soon as one field is set, Certificate, Keyfile and one of CAFile and CAPath
// have to be.
type Options struct {
	Certificate string // ssl_certificate: the node's own certificate, then its intermediate CAs if there are any
	Keyfile     string // ssl_keyfile: the key of the certificate
	Passphrase  string // ssl_passphrase: of an encrypted key, at most 127 bytes; not used for one that is not encrypted
	CAFile      string // ssl_cafile: certificates of the CAs that are trusted
	CAPath      string // ssl_capath: a folder of files like CAFile; their names do not matter
}

// The options' names in errors are those that an operator writes.
const (
	optCertificate = "ssl_certificate"
	optKeyfile     = "ssl_keyfile"
	optPassphrase  = "ssl_passphrase"
	optCAFile      = "ssl_cafile"
	optCAPath      = "ssl_capath"
)

// maxPassphrase is Broker's.
const maxPassphrase = 127

// Anonymous tells whether nothing is set.
func (o Options) Anonymous() bool { return o == Options{} }

// check looks for what is missing or can't be, without reading a file.
func (o Options) check() error {
	var set, missing []string
	for _, f := range []struct{ name, value string }{
		{optCertificate, o.Certificate}, {optKeyfile, o.Keyfile}, {optPassphrase, o.Passphrase},
		{optCAFile, o.CAFile}, {optCAPath, o.CAPath},
	} {
		switch {
		case f.value != "":
			set = append(set, f.name)
		case f.name == optCertificate, f.name == optKeyfile:
			missing = append(missing, f.name)
		}
	}
	if o.CAFile == "" && o.CAPath == "" {
		missing = append(missing, optCAFile+" (or "+optCAPath+")")
	}
	if len(missing) > 0 {
		verb := "is"
		if len(set) > 1 {
			verb = "are"
		}
		return &Error{Option: strings.Join(missing, ", "), Err: fmt.Errorf("not set, though %s %s: a node that authenticates needs "+
			"its certificate, the key and a CA; set what is missing, or none of the ssl_ options", strings.Join(set, " and "), verb)}
	}
	if n := len(o.Passphrase); n > maxPassphrase {
		return &Error{Option: optPassphrase, Err: fmt.Errorf("has %d bytes, the limit is %d", n, maxPassphrase)}
	}
	return nil
}

// Error says what is wrong with an option.
type Error struct {
	Option string // as the operator writes it; several are joined by commas
	File   string // "" if it is not about a file
	Err    error
}

func (e *Error) Error() string {
	if e.File == "" {
		return e.Option + ": " + e.Err.Error()
	}
	return e.Option + ": " + e.File + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }
