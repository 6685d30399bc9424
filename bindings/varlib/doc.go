// Package varlib is `EX:var`: an exported variable, which publish_id and `--print` can name, and which keeps its value
// when scripts are loaded anew.
package varlib
