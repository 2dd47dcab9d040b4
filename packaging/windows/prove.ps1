# Installs on a real Windows, tries everything, takes it off again. For a computer that may be
# thrown away: it removes the saved sites of whoever runs it.
param(
    [Parameter(Mandatory)] [string] $Installer,
    [string] $Pictures = "pictures"
)
$ErrorActionPreference = "Stop"
$Program = "$env:LOCALAPPDATA\Programs\CHT Offline Setup"
$Command = "$Program\bin\cht-offline-setup.cmd"
$Listed = "HKCU:\Software\Microsoft\Windows\CurrentVersion\Uninstall\cht-offline-setup"
$Sites = "$env:LOCALAPPDATA\cht-offline-setup\data\sites"

function Run([string] $File, [string[]] $Words) {
    $ended = Start-Process -FilePath $File -ArgumentList $Words -Wait -PassThru
    if ($ended.ExitCode -ne 0) { throw "$File $Words ended with $($ended.ExitCode)" }
}

function Gone([string] $Path) {
    foreach ($second in 1..60) {
        if (-not (Test-Path $Path)) { return }
        Start-Sleep -Seconds 1
    }
    throw "$Path is still there"
}

Run $Installer "/S"
foreach ($name in "python.exe", "pythonw.exe", "python3*.dll") {
    foreach ($file in Get-Item "$Program\runtime\$name") {
        $signature = Get-AuthenticodeSignature $file
        if ($signature.Status -ne "Valid") { throw "$file is not signed: $($signature.Status)" }
    }
}

& $Command self-test --report "$Pictures.txt"
if ($LASTEXITCODE -ne 0) { throw "The self-test failed." }
& $Command window --tour $Pictures
if ($LASTEXITCODE -ne 0) { throw "The tour went astray." }

New-Item -ItemType Directory -Force "$Sites\kisumu" | Out-Null
"version = 1" | Set-Content "$Sites\kisumu\site.toml"
Run $Installer "/S"
Run "$Program\uninstall.exe" "/S"
Gone $Program
Gone $Listed
if (-not (Test-Path "$Sites\kisumu\site.toml")) { throw "The saved site is gone." }

Run $Installer "/S"
Run "$Program\uninstall.exe" @("/S", "/SITES")
Gone $Program
Gone "$env:LOCALAPPDATA\cht-offline-setup"
Write-Output "Installed, tried, removed."
