package main

import (
	"runtime"
	"runtime/debug"
)

type versionCommand struct {
	JSON bool `name:"json" help:"Write one line of JSON."`
}

// versionInfo is what the program knows about itself.
type versionInfo struct {
	Version  string `json:"version"`            // of the module; "(devel)" for a build from a work tree
	Revision string `json:"revision,omitempty"` // the commit, when the build recorded it; "+" behind it: with changes
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// Run implements node version.
func (c *versionCommand) Run(inv *invocation) error {
	info := newVersionInfo(debug.ReadBuildInfo())
	if c.JSON {
		return inv.console.JSON(info)
	}
	t := inv.console.Table()
	t.Row("version", info.Version)
	if info.Revision != "" {
		t.Row("revision", info.Revision)
	}
	t.Row("go", info.Go)
	t.Row("platform", info.OS+"/"+info.Arch)
	return t.Write()
}

func newVersionInfo(build *debug.BuildInfo, ok bool) versionInfo {
	info := versionInfo{Version: "(devel)", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if !ok {
		return info
	}
	if build.Main.Version != "" {
		info.Version = build.Main.Version
	}
	modified := ""
	for _, s := range build.Settings {
		switch {
		case s.Key == "vcs.revision":
			info.Revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = "+"
		}
	}
	if info.Revision != "" {
		info.Revision += modified
	}
	return info
}

// version is this program's, in one word.
func (inv *invocation) version() string { return newVersionInfo(debug.ReadBuildInfo()).Version }
