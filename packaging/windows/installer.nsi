; Installs for one user, without an administrator. build.py says: VERSION, VERSION4 (four numbers),
; FOLDER (what is installed), OUT, FILE (its name), KILOBYTES, COMPRESSOR.
;
;   /S               ask nothing; saved sites stay
;   /PATH            put the console command on the user's PATH (a tick in the window)
;   /D=FOLDER        install here; without quotation marks, as the last word
;   uninstall.exe /S            remove the program, keep the saved sites
;   uninstall.exe /S /SITES     remove the saved sites, too
Unicode true
Target amd64-unicode
SetCompressor ${COMPRESSOR}
ManifestDPIAware true
ManifestDPIAwareness "PerMonitorV2,system"
ManifestLongPathAware true
ManifestSupportedOS Win10
RequestExecutionLevel user

!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include WinVer.nsh
!include Sections.nsh

!define NAME "CHT Offline Setup"
!define ID "cht-offline-setup"
!define KEPT "Software\${ID}"
!define LISTED "Software\Microsoft\Windows\CurrentVersion\Uninstall\${ID}"
!define SHORTCUT "${NAME}.lnk"
!define START '-I -X utf8 -m wizard'
!define SETTLE '"$INSTDIR\runtime\pythonw.exe" -I "$INSTDIR\setup\settle.py"'

Name "${NAME}"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\${NAME}"
InstallDirRegKey HKCU "${KEPT}" "InstallDir"
BrandingText "${NAME} ${VERSION}"
ShowInstDetails nevershow
ShowUninstDetails nevershow

VIProductVersion "${VERSION4}"
VIFileVersion "${VERSION4}"
VIAddVersionKey ProductName "${NAME}"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "${NAME}"
VIAddVersionKey CompanyName "${NAME} contributors"
VIAddVersionKey LegalCopyright "Apache License 2.0"
VIAddVersionKey OriginalFilename "${FILE}"

!define MUI_ICON "${FOLDER}/app.ico"
!define MUI_UNICON "${FOLDER}/app.ico"
!define MUI_ABORTWARNING
!define MUI_WELCOMEPAGE_TITLE "${NAME} ${VERSION}"
!define MUI_WELCOMEPAGE_TEXT "This installs ${NAME} on this computer, for you alone. No administrator is needed.$\r$\n$\r$\nAn older version is replaced. The sites that you saved stay."
!define MUI_COMPONENTSPAGE_NODESC
!define MUI_COMPONENTSPAGE_TEXT_TOP "Choose what you want, then choose Install."
!define MUI_FINISHPAGE_TITLE "${NAME} is installed"
!define MUI_FINISHPAGE_TEXT "You find it in the Start menu as ${NAME}."
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_TEXT "Open ${NAME} now"
!define MUI_FINISHPAGE_RUN_FUNCTION Open
!define MUI_UNCONFIRMPAGE_TEXT_TOP "This removes ${NAME} from this computer. Nothing on any server is changed."

!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English

; While the program is open, Windows lets nobody write its files.
!macro NotOpen un
Function ${un}NotOpen
    again:
    IfFileExists "$INSTDIR\runtime\pythonw.exe" 0 free
    ClearErrors
    FileOpen $0 "$INSTDIR\runtime\pythonw.exe" a
    IfErrors open
    FileClose $0
    ClearErrors
    FileOpen $0 "$INSTDIR\runtime\python.exe" a
    IfErrors open
    FileClose $0
    free:
    Return
    open:
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "${NAME} is still open. Close it, then choose Retry." /SD IDCANCEL IDRETRY again
    SetErrorLevel 4
    Quit
FunctionEnd
!macroend
!insertmacro NotOpen ""
!insertmacro NotOpen "un."

; Only what this program brought, never the folder with whatever else may lie in it.
!macro RemoveProgram
    RMDir /r "$INSTDIR\runtime"
    RMDir /r "$INSTDIR\packages"
    RMDir /r "$INSTDIR\setup"
    RMDir /r "$INSTDIR\bin"
    RMDir /r "$INSTDIR\licences"
    Delete "$INSTDIR\app.ico"
!macroend

Function Open
    ExecShell "" "$SMPROGRAMS\${SHORTCUT}"
FunctionEnd

