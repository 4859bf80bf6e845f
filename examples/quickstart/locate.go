package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/guerdon-go/guerdon/rule"
)

// atLine puts file and line before each fault that was joined into an error.
func atLine(name string, line int, err error) error {
	var faults []error
	for _, e := range split(err) {
		faults = append(faults, fmt.Errorf("%s:%d: %w", name, line, e))
	}
	return errors.Join(faults...)
}

// split lists the errors that were joined into one, in order.
func split(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, split(e)...)
	}
	return all
}

// checkSyntax answers text that is no JSON with the line and column where it stops being that.
func checkSyntax(src source) error {
	var raw json.RawMessage
	err := json.Unmarshal(src.data, &raw)
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	before := src.data[:max(0, min(int(syntax.Offset)-1, len(src.data)))]
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("%s:%d:%d: %w", src.name, bytes.Count(before, []byte("\n"))+1, column, syntax)
}

// locate puts file and line before each fault of the documents in a file. A fault has a path that leads through the JSON
// ("rewards[3].rule.all[0].n") or begins with the kind and code of a document ("reward RS000910: window.end"). The line is
// that of the nearest thing on the path that is there.
func locate(src source, err error) error {
	lines, documents := outline(src.data), places(src.data)
	var faults []error
	for _, e := range split(err) {
		var fe *rule.FieldError
		if !errors.As(e, &fe) {
			faults = append(faults, fmt.Errorf("%s: %w", src.name, e))
			continue
		}
		faults = append(faults, fmt.Errorf("%s:%d: %w", src.name, nearest(lines, documents, fe), e))
	}
	return errors.Join(faults...)
}

func nearest(lines map[string]int, documents map[string]string, fe *rule.FieldError) int {
	path := fe.Field
	if document, below, ok := strings.Cut(path+": ", ": "); ok && documents[document] != "" {
		path = documents[document] + "." + strings.TrimSuffix(below, ": ")
	}
	for path != "" {
		if line, ok := lines[path]; ok {
			return line
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 1
}

// places gives the path of every document by its kind and code.
func places(data []byte) map[string]string {
	var file map[string]json.RawMessage
	paths := map[string]string{"calendar calendar": "calendar"}
	if json.Unmarshal(data, &file) != nil {
		return paths
	}
	for list, kind := range map[string]string{"assets": "asset", "task_groups": "task_group", "tasks": "task", "reward_groups": "reward_group", "rewards": "reward"} {
		var documents []struct{ Code string }
		if json.Unmarshal(file[list], &documents) != nil {
			continue // not read as a list by the engine either
		}
		for i, d := range documents {
			paths[kind+" "+d.Code] = list + "[" + strconv.Itoa(i) + "]"
		}
	}
	return paths
}

// outline gives the line of every field and element in a JSON text by its path. It ends at the first thing that is no JSON.
func outline(data []byte) map[string]int {
	o := outliner{data: data, d: json.NewDecoder(bytes.NewReader(data)), lines: map[string]int{}}
	_ = o.value("") // checkSyntax has read all of it before
	return o.lines
}

type outliner struct {
	data  []byte
	d     *json.Decoder
	lines map[string]int
	// line counts the line breaks before the offset upto.
	line, upto int
}

// next reads a token and answers the line it ends on: no token has a line break in it.
func (o *outliner) next() (json.Token, int, error) {
	token, err := o.d.Token()
	at := int(o.d.InputOffset())
	o.line += bytes.Count(o.data[o.upto:at], []byte("\n"))
	o.upto = at
	return token, o.line + 1, err
}

// value walks one value.
func (o *outliner) value(path string) error {
	token, line, err := o.next()
	if err != nil {
		return err
	}
	o.note(path, line)
	if token != json.Delim('{') && token != json.Delim('[') {
		return nil
	}
	for i := 0; o.d.More(); i++ {
		below := path + "[" + strconv.Itoa(i) + "]"
		if token == json.Delim('{') {
			key, line, err := o.next()
			if err != nil {
				return err
			}
			below = strings.TrimPrefix(fmt.Sprint(path, ".", key), ".")
			o.note(below, line)
		}
		if err := o.value(below); err != nil {
			return err
		}
	}
	_, _, err = o.next()
	return err
}

func (o *outliner) note(path string, line int) {
	if _, known := o.lines[path]; !known && path != "" {
		o.lines[path] = line
	}
}
