@echo off
rem Starts TornadoLens on Windows: finds a JDK 25 or newer, then runs java.
rem
rem   TORNADOLENS_JAVA_OPTIONS   further options for java, such as -Xmx2g
setlocal EnableExtensions EnableDelayedExpansion
set "home=%~dp0"
set "home=%home:~0,-1%"
set "needed=25"
set "jdk="

if defined JAVA_HOME call :try "%JAVA_HOME%"
for %%J in (java.exe) do if not defined jdk if not "%%~$PATH:J"=="" for %%H in ("%%~dp$PATH:J..") do call :try "%%~fH"
for %%R in ("%ProgramFiles%\Eclipse Adoptium" "%ProgramFiles%\Java" "%ProgramFiles%\Microsoft" "%ProgramFiles%\Zulu" "%USERPROFILE%\.jdks") do (
  if not defined jdk if exist "%%~R" for /d %%D in ("%%~R\*") do if not defined jdk call :try "%%~fD"
)
if not defined jdk (
  >&2 echo lens: no JDK %needed% or newer found; install one from https://adoptium.net ^(JAVA_HOME may point to it^)
  exit /b 2
)

set /p options=<"%home%\lib\java.options"
set "classes=%home%\lib\*"
if "%~1"=="jupyter" set "classes=%classes%;%home%\lib\notebook\*"
"%jdk%\bin\java.exe" %options% -Xmx512m -Xss8m -XX:+UseSerialGC --add-opens java.base/java.io=ALL-UNNAMED "-Dtornadolens.home=%home%" %TORNADOLENS_JAVA_OPTIONS% -cp "%classes%" org.tornadolens.dsl.cli.Main %*
exit /b %ERRORLEVEL%

rem Takes a JDK whose file "release" names a version that is new enough.
:try
if not exist "%~1\bin\javac.exe" exit /b 0
if not exist "%~1\release" exit /b 0
for /f "usebackq tokens=2 delims==" %%V in (`findstr /b "JAVA_VERSION=" "%~1\release"`) do (
  for /f "tokens=1 delims=.-+" %%M in (%%V) do if %%~M geq %needed% set "jdk=%~1"
)
exit /b 0
