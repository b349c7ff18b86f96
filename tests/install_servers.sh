#!/bin/sh
# Servers that the tests start and that no Python wheel brings: Chromium (pages) and Orthanc (DICOMweb).
# As root on Debian they are installed where missing, without leaving a service running; elsewhere one line says what to install.
set -eu

missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v Orthanc >/dev/null 2>&1 || [ -x /usr/sbin/Orthanc ] || missing="$missing orthanc"
[ -e /usr/share/orthanc/plugins/libOrthancDicomWeb.so ] || missing="$missing orthanc-dicomweb"
[ -e /usr/share/orthanc/plugins/libOrthancGdcm.so ] || missing="$missing orthanc-gdcm"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "The tests start these programs; please install them:$missing" >&2
  exit 1
fi

echo "==> Installing for the tests:$missing"
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then # Debian's way to say: install, but start nothing
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing
