@echo off
rem UTF-8 also where the output goes into a file or another program.
"%~dp0..\runtime\python.exe" -I -X utf8 -m wizard %*
