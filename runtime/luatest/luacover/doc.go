// Package luacover says which lines of the policies a run of their tests has executed. It makes reports of what a
// [luavm.Coverage] has counted.
//
//	counts := luavm.NewCoverage(luacover.Names(false))
//	… nodes run with node.Options.Coverage = counts …
//	err := luacover.AddFolder(counts, "policies/scan") // what nobody required is there with 0 %
//	report := luacover.New(counts)                     // when all nodes are at rest
//	err = report.WriteText(os.Stdout)
//	err = report.WriteLCOV(file)
//
// [Names] says which files are counted: policies, not their tests, nor what is bundled unless that is asked for. A file
// is one file under whichever name it is loaded: "./scan/init.lua" is "scan/init.lua".
//
// # What the numbers mean
//
// Package luavm says which lines can be hit. A line is hit when the first statement on it was executed. Of several on a
// line some may never have been: the line is hit, and counted as partly hit besides. Ranges of missed lines go over
// lines that can't be hit, comments and ends, as long as no line that was hit lies between.
//
// A file that was changed during the run, or is loaded again with another text, is reported with the text that came
// last; counts of the others are dropped, as their lines are not those of the file.
//
// Percentages are rounded down, to a tenth: 100 is all of it.
//
// # lcov
//
// [Report.WriteLCOV] writes what genhtml, editors and services for coverage read; geninfo(1) describes it:
//
//	TN:                        no name of a test
//	SF:policies/scan/init.lua  a file, from the folder where the node was started
//	FN:12,on_scan              line and name of each function
//	FNDA:3,on_scan             its calls
//	FNF:1  FNH:1               how many there are, and how many were called
//	DA:13,3                    executions of each line that can be hit
//	LF:1  LH:1                 how many there are, and how many were hit
//	end_of_record
//
// Names of functions are unique within a file: one without a name is function:12, the second f is f:30. Bundled files
// are called bundled/…, and lie nowhere: genhtml needs --ignore-errors source for them.
package luacover
