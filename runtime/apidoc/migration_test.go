package apidoc_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"moonpeer/runtime/apidoc"
)

// TestMigration: what policies/MIGRATION.md translates is found by its name in Zeek, as the page says.
func TestMigration(t *testing.T) {
	page, err := os.ReadFile("../../policies/MIGRATION.md")
	if err != nil {
		t.Fatal(err)
	}
	d := embedded(t)
	code, name := regexp.MustCompile("`[^`]+`"), regexp.MustCompile(`&[a-z_]{3,}|\b[A-Z]\w+::\w+|\b[a-z_0-9]{2,}\(`)
	tables, _, _ := strings.Cut(string(page), "## Scripts")
	n := 0
	for line := range strings.Lines(tables) {
		cells := strings.Split(line, " | ")
		if !strings.HasPrefix(line, "| `") || len(cells) < 2 {
			continue
		}
		for _, text := range code.FindAllString(cells[0], -1) {
			for _, name := range name.FindAllString(text, -1) {
				name = strings.TrimSuffix(name, "(")
				if strings.HasPrefix(name, "EX::") || slices.Contains(notDocumented, name) {
					continue
				}
				n++
				if found, _ := d.Find(name); len(found) == 0 && apidoc.LuaOf(name) == "" {
					t.Errorf("%s is in %s", name, strings.TrimSpace(line))
				}
			}
		}
	}
	if n < 50 {
		t.Errorf("the tables have %d names", n)
	}
}

// notDocumented are words of the tables that nothing here stands for by itself: a command or nothing does.
var notDocumented = []string{"function", "system", "Broker::SQLITE", "Broker::data", "Broker::Data", "Config::config_files", "Control::id_value_request"}
