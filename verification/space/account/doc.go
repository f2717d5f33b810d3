// Package account judges what became of the locks of a space. It knows works, processes that stood
// still, and what the server wrote. It shares no code with what it judges, and its rules are those of a
// user: never more works of a name at one instant than it has seats, and terms that only rise.
package account
