// Package tally adds up and prints what runs have counted: structs whose fields are numbers.
package tally

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Add adds all fields of type int of from to those of the struct that to points to. Both are
// of one type.
func Add(to, from any) {
	sum, of := reflect.ValueOf(to).Elem(), reflect.ValueOf(from)
	for i := range sum.NumField() {
		if f := sum.Field(i); f.Kind() == reflect.Int {
			f.SetInt(f.Int() + of.Field(i).Int())
		}
	}
}

// Table prints the fields of type int of each struct, a line each.
func Table(b *strings.Builder, all ...any) {
	for _, of := range all {
		v := reflect.ValueOf(of)
		for i := range v.NumField() {
			if f := v.Field(i); f.Kind() == reflect.Int {
				fmt.Fprintf(b, "  %-22s %d\n", v.Type().Field(i).Name, f.Int())
			}
		}
	}
}

// Verdict prints which rules were broken, and in which seeds.
func Verdict(b *strings.Builder, broken map[string]int, seeds []uint64) {
	if len(seeds) == 0 {
		b.WriteString("broken: nothing")
	}
	for _, rule := range slices.Sorted(maps.Keys(broken)) {
		fmt.Fprintf(b, "BROKEN: %s %d times, in seeds %v\n", rule, broken[rule], seeds)
	}
}
