package main

import (
	"errors"
	"math/rand/v2"
	"net"
	"os"

	"moonpeer/runtime/cluster"
)

// portChoice finds ports for nodes.
type portChoice struct {
	before map[string]string       // addresses in the layout of the last run
	now    map[string]string       // and those of nodes that run
	held   map[string]*net.UDPConn // until all are chosen, so that no two get one port
}

func (p *clusterPlan) portChoice(running *clusterPlan) *portChoice {
	c := &portChoice{now: map[string]string{}, held: map[string]*net.UDPConn{}}
	if old, err := loadLayout(p.layoutPath()); err == nil {
		c.before = old.Nodes
	}
	if running != nil && running.layout != nil {
		for _, n := range running.local {
			c.now[n.Name] = running.layout.Node(n.Name).Address()
		}
	}
	return c
}

// keeps reports whether a node runs where it is to run, and gives it the port that it has.
func (c *portChoice) keeps(n *cluster.Node) bool {
	host, port, err := splitNode(c.now[n.Name])
	if err != nil || port == 0 || host != n.Host || n.Port != 0 && n.Port != port {
		return false
	}
	n.Port = port
	return true
}

// hold takes a node's port, or one for a node that has none.
func (c *portChoice) hold(n *cluster.Node) error {
	at := &net.UDPAddr{IP: hostIP(n.Host), Port: n.Port}
	if n.Port == 0 {
		_, at.Port, _ = splitNode(c.before[n.Name])
	}
	conn, err := net.ListenUDP("udp", at)
	if n.Port == 0 && (err != nil || at.Port == 0) {
		if conn != nil {
			conn.Close()
		}
		conn, err = freePort(at.IP)
	}
	if err != nil {
		return err
	}
	c.held[n.Name] = conn
	n.Port = conn.LocalAddr().(*net.UDPAddr).Port
	return nil
}

// Ports are chosen below those that systems give to sockets which ask for any: between the choice and the node's own
// socket nobody takes one by chance.
const (
	firstPort = 20_000
	endPort   = 32_768
	portTries = 100
)

// freePort takes a port that nobody has.
func freePort(ip net.IP) (conn *net.UDPConn, err error) {
	for range portTries {
		at := &net.UDPAddr{IP: ip, Port: firstPort + rand.IntN(endPort-firstPort)}
		if conn, err = net.ListenUDP("udp", at); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// hostIP is the address at which a host of this machine listens.
func hostIP(host string) net.IP {
	if host == "localhost" {
		host = thisMachine
	}
	return net.ParseIP(host)
}

func (c *portChoice) release() {
	for _, conn := range c.held {
		conn.Close()
	}
}

// plainCause is what the system says, without the call that was made.
func plainCause(err error) error {
	var call *os.SyscallError
	if errors.As(err, &call) {
		return call.Err
	}
	return err
}
