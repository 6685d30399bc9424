package main

import (
	"context"
	"os"

	"moonpeer/runtime/control"
	"moonpeer/runtime/node"
)

// residence is where a node of this process is kept and asked. Without a state directory it has none.
type residence struct {
	folder *control.Folder
	server *control.Server
	parent *control.Parent // nil: nobody supervises the node
}

// claim holds the node's state folder for this process, before anything is opened in it.
func claim(opts node.Options) (*residence, error) {
	dir := opts.NodeDir()
	if dir == "" {
		return &residence{}, nil
	}
	folder, err := control.Claim(dir)
	return &residence{folder: folder}, err
}

// serve lets the node be asked: over its socket, and by the supervisor that has started it.
func (r *residence) serve(ctx context.Context, n *node.Node) (err error) {
	if r.folder != nil {
		r.server, err = control.Serve(control.Options{Folder: r.folder, Inbox: n.Inbox(), Port: n.ControlPort(), Urgent: n.Urgent})
		if err != nil {
			return err
		}
	}
	if path := os.Getenv(control.ParentVariable); path != "" {
		r.parent, err = control.Attach(ctx, control.ChildOptions{
			Path: path, Inbox: n.Inbox(), Port: n.ControlPort(),
			Self: control.Registration{Name: n.Name(), PID: os.Getpid(), ID: n.Hub.ID().String()},
		})
	}
	return err
}

// close ends all that serve and claim have begun. The node's loop has ended.
func (r *residence) close() {
	if r.parent != nil {
		r.parent.Close()
	}
	if r.server != nil {
		r.server.Close()
	}
	if r.folder != nil {
		r.folder.Release()
	}
}
