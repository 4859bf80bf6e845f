package sqlstore

import (
	"strconv"
	"time"
)

// rows writes rows of values as a table of the name given, with their number in its column tag, counted from 1, and answers the
// names of the other columns. Where the number is rounded up, rows of NULL follow, which equal nothing.
func (b *statement) rows(name string, classes []class, values [][]any) (columns []string) {
	for i := range classes {
		columns = append(columns, name+".c"+strconv.Itoa(i+1))
	}
	switch {
	case b.s.d.arrays && len(values) > few:
		b.unnest(name, classes, values)
	case b.s.d.Dialect == MySQL:
		b.unionOf(name, classes, values)
	default:
		b.valuesOf(name, classes, values)
	}
	return columns
}

// unnest hands over an array for each column.
func (b *statement) unnest(name string, classes []class, values [][]any) {
	b.add("unnest(")
	b.list(len(classes), func(i int) { b.array(classes[i], arrayOf(classes[i], values, i)) })
	b.add(") WITH ORDINALITY AS ", name, "(")
	for i := range classes {
		b.add("c", strconv.Itoa(i+1), ", ")
	}
	b.add("tag)")
}

// valuesOf writes a VALUES list.
func (b *statement) valuesOf(name string, classes []class, values [][]any) {
	sqlite := b.s.d.Dialect == SQLite
	if b.add("("); sqlite { // which has names of its own for the columns
		b.add("SELECT column1 AS tag")
		for i := range classes {
			b.addf(", column%d AS c%d", i+2, i+1)
		}
		b.add(" FROM (")
	}
	b.add("VALUES ")
	b.list(b.s.rounded(len(values)), func(i int) {
		b.add("(", strconv.Itoa(i+1), ", ")
		b.row(classes, values, i)
		b.add(")")
	})
	if sqlite {
		b.add(")) AS ", name)
		return
	}
	b.add(") AS ", name, "(tag")
	for i := range classes {
		b.add(", c", strconv.Itoa(i+1))
	}
	b.add(")")
}

// unionOf writes a SELECT for each row.
func (b *statement) unionOf(name string, classes []class, values [][]any) {
	b.add("(SELECT 1 AS tag")
	for i, c := range classes {
		b.add(", ")
		b.arg(c, values[0][i])
		b.add(" AS c", strconv.Itoa(i+1))
	}
	for i := 1; i < b.s.rounded(len(values)); i++ {
		b.add(" UNION ALL SELECT ", strconv.Itoa(i+1), ", ")
		b.row(classes, values, i)
	}
	b.add(") ", name)
}

// row writes the parameters of the i-th row, NULL behind the last one.
func (b *statement) row(classes []class, values [][]any, i int) {
	b.list(len(classes), func(j int) {
		if i < len(values) {
			b.arg(classes[j], values[i][j])
		} else {
			b.arg(classes[j], nil)
		}
	})
}

// arrayOf gives a column of values as a slice of its type, or of pointers where some are NULL.
func arrayOf(c class, values [][]any, column int) any {
	switch c {
	case integer:
		return slice[int64](values, column)
	case boolean:
		return slice[bool](values, column)
	case instant, moment:
		return slice[time.Time](values, column)
	case binary:
		list := make([][]byte, len(values))
		for i := range values {
			list[i], _ = values[i][column].([]byte)
		}
		return list
	default:
		return slice[string](values, column)
	}
}

func slice[T any](values [][]any, column int) any {
	list := make([]T, len(values))
	for i := range values {
		v, ok := values[i][column].(T)
		if !ok {
			return pointers[T](values, column)
		}
		list[i] = v
	}
	return list
}

func pointers[T any](values [][]any, column int) any {
	list := make([]*T, len(values))
	for i := range values {
		if v, ok := values[i][column].(T); ok {
			list[i] = &v
		}
	}
	return list
}
