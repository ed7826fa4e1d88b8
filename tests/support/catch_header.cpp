// Gives the precompiled header of the tests a file to be compiled for: catch_main.cpp cannot use
// it.
