//go:build !linux

package control

// goOnWhenOrphaned does nothing here: a process that is stopped when its parent is killed stays so until it is continued.
func goOnWhenOrphaned() {}
