package main

import "moonpeer/net/tlsconf"

// tlsFlags name the certificates of a command that talks to nodes. They win over [tls] of the settings' file.
type tlsFlags struct {
	Certificate onceFlag `name:"certificate" placeholder:"FILE" help:"The own certificate (PEM), which scripts call ssl_certificate."`
	Keyfile     onceFlag `name:"keyfile" placeholder:"FILE" help:"The certificate's key (PEM), ssl_keyfile."`
	Passphrase  onceFlag `name:"passphrase" placeholder:"TEXT" help:"What the key is encrypted with, ssl_passphrase; others see it on a command line, not in --config."`
	CAFile      onceFlag `name:"cafile" placeholder:"FILE" help:"Certificates of the CAs that nodes must have theirs from (PEM), ssl_cafile."`
	CAPath      onceFlag `name:"capath" placeholder:"DIR" help:"A folder of such files, ssl_capath."`
}

// options fills what no flag says from the file.
func (f tlsFlags) options(file tlsTable) tlsconf.Options {
	o := tlsconf.Options{
		Certificate: string(f.Certificate),
		Keyfile:     string(f.Keyfile),
		Passphrase:  string(f.Passphrase),
		CAFile:      string(f.CAFile),
		CAPath:      string(f.CAPath),
	}
	fill(&o.Certificate, file.Certificate)
	fill(&o.Keyfile, file.Keyfile)
	fill(&o.Passphrase, file.Passphrase)
	fill(&o.CAFile, file.CAFile)
	fill(&o.CAPath, file.CAPath)
	return o
}
