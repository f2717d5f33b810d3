package doclinks

import (
	"go/ast"
	"go/doc/comment"
	"slices"
)

// docComment is the text of one, and whether go doc leaves it out.
type docComment struct {
	text    string
	private bool
}

// docComments are the doc comments of a file.
func docComments(file *ast.File) (all []docComment) {
	add := func(doc *ast.CommentGroup, private bool) {
		if doc != nil {
			all = append(all, docComment{doc.Text(), private})
		}
	}
	add(file.Doc, file.Name.Name == "main")
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			add(d.Doc, !d.Name.IsExported() || d.Recv != nil && !ast.IsExported(receiver(d)))
		case *ast.GenDecl:
			add(d.Doc, !slices.ContainsFunc(d.Specs, exported))
			for _, spec := range d.Specs {
				ast.Inspect(spec, func(n ast.Node) bool {
					add(docOf(n), !exported(spec))
					return true
				})
			}
		}
	}
	return all
}

// docOf is the doc comment of a node in a declaration.
func docOf(n ast.Node) *ast.CommentGroup {
	switch n := n.(type) {
	case *ast.TypeSpec:
		return n.Doc
	case *ast.ValueSpec:
		return n.Doc
	case *ast.Field:
		return n.Doc
	}
	return nil
}

func exported(spec ast.Spec) bool {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		return spec.Name.IsExported()
	case *ast.ValueSpec:
		return spec.Names[0].IsExported()
	}
	return false
}

// docLinks are the links in parsed text.
func docLinks(blocks []comment.Block) (links []*comment.DocLink) {
	for _, block := range blocks {
		switch b := block.(type) {
		case *comment.Paragraph:
			links = append(links, linksIn(b.Text)...)
		case *comment.Heading:
			links = append(links, linksIn(b.Text)...)
		case *comment.List:
			for _, item := range b.Items {
				links = append(links, docLinks(item.Content)...)
			}
		}
	}
	return links
}

func linksIn(texts []comment.Text) (links []*comment.DocLink) {
	for _, text := range texts {
		if link, ok := text.(*comment.DocLink); ok {
			links = append(links, link)
		}
	}
	return links
}
