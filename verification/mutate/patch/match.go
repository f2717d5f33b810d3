package patch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"strings"
)

// A match is code that a pattern fits.
type match struct {
	function   *function
	start, end token.Pos
	expression bool
	bound      map[string][]ast.Node
}

// in returns all matches in the body of a function.
func (p *pattern) in(f *function) (found []*match) {
	ast.Inspect(f.decl.Body, func(n ast.Node) bool {
		if n == nil {
			return false
		}
		for _, row := range p.candidates(n) {
			if m := p.fits(f, row); m != nil {
				found = append(found, m)
			}
		}
		return true
	})
	return found
}

// candidates are the rows of nodes at n that are as long as the pattern: n itself, or,
// for several statements, parts of the list in n.
func (p *pattern) candidates(n ast.Node) (rows [][]ast.Node) {
	if len(p.nodes) == 1 {
		return [][]ast.Node{{n}}
	}
	var list []ast.Stmt
	switch n := n.(type) {
	case *ast.BlockStmt:
		list = n.List
	case *ast.CaseClause:
		list = n.Body
	case *ast.CommClause:
		list = n.Body
	}
	for i := range len(list) - len(p.nodes) + 1 {
		rows = append(rows, nodes(reflect.ValueOf(list[i:i+len(p.nodes)])))
	}
	return rows
}

// fits returns the match with these nodes, nil if there is none.
func (p *pattern) fits(f *function, row []ast.Node) *match {
	m := &match{function: f, start: row[0].Pos(), end: row[len(row)-1].End(), bound: f.names()}
	_, m.expression = row[0].(ast.Expr)
	if p.head && !m.head(p.nodes[0], row[0]) || !p.head && !m.row(p.nodes, row) {
		return nil
	}
	return m
}

// head compares heads of case clauses, and leaves the statements out of the match.
func (m *match) head(p, n ast.Node) bool {
	clause, ok := n.(*ast.CaseClause)
	if !ok {
		return false
	}
	m.end = clause.Colon + 1
	return m.value(reflect.ValueOf(p.(*ast.CaseClause).List), reflect.ValueOf(clause.List))
}

// row compares all nodes of a list.
func (m *match) row(p, n []ast.Node) bool {
	if len(p) == 0 {
		return len(n) == 0
	}
	if name, kind := placeholderOf(p[0]); kind == many {
		return m.several(name, p[1:], n)
	}
	return len(n) > 0 && m.node(p[0], n[0]) && m.row(p[1:], n[1:])
}

// several tries how many nodes a placeholder fits.
func (m *match) several(name string, rest, n []ast.Node) bool {
	before := maps.Clone(m.bound)
	for i := range len(n) + 1 {
		if m.bind(name, n[:i]) && m.row(rest, n[i:]) {
			return true
		}
		m.bound = maps.Clone(before)
	}
	return false
}

func (m *match) node(p, n ast.Node) bool {
	if name, kind := placeholderOf(p); kind == one {
		return m.bind(name, []ast.Node{n})
	}
	return m.value(reflect.ValueOf(p), reflect.ValueOf(n))
}

// bind names code. What has the name already must be the same.
func (m *match) bind(name string, n []ast.Node) bool {
	if name == "_" {
		return true
	}
	if before, known := m.bound[name]; known {
		return (&match{}).row(before, n)
	}
	m.bound[name] = n
	return true
}

// value compares parts of syntax trees, whatever their types.
func (m *match) value(p, n reflect.Value) bool {
	if p.Type() != n.Type() {
		return false
	}
	switch p.Kind() {
	case reflect.Interface, reflect.Pointer:
		return m.pointer(p, n)
	case reflect.Slice:
		return m.row(nodes(p), nodes(n))
	case reflect.Struct:
		for i := range p.NumField() {
			if !m.field(p.Type().Field(i), p.Field(i), n.Field(i)) {
				return false
			}
		}
		return true
	default:
		return p.Interface() == n.Interface()
	}
}

func (m *match) pointer(p, n reflect.Value) bool {
	if p.IsNil() || n.IsNil() {
		return p.IsNil() && n.IsNil()
	}
	if node, ok := p.Interface().(ast.Node); ok {
		if _, kind := placeholderOf(node); kind == one {
			return m.node(node, n.Interface().(ast.Node))
		}
	}
	return m.value(p.Elem(), n.Elem())
}

// field compares fields of nodes. Positions and comments don't count, but whether the
// last argument is spread does.
func (m *match) field(f reflect.StructField, p, n reflect.Value) bool {
	switch p.Interface().(type) {
	case token.Pos:
		return f.Name != "Ellipsis" || p.IsZero() == n.IsZero()
	case *ast.CommentGroup:
		return true
	}
	return m.value(p, n)
}

// nodes are the elements of a slice.
func nodes(v reflect.Value) (all []ast.Node) {
	for i := range v.Len() {
		all = append(all, v.Index(i).Interface().(ast.Node))
	}
	return all
}

// replacement is what takes the place of the match.
func (m *match) replacement(to string) (string, error) {
	var unknown error
	text := placeholder.ReplaceAllStringFunc(to, func(s string) string {
		name := strings.TrimLeft(s, "$*")
		n, known := m.bound[name]
		if known {
			return m.text(n)
		}
		unknown = fmt.Errorf("the replacement uses %s, which is not in the pattern:\n%s", s, to)
		return s
	})
	text = strings.ReplaceAll(text, "$$", m.function.between(m.start, m.end))
	if x, err := parser.ParseExpr(text); err == nil && m.expression && isCompound(x) {
		text = "(" + text + ")"
	}
	return text, unknown
}

// text is code that was bound, such that it can stand anywhere in an expression.
func (m *match) text(n []ast.Node) string {
	if len(n) == 0 {
		return ""
	}
	text := m.function.between(n[0].Pos(), n[len(n)-1].End())
	if len(n) == 1 && isCompound(n[0]) {
		return "(" + text + ")"
	}
	return text
}

// isCompound reports whether what stands beside an expression could tear it apart.
func isCompound(n ast.Node) bool {
	switch n.(type) {
	case *ast.BinaryExpr, *ast.UnaryExpr, *ast.StarExpr:
		return true
	}
	return false
}
