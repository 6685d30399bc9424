//go:build !unix

package main

import "os"

// maxResident and ownCPU are not known on this system.
func maxResident(*os.ProcessState) float64 { return 0 }

func ownCPU() float64 { return 0 }
