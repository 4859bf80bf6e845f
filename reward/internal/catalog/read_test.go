package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// A place is a field as it stands in a text: its path, and where its name begins and its value ends.
type place struct {
	path       string
	start, end int
}

// placesOf lists every field of a JSON text.
func placesOf(text []byte) []place {
	var places []place
	d := json.NewDecoder(bytes.NewReader(text))
	var value func(path string)
	value = func(path string) {
		open, _ := d.Token()
		for i := 0; (open == json.Delim('{') || open == json.Delim('[')) && d.More(); i++ {
			if open == json.Delim('[') {
				value(fmt.Sprint(path, "[", i, "]"))
				continue
			}
			name, _ := d.Token()
			at := len(places)
			below := strings.TrimPrefix(fmt.Sprint(path, ".", name), ".")
			places = append(places, place{path: below, start: int(d.InputOffset()) - len(name.(string)) - 2})
			value(below)
			places[at].end = int(d.InputOffset())
		}
		if open == json.Delim('{') || open == json.Delim('[') {
			_, _ = d.Token()
		}
	}
	value("")
	return places
}

// drawText draws documents that can be read, as the text of one file.
func drawText(t *rapid.T) []byte {
	file := map[string]any{"calendar": rule.Calendar{Zone: "UTC", DayStart: 5}}
	lists := map[string]string{KindTask: "tasks", KindRewardGroup: "reward_groups", KindReward: "rewards"}
	for range rapid.IntRange(1, 6).Draw(t, "documents") {
		d := drawDocument(t)
		kind, _, _, _ := Identify(d)
		if list := lists[kind]; list != "" {
			of, _ := file[list].([]any)
			file[list] = append(of, d)
		}
	}
	text, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestNamed_documentsHaveATagOnEachField(t *testing.T) {
	for _, d := range []reflect.Type{reflect.TypeFor[ledger.Asset](), reflect.TypeFor[task.Group](), reflect.TypeFor[task.Config](),
		reflect.TypeFor[reward.Group](), reflect.TypeFor[reward.Config]()} {
		names := named(d)
		for i := range d.NumField() {
			if f := d.Field(i); !f.IsExported() || f.Anonymous {
				t.Errorf("%s.%s cannot be read by name", d, f.Name)
			}
		}
		for name := range names {
			if pathName(name) != name || name == "-" || name != strings.ToLower(name) {
				t.Errorf("%s has a field named %q in JSON", d, name)
			}
		}
		if len(names) != d.NumField() {
			t.Errorf("%s has %d fields and %d names", d, d.NumField(), len(names))
		}
	}
}

// Wherever a name stands in a file, in another case it is one fault, given twice it is one fault, and its path says where.
func TestReadDocuments_S21_everyNameIsExactAndGivenOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t)
		if _, err := ReadDocuments(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		p := rapid.SampledFrom(placesOf(text)).Draw(t, "place")
		field, want := string(text[p.start:p.end]), p.path
		if rapid.Bool().Draw(t, "in another case") {
			name := p.path[strings.LastIndex(p.path, ".")+1:]
			field = `"` + strings.ToUpper(name) + `":null`
			want = strings.TrimSuffix(p.path, name) + strings.ToUpper(name)
		}
		text = []byte(string(text[:p.start]) + field + "," + string(text[p.start:]))
		_, err := ReadDocuments(text)
		var fault *rule.FieldError
		if !errors.As(err, &fault) || fault.Field != want || strings.Contains(err.Error(), "\n") {
			t.Fatalf("%s: %v, want a fault of %s", text, err, want)
		}
	})
}
