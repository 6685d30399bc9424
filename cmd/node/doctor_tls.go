package main

import (
	crand "crypto/rand"
	"fmt"
	"time"

	"moonpeer/net/tlsconf"
)

// expiresSoon is how long before its end a certificate is told of.
const expiresSoon = 30 * 24 * time.Hour

// mostTroubled bounds how many certificates besides the own one have a row.
const mostTroubled = 5

// checkCertificates loads what a node would load, and looks at it as a peer would.
func checkCertificates(o tlsconf.Options) []checkup {
	if o.Anonymous() {
		return []checkup{{Check: "certificates", State: healthOK, Found: "none: links are encrypted, peers are not authenticated"}}
	}
	conf, err := tlsconf.Load(o, time.Now, crand.Reader)
	if err != nil {
		return []checkup{{"certificates", healthFail, err.Error(), "correct that; until then no node starts with these settings"}}
	}
	return judgeCertificates(conf.Certificates(), conf.Warning(), o, time.Now())
}

// judgeCertificates gives a row for the node's own certificate and one for the CAs together, then one for each other
// that needs attention. warning is the loader's: why peers will refuse the own one.
func judgeCertificates(certs []tlsconf.Info, warning string, o tlsconf.Options, now time.Time) []checkup {
	var own, others []checkup
	usable, troubled := 0, 0
	for _, cert := range certs {
		if cert.Own && len(own) == 0 {
			own = append(own, judgeOwn(cert, warning, o, now))
			continue
		}
		if !cert.Own && cert.Err == nil {
			usable++
		}
		row := judgeCertificate(cert, now)
		if row.State == healthOK {
			continue
		}
		if troubled++; troubled <= mostTroubled {
			others = append(others, row)
		}
	}
	if troubled > mostTroubled {
		others = append(others, checkup{"certificates", healthWarn, fmt.Sprintf("%d more like these", troubled-mostTroubled), "as above"})
	}
	return append(append(own, judgeCAs(usable)), others...)
}

// judgeCertificate looks at one certificate by itself.
func judgeCertificate(cert tlsconf.Info, now time.Time) checkup {
	row := checkup{Check: "certificates", State: healthOK}
	name := fmt.Sprintf("%s (%.80s)", cert.File, cert.Subject)
	if cert.Subject == "" {
		name = cert.File
	}
	left := cert.NotAfter.Sub(now)
	switch {
	case cert.Err != nil:
		row.State, row.Found = healthWarn, name+": "+cert.Err.Error()
		row.Remedy = "peers whose certificates need it are refused; replace it, or take it out"
	default:
		row.Found = fmt.Sprintf("%s ends on %s, in %d days", name, cert.NotAfter.UTC().Format(time.DateOnly), int(left.Hours()/24))
		if left < expiresSoon {
			row.State = healthWarn
			row.Remedy = "have a new one issued before then, and start nodes anew with it"
		}
	}
	return row
}

// judgeOwn is stricter, with the node's own certificate: when that is of no use, no link comes about.
func judgeOwn(cert tlsconf.Info, warning string, o tlsconf.Options, now time.Time) checkup {
	row := judgeCertificate(cert, now)
	switch {
	case cert.Err != nil:
		row.State = healthFail
		row.Remedy = "peers will refuse this node: have a new one issued, or set the clock if that is what is wrong"
	case warning != "":
		row.State, row.Found, row.Remedy = healthFail, warning, chainRemedy(o)
	}
	return row
}

// chainRemedy is for a certificate that comes from no CA of the same node's.
func chainRemedy(o tlsconf.Options) string {
	text := "certificate and CA have to belong together, with all intermediate ones in the certificate's file"
	if o.CAFile == "" {
		return text
	}
	file := shellWord(o.Certificate)
	return fmt.Sprintf("%s; to look closer:\nopenssl verify -CAfile %s -untrusted %s %s", text, shellWord(o.CAFile), file, file)
}

func judgeCAs(usable int) checkup {
	row := checkup{Check: "certificates", State: healthOK, Found: fmt.Sprintf("%d CA certificates are trusted", usable)}
	switch usable {
	case 0:
		row.State, row.Found = healthFail, "no CA certificate is valid now"
		row.Remedy = "every peer will be refused: replace the CA certificates, or set the clock if that is what is wrong"
	case 1:
		row.Found = "1 CA certificate is trusted"
	}
	return row
}
