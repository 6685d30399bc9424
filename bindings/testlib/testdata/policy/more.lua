print "file"
