print "folder"
