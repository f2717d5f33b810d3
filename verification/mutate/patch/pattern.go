package patch

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
)

// A pattern is a single node, or several statements in a row.
type pattern struct {
	nodes []ast.Node
	head  bool // a case clause whose statements don't count
}

// Placeholders stand in the parsed pattern as identifiers.
const (
	one  = "one__"
	many = "many__"
)

var placeholder = regexp.MustCompile(`\$(\*?)([a-z]\w*|[1-9]|_)`)

func encode(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(s string) string {
		if rest, ok := strings.CutPrefix(s, "$*"); ok {
			return many + rest
		}
		return one + s[1:]
	})
}

// parsePattern reads a pattern as the first of these that it can be: a case clause, an
// expression, a key with its value, statements.
func parsePattern(text string) (*pattern, error) {
	code := encode(text)
	if strings.HasPrefix(strings.TrimSpace(code), "case ") {
		return parseCase(code)
	}
	if x, err := parser.ParseExpr(code); err == nil {
		return &pattern{nodes: []ast.Node{x}}, nil
	}
	if pair := parsePair(code); pair != nil {
		return &pattern{nodes: []ast.Node{pair}}, nil
	}
	body, err := parseBody(code)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the pattern is no Go: %w\n%s", err, text)
	case len(body) == 0:
		return nil, errors.New("the pattern is empty")
	}
	p := &pattern{}
	for _, s := range body {
		p.nodes = append(p.nodes, s)
	}
	return p, nil
}

func parseCase(code string) (*pattern, error) {
	body, err := parseBody("switch {\n" + code + "\n}")
	if err != nil {
		return nil, fmt.Errorf("the pattern is no case clause: %w\n%s", err, code)
	}
	clauses := body[0].(*ast.SwitchStmt).Body.List
	if len(clauses) != 1 {
		return nil, fmt.Errorf("the pattern has %d case clauses, not one", len(clauses))
	}
	clause := clauses[0].(*ast.CaseClause)
	return &pattern{[]ast.Node{clause}, len(clause.Body) == 0}, nil
}

// parsePair reads a key with its value, as it stands in a literal; nil if it is none.
func parsePair(code string) ast.Expr {
	x, err := parser.ParseExpr("_{" + code + "}")
	if lit, ok := x.(*ast.CompositeLit); err == nil && ok && len(lit.Elts) == 1 {
		if pair, ok := lit.Elts[0].(*ast.KeyValueExpr); ok {
			return pair
		}
	}
	return nil
}

func parseBody(code string) ([]ast.Stmt, error) {
	f, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc _() {\n"+code+"\n}", parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return f.Decls[0].(*ast.FuncDecl).Body.List, nil
}

// placeholderOf returns the name of a placeholder, alone or as a statement of its own,
// and its kind.
func placeholderOf(n ast.Node) (name, kind string) {
	if s, ok := n.(*ast.ExprStmt); ok {
		n = s.X
	}
	if id, ok := n.(*ast.Ident); ok {
		for _, kind := range []string{one, many} {
			if name, ok := strings.CutPrefix(id.Name, kind); ok {
				return name, kind
			}
		}
	}
	return "", ""
}