Section "${NAME}" program
    SectionIn RO
    SetShellVarContext current
    Call NotOpen
    !insertmacro RemoveProgram
    SetOutPath "$INSTDIR"
    File /r "${FOLDER}/*"
    IfErrors 0 +4
        MessageBox MB_ICONSTOP "Not every file could be written. Is the disk full? Make room and install again." /SD IDOK
        SetErrorLevel 5
        Quit
    WriteUninstaller "$INSTDIR\uninstall.exe"
    DetailPrint "Preparing the program for quick starts"
    ExecWait '${SETTLE} compile'
    ; The working folder of a shortcut is where SetOutPath points to.
    SetOutPath "$PROFILE"
    CreateShortCut "$SMPROGRAMS\${SHORTCUT}" "$INSTDIR\runtime\pythonw.exe" "${START}" "$INSTDIR\app.ico" 0 SW_SHOWNORMAL "" "Set up a CHT server for a network without Internet"
    Delete "$DESKTOP\${SHORTCUT}"
    WriteRegStr HKCU "${KEPT}" "InstallDir" "$INSTDIR"
    WriteRegStr HKCU "${LISTED}" "DisplayName" "${NAME}"
    WriteRegStr HKCU "${LISTED}" "DisplayVersion" "${VERSION}"
    WriteRegStr HKCU "${LISTED}" "DisplayIcon" "$INSTDIR\app.ico"
    WriteRegStr HKCU "${LISTED}" "Publisher" "${NAME} contributors"
    WriteRegStr HKCU "${LISTED}" "InstallLocation" "$INSTDIR"
    WriteRegStr HKCU "${LISTED}" "UninstallString" '"$INSTDIR\uninstall.exe"'
    WriteRegStr HKCU "${LISTED}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
    WriteRegDWORD HKCU "${LISTED}" "EstimatedSize" ${KILOBYTES}
    WriteRegDWORD HKCU "${LISTED}" "NoModify" 1
    WriteRegDWORD HKCU "${LISTED}" "NoRepair" 1
SectionEnd

Section "An icon on the desktop" desktop
    CreateShortCut "$DESKTOP\${SHORTCUT}" "$INSTDIR\runtime\pythonw.exe" "${START}" "$INSTDIR\app.ico" 0 SW_SHOWNORMAL "" "Set up a CHT server for a network without Internet"
SectionEnd

Section /o "The command ${ID} in every console (PATH)" path
SectionEnd

; Whoever chose it before and does not now gets the PATH as it was.
Section "-path"
    ${If} ${SectionIsSelected} ${path}
        ExecWait '${SETTLE} path-add'
        WriteRegDWORD HKCU "${KEPT}" "OnPath" 1
    ${Else}
        ReadRegDWORD $0 HKCU "${KEPT}" "OnPath"
        ${If} $0 == 1
            ExecWait '${SETTLE} path-remove'
            DeleteRegValue HKCU "${KEPT}" "OnPath"
        ${EndIf}
    ${EndIf}
SectionEnd

Function .onInit
    ${IfNot} ${AtLeastWin10}
        MessageBox MB_ICONSTOP "${NAME} needs Windows 10 or 11, 64 bits." /SD IDOK
        SetErrorLevel 3
        Quit
    ${EndIf}
    ReadRegDWORD $0 HKCU "${KEPT}" "OnPath"
    ${GetParameters} $1
    ClearErrors
    ${GetOptions} $1 "/PATH" $2
    ${IfNot} ${Errors}
    ${OrIf} $0 == 1
        !insertmacro SelectSection ${path}
    ${EndIf}
FunctionEnd

Section Uninstall
    SetShellVarContext current
    Call un.NotOpen
    StrCpy $3 ""
    ${GetParameters} $1
    ClearErrors
    ${GetOptions} $1 "/SITES" $2
    ${IfNot} ${Errors}
        StrCpy $3 "remove"
    ${ElseIf} ${FileExists} "$LOCALAPPDATA\${ID}\data\sites\*.*"
        MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "Remove the sites that you saved, too?$\r$\n$\r$\nYes removes every site file and every saved password. No keeps them for a later installation." /SD IDNO IDNO +2
        StrCpy $3 "remove"
    ${EndIf}
    ReadRegDWORD $0 HKCU "${KEPT}" "OnPath"
    ${If} $0 == 1
        ExecWait '${SETTLE} path-remove'
    ${EndIf}
    ${If} $3 == "remove"
        ExecWait '${SETTLE} forget'
        RMDir /r "$LOCALAPPDATA\${ID}\data"
    ${ElseIfNot} ${FileExists} "$LOCALAPPDATA\${ID}\data\sites\*.*"
        RMDir /r "$LOCALAPPDATA\${ID}\data"
    ${EndIf}
    RMDir /r "$LOCALAPPDATA\${ID}\log"
    RMDir /r "$LOCALAPPDATA\${ID}\config"
    RMDir "$LOCALAPPDATA\${ID}"
    !insertmacro RemoveProgram
    Delete "$INSTDIR\uninstall.exe"
    RMDir "$INSTDIR"
    RMDir "$LOCALAPPDATA\Programs" ; if it holds nothing of others
    Delete "$SMPROGRAMS\${SHORTCUT}"
    Delete "$DESKTOP\${SHORTCUT}"
    DeleteRegKey HKCU "${LISTED}"
    DeleteRegKey HKCU "${KEPT}"
SectionEnd
