//go:build !race

package container

const raced = false
