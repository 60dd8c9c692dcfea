/** cosign, which verifies statements of releases; built by Go, for a quarter of an hour, so only the full gate asks for it. */
import { findBinary, goBin, runInstaller } from './binaries.ts';
import type { Installable } from './installable.ts';

const MODULE = 'github.com/sigstore/cosign/v2/cmd/cosign@v2.6.5';

export const cosign: Installable = {
  name: 'cosign',
  takes: 'Go 1.25 or later',
  isThere: () => findBinary('cosign') !== undefined,
  install: () =>
    runInstaller(findBinary('go') ?? 'go', ['install', '-trimpath', '-ldflags=-s -w', MODULE], {
      CGO_ENABLED: '0',
      GOBIN: goBin(),
    }),
};
