// Package lines reads text line by line without ever making its caller wait for anything but a regular file.
//
// [Open] opens a file by name, which may be compressed; a pipe, and a file that is followed as it grows, are read by a
// goroutine of their own through a bounded queue. [New] does the same for a reader such as standard input. A
// followed file may be truncated or replaced by another one of its name (log rotation); the old one is read to its
// end first.
//
// [Reader.Next] returns one line after the other. A line longer than the limit is skipped and reported as
// [ErrTooLong], with its number, and costs no more memory than the limit.
package lines
