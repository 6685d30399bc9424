package supervisor

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// childMode is the environment variable that makes the test binary a child, which does what it says.
const childMode = "SUPERVISOR_TEST_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		name, arg, _ := strings.Cut(mode, " ")
		os.Exit(modes[name](arg))
	}
	goleak.VerifyTestMain(m)
}

// forever waits. A select without cases would be a deadlock, which Go ends.
func forever() {
	ints := make(chan os.Signal, 1)
	signal.Notify(ints, os.Interrupt)
	<-ints
}

// modes are what a child can be. Each gets what follows its name and returns the exit code.
var modes = map[string]func(arg string) int{
	"say": func(code string) int { // some lines, the last without an end
		fmt.Print("one\n\nthree\r\n")
		fmt.Fprintln(os.Stderr, "wrong")
		fmt.Print("unended")
		n, _ := strconv.Atoi(code)
		return n
	},
	"ends": func(string) int { // in good order, when told to
		terms := make(chan os.Signal, 1)
		signal.Notify(terms, syscall.SIGTERM)
		fmt.Println("ready")
		<-terms
		fmt.Println("done")
		return 0
	},
	"ignores": func(string) int {
		terms := make(chan os.Signal, 1)
		signal.Notify(terms, syscall.SIGTERM)
		fmt.Println("ready")
		for range terms {
			fmt.Println("no")
		}
		return 0
	},
	"long": func(n string) int { // a line of so many bytes
		count, _ := strconv.Atoi(n)
		fmt.Println(strings.Repeat("x", count))
		fmt.Println("end")
		return 0
	},
	"flood": func(n string) int {
		w := bufio.NewWriter(os.Stdout)
		count, _ := strconv.Atoi(n)
		for i := range count {
			fmt.Fprintf(w, "line %d\n", i)
		}
		w.Flush()
		return 0
	},
	"both": func(n string) int { // so many lines on each stream, at the same time
		count, _ := strconv.Atoi(n)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range count {
				fmt.Fprintf(os.Stderr, "stderr %d\n", i)
			}
		}()
		for i := range count {
			fmt.Printf("stdout %d\n", i)
		}
		<-done
		return 0
	},
	"tell": func(string) int { // what it was given
		dir, _ := os.Getwd()
		in, err := io.ReadAll(os.Stdin)
		fmt.Printf("args %q\nenv A=%q, PATH=%q\ndir %s\nstdin %d bytes, %v\n", os.Args[1:], os.Getenv("A"), os.Getenv("PATH"), dir, len(in), err)
		return 0
	},
}
