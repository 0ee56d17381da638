@echo off
rem Starts TornadoLens on Windows: finds a JDK 25 or newer, then runs java. Everything this file says goes to stderr.
rem
rem   TORNADOLENS_JAVA_OPTIONS   further options for java, such as -Xmx2g
rem
rem Delayed expansion stays off, because it would take every ! out of the arguments.
setlocal EnableExtensions DisableDelayedExpansion
set "home=%~dp0"
set "home=%home:~0,-1%"
set "needed=25"
set "jdk="

rem ---- a JDK
if defined JAVA_HOME call :try "%JAVA_HOME%"
for %%J in (java.exe) do if not defined jdk if not "%%~$PATH:J"=="" for %%H in ("%%~dp$PATH:J..") do call :try "%%~fH"
for %%R in ("%ProgramFiles%\Eclipse Adoptium" "%LOCALAPPDATA%\Programs\Eclipse Adoptium" "%ProgramFiles%\Java" "%ProgramFiles%\Microsoft" "%ProgramFiles%\Zulu" "%ProgramFiles%\Amazon Corretto" "%USERPROFILE%\.jdks" "%USERPROFILE%\scoop\apps") do (
  if not defined jdk if exist "%%~R" for /d %%D in ("%%~R\*") do (
    if not defined jdk call :try "%%~fD"
    if not defined jdk call :try "%%~fD\current"
  )
)
if not defined jdk (
  >&2 echo lens: no JDK %needed% or newer found; install one from https://adoptium.net ^(JAVA_HOME may point to it^)
  exit /b 2
)

rem ---- java's options
rem Tensors and weights lie off the heap, which is kept small. Beyond most of the machine's memory the garbage collector
rem frees tensors that nothing refers to. Java's own limit of the heap is a quarter of that memory.
set /p options=<"%home%\lib\java.options"
set "limit="
for /f "tokens=4" %%B in ('call "%jdk%\bin\java.exe" -XX:+PrintFlagsFinal -version 2^>nul ^| findstr /c:" MaxHeapSize "') do set "quarter=%%B"
if defined quarter set /a "limit=%quarter:~0,-6% * 32 / 10"
if defined limit set "options=%options% -XX:MaxDirectMemorySize=%limit%m"
set options=%options% -Xmx512m -Xss8m -XX:+UseSerialGC -Xlog:disable --add-opens java.base/java.io=ALL-UNNAMED -Dpolyglotimpl.AttachLibraryFailureAction=ignore "-Dtornadolens.home=%home%" %TORNADOLENS_JAVA_OPTIONS%

rem ---- the start-up cache
rem Classes loaded and linked in a training run, which java maps instead of loading them. Where it cannot be made, or does
rem not fit, java starts without it.
set "work=%home%\.build"
if not exist "%work%\" mkdir "%work%" 2>nul
if not exist "%work%\" set "work=%LOCALAPPDATA%\tornadolens"
if not exist "%work%\" mkdir "%work%" 2>nul
set "cache=%work%\start.aot"
set "stamp=%jdk%"
for %%F in ("%home%\lib\dsl-*.jar" "%home%\lib\runtime-*.jar") do call :add "%%~F"
set "stamp=%stamp:&=_%"
set "known="
if exist "%work%\start.txt" set /p known=<"%work%\start.txt"
if not "%known%"=="%stamp%" call :train
set "aot=-XX:AOTMode=off"
if exist "%cache%" set "aot=-XX:AOTCache=%cache%"

rem ---- go
rem Output is UTF-8, whatever the console's code page is.
set "page="
for /f "tokens=2 delims=:." %%C in ('chcp 2^>nul') do set "page=%%C"
chcp 65001 >nul 2>&1
set "classes=%home%\lib\*"
if "%~1"=="jupyter" set "classes=%classes%;%home%\lib\notebook\*"
"%jdk%\bin\java.exe" %options% "%aot%" -cp "%classes%" org.tornadolens.dsl.cli.Main %*
set "code=%ERRORLEVEL%"
if defined page chcp %page% >nul 2>&1
exit /b %code%

rem Takes a JDK whose file "release" names a version that is new enough.
:try
if not exist "%~1\bin\javac.exe" exit /b 0
if not exist "%~1\release" exit /b 0
for /f "usebackq tokens=1,2 delims==" %%A in ("%~1\release") do if "%%A"=="JAVA_VERSION" (
  for /f "tokens=1 delims=.-+" %%M in (%%B) do if %%M geq %needed% set "jdk=%~1"
)
exit /b 0

rem Adds the size and the time of a jar to the stamp.
:add
set "stamp=%stamp% %~z1 %~t1"
exit /b 0

rem Makes the cache, once for these jars and this JDK.
:train
set "scratch=%work%\train-%RANDOM%"
mkdir "%scratch%" 2>nul
if not exist "%scratch%\" exit /b 0
>&2 echo lens: preparing quick starts, once; this takes some seconds ...
pushd "%scratch%"
"%jdk%\bin\java.exe" %options% "-XX:AOTCacheOutput=%scratch%\start.aot" -cp "%home%\lib\*" org.tornadolens.dsl.cli.StartTraining "%home%\lib\start.js" >nul 2>&1
popd
if exist "%cache%" del /q "%cache%" 2>nul
if exist "%cache%" goto :trained
if exist "%scratch%\start.aot" move /y "%scratch%\start.aot" "%cache%" >nul 2>&1
>"%work%\start.txt" echo %stamp%
:trained
rmdir /s /q "%scratch%" 2>nul
exit /b 0
