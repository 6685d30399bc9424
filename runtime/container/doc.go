// Package container holds what sets, maps, vectors, subnet maps and rates of scripts hold.
package container
