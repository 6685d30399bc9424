// Package tlsconf makes TLS configurations of the certificates that an operator names, for every transport of the node.
//
//	Options   names of PEM files, as broker.options.ssl_* and [tls] of the settings give them
//	Config    what Load found in them; Server and Client make tls.Config values of it
//	Info      one certificate, for those who want to show it
//	Error     what is wrong with an option, and with which file
//	Authority a CA in a folder, which issues certificates for the nodes of a cluster
//
// # Two modes
//
//	options          listener                             dialler
//	none             throw-away key, asks for nothing     verifies nothing, has no certificate
//	any              own certificate, demands one         own certificate, verifies the listener's
//
// Without options links are encrypted and nobody is authenticated: whoever sits in the middle can read along. As soon
// as one option is set, certificate, key and CAs are mandatory and both ends have to show a certificate that chains to
// one of the CAs given here; the system's are never used. A pair of different modes fails during the TLS handshake.
//
// # What is verified
//
// Signatures up to a CA, the validity of every certificate of the chain by the clock handed to Load, and the extended
// key usage: clientAuth for diallers, serverAuth for listeners, either when the certificate names none. Never a name:
// a peer is who its CA says, whatever its address, and a certificate without subject alternative names is as good as
// one with them. In Go's terms the client's configuration has InsecureSkipVerify, and VerifyConnection does the work.
//
// Who wants to compare a name asks Config.Granted, which knows those of a verified certificate.
//
// TLS 1.3 is the minimum. There are no session tickets: a resumed session is not verified again, and would outlive a
// CA that was taken out.
//
// # Files
//
// ssl_certificate holds the node's own certificate first, then its intermediate CAs. ssl_keyfile holds a key of RSA
// (1,024 to 8,192 bits), ECDSA (P-256, P-384, P-521) or Ed25519 as PKCS#8, PKCS#1 or SEC 1, and may be encrypted as
// PKCS#8 (PBES2 with PBKDF2, and AES or triple DES) or in the older way with a Proc-Type header. Certificate and key may
// lie in one file. Of ssl_cafile and of every file in ssl_capath all CA certificates are trusted, intermediate ones as
// well; a certificate that is neither a CA's nor self-issued is not, so that a folder may hold the nodes' own, too.
//
// A named file has to be right in every block. A folder is somebody else's collection: files without a certificate, and
// certificates that can't be parsed, are passed over (Certificates tells of the latter), but what can't be read or is
// too large is an error, since a CA may be in it. Limits: 1 MiB a file, 10,000 entries a folder, 10,000 CAs in all, 10
// certificates in ssl_certificate, 127 bytes of passphrase.
//
// # A cluster's own CA
//
// OpenAuthority makes or loads a CA, and Issue what a node loads:
//
//	ca.key          0600  the CA's key, ECDSA P-256
//	ca.pem                its certificate, for ten years, renewed with the same key in the last one
//	nodes/NAME.pem  0600  a node's certificate, for five years, then its key
//
// The folders have mode 0700, and neither they nor the key may be open to others (on Windows nobody looks). A node's name
// is the common name and the one DNS name of its certificate, as it is: a DNS name is a string of ASCII there, and nothing
// on the way takes offence at underscores, dots or capitals. So names are of letters, digits and _.- and have at most 64
// characters. Files are replaced as a whole. A node's certificate is made anew when it is damaged, open to others, of
// another CA or name, or has less than 30 days left; what is wrong with the CA's own files is an error.
//
// # Goroutines
//
// An Authority belongs to one goroutine. A Config does not change and may be used by any goroutine. The clock handed to Load is called from the goroutines in
// which handshakes run.
//
// # Example
//
//	conf, err := tlsconf.Load(tlsconf.Options{Certificate: "node.pem", Keyfile: "node.key", CAFile: "ca.pem"}, time.Now, rand.Reader)
//	…
//	if w := conf.Warning(); w != "" {
//	        log.Warn(w)
//	}
//	listener, err := quic.Listen(socket, conf.Server("moonpeer/1"), nil)
//	conn, err := quic.Dial(ctx, socket, addr, conf.Client("moonpeer/1"), nil)
package tlsconf
