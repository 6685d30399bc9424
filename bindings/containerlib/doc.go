// Package containerlib is the containers of scripts.
package containerlib
